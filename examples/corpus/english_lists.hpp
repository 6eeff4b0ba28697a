// The things that English texts speak of. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

inline constexpr std::string_view english_lists = R"(
== table child: name he him his
Tom | he | him | his
Ben | he | him | his
Sam | he | him | his
Max | he | him | his
Leo | he | him | his
Jack | he | him | his
Tim | he | him | his
Dan | he | him | his
Finn | he | him | his
Noah | he | him | his
Adam | he | him | his
Oscar | he | him | his
Paul | he | him | his
Peter | he | him | his
Lily | she | her | her
Mia | she | her | her
Anna | she | her | her
Sue | she | her | her
Emma | she | her | her
Rose | she | her | her
Lucy | she | her | her
Zoe | she | her | her
Amy | she | her | her
Kate | she | her | her
Nora | she | her | her
Ella | she | her | her
Ruby | she | her | her
Clara | she | her | her

== table pet: name he him his
Pip | he | him | his
Rusty | he | him | his
Bruno | he | him | his
Milo | he | him | his
Toby | he | him | his
Oliver | he | him | his
Hazel | she | her | her
Daisy | she | her | her
Poppy | she | her | her
Luna | she | her | her
Willow | she | her | her
Bella | she | her | her

== table family: name he him his
mother | she | her | her
father | he | him | his
grandmother | she | her | her
grandfather | he | him | his
big sister | she | her | her
big brother | he | him | his
aunt | she | her | her
uncle | he | him | his

== table colour: name
red
blue
green
yellow
orange
purple
white
black
brown
pink

== table toy: name
ball
kite
doll
teddy bear
toy car
toy train
toy boat
drum
balloon
robot

== table thing: name
ball
doll
teddy bear
toy car
toy train
drum
book
hat
scarf
key
pencil
cup
bell
umbrella
bag
whistle

== table spot: name
under the bed
behind the sofa
under the table
behind the door
in the basket
on the shelf
under the blanket
behind the curtain
under the chair
in the big box
next to the lamp
in the kitchen
in the drawer
behind the clock

== table place: name in by
the park | in the park | through the park
the garden | in the garden | through the garden
the forest | in the forest | through the forest
the beach | on the beach | along the beach
the river | by the river | along the river
the hill | on the hill | over the hill
the lake | by the lake | around the lake
the farm | on the farm | across the farm
the meadow | in the meadow | across the meadow
the village | in the village | through the village
the pond | by the pond | around the pond

== table food: name many
apple | apples
pear | pears
peach | peaches
banana | bananas
orange | oranges
carrot | carrots
cookie | cookies
muffin | muffins
pancake | pancakes
sandwich | sandwiches
egg | eggs
plum | plums

== table errand: name
bread
milk
butter
cheese
honey
rice
salt
sugar
tea
soap

== table animal: name many says home eats legs
dog | dogs | woof | in a kennel | bones | four
cat | cats | meow | in a house | fish | four
cow | cows | moo | in a barn | grass | four
horse | horses | neigh | in a stable | hay | four
sheep | sheep | baa | in a meadow | grass | four
pig | pigs | oink | in a sty | corn | four
duck | ducks | quack | by a pond | seeds | two
hen | hens | cluck | in a coop | grain | two
frog | frogs | croak | in a pond | flies | four
lion | lions | roar | in the grassland | meat | four
owl | owls | hoot | in a tree | mice | two
bee | bees | buzz | in a hive | nectar | six
mouse | mice | squeak | in a hole | cheese | four
wolf | wolves | howl | in a den | meat | four
goose | geese | honk | by a lake | grass | two
crow | crows | caw | in a nest | worms | two
bear | bears | growl | in a cave | berries | four

== table creature: name home
rabbit | in a burrow under a hill
fox | in a den at the edge of the forest
squirrel | in a hollow tree
hedgehog | under a pile of leaves
mouse | in a hole under the barn
bear | in a cave by the river
duck | by a quiet pond
frog | on a leaf in the pond
turtle | by a quiet lake
owl | high up in an old tree
mole | in a tunnel under the garden
beaver | in a house of sticks

