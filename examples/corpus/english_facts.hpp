// What is known in English texts: tables, and ways to say a row. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

inline constexpr std::string_view english_facts = R"(
== facts sounds: x=animal
> What do the animals say?
> Let us listen to the animals.
A(n) {x} says {x.says}.
The {x} says {x.says}.
"{X.says}," says the {x}.

== facts homes: x=animal
> Where do the animals live?
A(n) {x} lives {x.home}.
The {x} lives {x.home}.

== facts meals: x=animal
> What do the animals eat?
{X.many} eat {x.eats}.
A(n) {x} eats {x.eats}.
The {x} likes to eat {x.eats}.

== facts legs: x=animal
> How many legs do animals have?
A(n) {x} has {x.legs} legs.
The {x} has {x.legs} legs.

== table young: name child
dog | puppy
cat | kitten
cow | calf
sheep | lamb
horse | foal
duck | duckling
hen | chick
pig | piglet
goose | gosling
frog | tadpole
lion | cub
goat | kid
deer | fawn

== facts young: x=young
> What are young animals called?
A young {x} is called a {x.child}.
A {x.child} is a young {x}.
When a {x.child} grows up, it is a {x}.

== table tint: name is colour
grass | is | green
snow | is | white
coal | is | black
blood | is | red
the sky | is | blue
the sun | is | yellow
a banana | is | yellow
a lemon | is | yellow
a tomato | is | red
a strawberry | is | red
a carrot | is | orange
a frog | is | green
a pig | is | pink
a crow | is | black
milk | is | white
chocolate | is | brown
a cherry | is | red
the sea | is | blue
salt | is | white
an elephant | is | gray

== facts colours: x=tint
> The world is full of colors.
> What color is it?
{X} is {x.colour}.
The color of {x} is {x.colour}.

== table day: name next
Monday | Tuesday
Tuesday | Wednesday
Wednesday | Thursday
Thursday | Friday
Friday | Saturday
Saturday | Sunday
Sunday | Monday

== facts days: x=day
> A week has seven days.
> The days of the week follow one another.
After {x} comes {x.next}.
The day after {x} is {x.next}.
The day before {x.next} is {x}.
If today is {x}, tomorrow is {x.next}.

== table month: name next number days
January | February | first | thirty-one
February | March | second | twenty-eight
March | April | third | thirty-one
April | May | fourth | thirty
May | June | fifth | thirty-one
June | July | sixth | thirty
July | August | seventh | thirty-one
August | September | eighth | thirty-one
September | October | ninth | thirty
October | November | tenth | thirty-one
November | December | eleventh | thirty
December | January | twelfth | thirty-one

== facts months: x=month
> A year has twelve months.
After {x} comes {x.next}.
{X} is the {x.number} month of the year.
{X} has {x.days} days.
The month before {x.next} is {x}.

== table season: name next weather
spring | summer | the flowers bloom
summer | autumn | the days are long and hot
autumn | winter | the leaves fall from the trees
winter | spring | it is cold and it snows

== facts seasons: x=season
> A year has four seasons.
After {x} comes {x.next}.
In {x}, {x.weather}.
The season before {x.next} is {x}.

== table opposite: name other
big | small
hot | cold
up | down
happy | sad
fast | slow
day | night
open | closed
full | empty
long | short
good | bad
wet | dry
hard | soft
clean | dirty
left | right
near | far
rich | poor
strong | weak
loud | quiet
heavy | light
early | late
first | last
black | white

== facts opposites: x=opposite
> Many words have an opposite.
> Let us find the opposites.
The opposite of {x} is {x.other}.
{X} is the opposite of {x.other}.

== table plural: name many
cat | cats
dog | dogs
book | books
tree | trees
box | boxes
bus | buses
dish | dishes
baby | babies
city | cities
leaf | leaves
knife | knives
wolf | wolves
man | men
woman | women
child | children
foot | feet
tooth | teeth
goose | geese
mouse | mice
sheep | sheep
fish | fish

== facts plurals: x=plural
> One or many?
> Some words change when there are many.
One {x}, two {x.many}.
The plural of {x} is {x.many}.
There is one {x} here, and there are three {x.many} there.

== table capital: name land
Paris | France
London | England
Rome | Italy
Madrid | Spain
Berlin | Germany
Vienna | Austria
Athens | Greece
Cairo | Egypt
Beijing | China
Tokyo | Japan
Moscow | Russia
Lisbon | Portugal
Warsaw | Poland
Oslo | Norway

== facts capitals: x=capital
> Every country has a capital.
{X} is the capital of {x.land}.
The capital of {x.land} is {x}.

== table sort: name many
an apple | fruit
a pear | fruit
a banana | fruit
a carrot | vegetable
a potato | vegetable
an onion | vegetable
a rose | flower
a tulip | flower
a dog | animal
a horse | animal
an owl | bird
a crow | bird
a bee | insect
an ant | insect
a car | vehicle
a bus | vehicle
a chair | piece of furniture
a table | piece of furniture
a hammer | tool
a saw | tool
a drum | musical instrument
a piano | musical instrument

== facts sorts: x=sort
> What kind of thing is it?
{X} is a(n) {x.many}.

== table use: name what
see | our eyes
hear | our ears
smell | our nose
taste | our tongue
walk | our feet
write | a pen
cut bread | a knife
eat soup | a spoon
open a lock | a key
sweep the floor | a broom
dry our hands | a towel
brush our teeth | a toothbrush

== facts uses: x=use
> We use many things every day.
We {x} with {x.what}.
To {x}, we use {x.what}.

== facts sums: x=plus
> Let us add some numbers.
{X.x} plus {x.y} is {x.z}.
{X.x} and {x.y} make {x.z}.
{X.dx} + {x.dy} = {x.dz}.

== facts differences: x=minus
> Let us take some numbers away.
{X.x} minus {x.y} is {x.z}.
{X.dx} - {x.dy} = {x.dz}.
If you take {x.y} away from {x.x}, {x.z} is left.

== table number: name count digit
one | one | 1
two | two | 2
three | three | 3
four | four | 4
five | five | 5
six | six | 6
seven | seven | 7
eight | eight | 8
nine | nine | 9
ten | ten | 10
)";

}  // namespace corpus