== table small_animal: name
kitten
puppy
rabbit
duckling
squirrel
hedgehog
lamb
mouse

== table trouble: name help end
had hurt its leg | wrapped the leg in a soft cloth | After a few days, it could run again
was stuck in a bush | gently pulled the branches apart | Now it was free again
was cold and wet | wrapped it in a warm scarf | Before long, it was warm and dry
was lost and alone | helped it look for its mother | They found its mother waiting by the old gate
was very hungry | gave it some food and water | It ate everything and was strong again
had fallen into a hole | reached down and lifted it out | It was safe at last
was afraid of a big dog | held it close and sang to it | When the dog was gone, it was calm again

== table skill: name fail done
ride a bike | fell off the bike | rode all the way down the street
swim | swallowed some water | swam across the pool
skate | fell on the ice | skated around the whole pond
climb a tree | slipped on the branch | climbed to the very top
play the piano | pressed the wrong keys | played a whole song
bake bread | burned the bread | baked a soft, golden loaf
fly a kite | got the string in a knot | made the kite dance in the sky
draw a horse | drew something that looked like a potato | drew a beautiful horse
jump rope | tripped over the rope | jumped twenty times in a row
whistle | blew nothing but air | whistled a happy tune
read | mixed up the letters | read a whole page aloud
catch a ball | dropped the ball | caught the ball ten times in a row

== table gift: name from make
card | paper and paint | painted a card with a big heart on it
cake | flour and eggs | baked a small cake with berries on top
necklace | shells and string | made a necklace of white shells
bird house | wood and nails | built a little bird house
basket | long, dry grass | wove a round basket
scarf | soft wool | knitted a long, warm scarf
picture | crayons and paper | drew a picture of the whole family
candle | wax and a bit of string | made a candle that smelled like honey

== table noise: name cause
a tapping sound | a branch was tapping on the window
a scratching sound | a mouse was looking for crumbs
a rattling sound | the wind was shaking the gate
a dripping sound | the rain was dripping into a bucket
a creaking sound | the old door was moving in the wind
a hooting sound | an owl was calling from the roof
a rustling sound | a hedgehog was walking through the leaves

== table plant: name grown
sunflower | a tall, golden sunflower
bean | a long vine full of beans
pumpkin | a big, round pumpkin
tomato | a bush full of red tomatoes
rose | a rose that smelled wonderful
apple | a little apple tree
strawberry | a plant with sweet strawberries
carrot | a row of crunchy carrots

== table game: do did
play cards | played cards
build a tower of blocks | built a tower of blocks
read a story | read a story
paint pictures | painted pictures
bake cookies | baked cookies
make paper boats | made paper boats
play hide and seek | played hide and seek
sing songs | sang songs

== table fast: name
rabbit
fox
horse
deer
dog
cat

== table slow: name
turtle
snail
hedgehog
duck
mole
old donkey

== table rest: did late
took a nap under a tree | woke up
stopped to eat some berries | had eaten enough
stopped to drink from the river | was not thirsty anymore
stopped to talk to the birds | had told its last story
sat down to watch the clouds | looked up from its dreams

== table wish: name ask found
see the sea | which way the sea was | the sea, wide and blue
see the snow | when the snow would come | the first white snow
touch a cloud | how to reach the clouds | a cloud, soft and cool on the top of a mountain
see a rainbow | where the rainbow was | a rainbow over the valley
find a blue flower | where blue flowers grew | a blue flower beside a stone
hear the waves | where the waves sang | the waves, rolling over the sand

== phrase opening
One day,
One morning,
One sunny morning,
One afternoon,
On a warm day,
On a quiet Sunday,
Last summer,
One spring day,
Early one morning,

== phrase glad
happy
very happy
glad
full of joy
very pleased

== phrase sad
sad
very sad
unhappy
close to tears

== phrase thanks
Thank you
Thank you so much
Thank you very much
Oh, thank you
)";

}  // namespace corpus
