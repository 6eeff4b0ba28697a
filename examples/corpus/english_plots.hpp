// The plots of the English stories. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

inline constexpr std::string_view english_plots = R"(
== plot lost_thing: hero=child thing=thing colour=colour first=spot second=spot helper=family
{Opening} {hero} could not find {hero.his} {colour} {thing}.
? [{Hero.he} had played with it only yesterday.|It was a gift from {hero.his} best friend.|{Hero.he} felt {sad}.]
{Hero.he} looked {first}, but [it was not there|there was only dust|the {thing} was not there].
? "Where [can it be|is my {thing}]?" {hero.he} [asked|said|wondered].
{Hero.his} {helper} came to help. "[Did you look|Have you looked] {second}?" {helper.he} asked.
{Hero} looked {second}, and there [it was|was the {colour} {thing}]!
"{Thanks}!" said {hero}, and {hero.he} [gave {hero.his} {helper} a big hug|was {glad}|smiled at {hero.his} {helper}].
? From then on, {hero} always put the {thing} back in its place.

== plot sharing: hero=child friend=child food=food place=place
{Opening} {hero} [sat|was sitting] {place.in} with two {food.many}.
{Hero.his} friend {friend} came by. {Friend.he} [looked hungry|had nothing to eat|was tired and hungry].
? {Hero} looked at the {food.many} and thought for a moment.
"Would you like a(n) {food}?" asked {hero}.
"[Yes, please|Oh yes, please|I would love one]," said {friend}.
They ate the {food.many} together and [talked about school|watched the clouds|laughed a lot|listened to the birds].
["You are a good friend," said {friend}.|"Next time, I will bring something for you," said {friend}.|"It tastes better when we share," said {hero}.]
? {Hero} went home and was {glad}.

== plot rainy_day: hero=child helper=family first=game
[One day,|One morning,|One afternoon,|One autumn day,|On Saturday,|On Sunday,] it was raining hard, and {hero} could not play outside.
{Hero.he} [sat by the window|looked out of the window] and felt [bored|{sad}].
"[Let us|Why don't we] {first.do}," said {hero.his} {helper}.
So they {first.did} [for a long time|together|again and again].
? They [laughed so much that they forgot the rain|had a lot of fun|did not even hear the rain].
[When|Soon] the rain stopped[ and|,] [a rainbow stood over the roofs|the sun came out again|the birds began to sing].
"I like rainy days [now|, too|with you]," said {hero}.

== plot hurt_animal: hero=child animal=small_animal place=place trouble=trouble
{Opening} {hero} was walking {place.by} when {hero.he} saw a little {animal}.
The {animal} {trouble}.
? "[Poor thing|Oh no|Do not be afraid]," said {hero}. "I will help you."
{Hero} {trouble.help}.
{Trouble.end}.
The {animal} [looked at {hero} with bright eyes|rubbed its head against {hero.his} hand|made a small, happy sound].
? {Hero} was [happy|glad] that {hero.he} could help.
[Every day after that, {hero} went to {place} to visit the {animal}.|From that day on, the {animal} and {hero} were friends.|That night, {hero} told {hero.his} family about the little {animal}.]

== plot new_skill: hero=child skill=skill helper=family
{Hero} wanted to learn how to {skill}.
The first time, {hero.he} {skill.fail}. The second time, {hero.he} {skill.fail} again.
"I [can't do it|will never learn it]," said {hero}, and {hero.he} was {sad}.
{Hero.his} {helper} [smiled|sat down next to {hero.him}]. "[Do not give up|Try it one more time|Nobody learns it in one day]," {helper.he} said. "I will [help|show] you."
{Hero} practiced every day [after school|before dinner|for a week|for a month].
[At last|Then one day|Finally], {hero.he} {skill.done}!
? "[Look at me|I did it]!" {hero.he} [called|shouted].
{Hero.his} {helper} [clapped and cheered|was very proud of {hero.him}|laughed with joy].

== plot birthday: hero=child guest=family gift=gift
It was the birthday of {hero}'s {guest}.
{Hero} wanted to give {guest.him} something special, but {hero.he} had no money.
? {Hero.he} thought about it all day.
Then {hero.he} had an idea. {Hero.he} took {gift.from} and {gift.make}.
? It was not easy, but {hero.he} did not stop until it was done.
"Happy birthday!" said {hero}, and gave {hero.his} {guest} the {gift}.
"[What a lovely {gift}|This is the best {gift} in the world]!" said {hero.his} {guest}. "Did you make it yourself?"
{Hero} nodded[.| and was {glad}.| and smiled.]

== plot night_noise: hero=child noise=noise helper=family
It was [late at night|a dark night|almost midnight], and {hero} lay in bed.
Suddenly {hero.he} heard {noise}.
? {Hero.he} pulled the blanket over {hero.his} head.
"[Is it a monster|Is somebody there|What is that]?" {hero.he} whispered.
{Hero} called {hero.his} {helper}, and {helper.he} [turned on the light|came with a lamp].
They [looked around|went to see what it was]. It was [nothing bad|no monster]: {noise.cause}.
They both laughed. "[Good night|Sleep well]," said {hero.his} {helper}, and {hero} [fell asleep|was not afraid anymore|slept until the morning].

== plot seed: hero=child plant=plant helper=family
In spring, {hero} put a(n) {plant} seed into the ground.
{Hero.he} [watered it every day|gave it water every morning]. [But at first|For many days], nothing happened.
"Why does it not grow?" asked {hero}.
"[Be patient|Give it time|Wait a little]," said {hero.his} {helper}. "It needs [sun and water|time to grow|water and light]."
[A week later|Then one morning], {hero} saw a tiny green leaf[.|, and {hero.he} jumped with joy.]
The plant grew [day after day|taller and taller|all through the summer].
In the end, there was {plant.grown}. {Hero} was {glad}[.| and showed it to everyone.]

== plot quarrel: hero=child friend=child toy=toy colour=colour
{Opening} {hero} and {friend} both wanted to play with the {colour} {toy}.
"It is mine!" said {hero}. "No, I had it first!" said {friend}.
They pulled and pulled, until the {toy} [fell into the mud|landed in a puddle|dropped into the dirt].
[Now both of them were {sad}.|For a while, nobody said a word.]
"I am sorry," said {hero}. "I am sorry, too," said {friend}.
They [washed|cleaned|wiped] the {toy} together.
After that, they took turns with the {toy}. First it was {friend}'s turn, and then it was {hero}'s turn.
? They [never fought about it again|had much more fun this way].

== plot giving: hero=child friend=child food=food sum=minus_many
{Hero} had {sum.x} {food.many}.
{Hero.he} met {hero.his} friend {friend}, who [had none|was hungry|loved {food.many}].
? "[Please take some|You can have some of mine]," said {hero}.
{Hero} gave {sum.y} {food.many} to {friend}. Now {hero} had {sum.z} {food.many} left.
"{Thanks}," said {friend}.
[They sat down and ate together.|They were both {glad}.|{Sum.x} minus {sum.y} is {sum.z}.]

== plot collecting: hero=child helper=family food=food sum=plus_many
{Opening} {hero} and {hero.his} {helper} went to the [market|shop] with a [basket|bag].
{Hero} put {sum.x} {food.many} into it. {Hero.his} {helper} put in {sum.y} more.
"How many {food.many} do we have now?" asked {hero.his} {helper}.
{Hero} counted[ slowly| on {hero.his} fingers|]. "{Sum.x} and {sum.y} make {sum.z}," {hero.he} said. "We have {sum.z} {food.many}!"
"[That is right|Well done|Very good]," said {hero.his} {helper}.
? Then they went home and were {glad}.

== plot strange_sound: hero=child animal=animal place=place
{Opening} {hero} was playing {place.in}.
Suddenly {hero.he} heard a sound: "{Animal.says}, {animal.says}!"
"[Who is that|What is that|Who says {animal.says}]?" asked {hero}.
{Hero.he} looked behind [a tree|a bush|an old fence], and there was a(n) {animal}.
? "[Hello|Good day], {animal}!" said {hero}. "{Animal.says}!" said the {animal}.
[The {animal} was looking for {animal.eats}.|The {animal} was on its way home.|The {animal} was not afraid at all.]
{Hero} [watched the {animal} for a while|waved at the {animal}|sat down next to the {animal}]. Then it was time to go home.

== plot race: fast=fast slow=slow place=place rest=rest
{Opening} a(n) {fast} and a(n) {slow} had a race to {place}.
"You are too slow," said the {fast}. "[I will win|You will never win]." The {slow} [said nothing|only smiled].
The {fast} ran ahead. [After a while|Half way there], it {rest.did}.
The {slow} went on, [step by step|slowly but steadily|and did not stop once].
When the {fast} {rest.late}, it ran as fast as it could. But the {slow} was already there.
? The {fast} could not believe it.
["Slow and steady wins the race," said the {slow}.|"Well done," said the {fast}. "I will not laugh at you again."]

== plot snowman: hero=child friend=child hat=colour scarf=colour
It had snowed all night. [The whole garden was white.|Everything was white.]
{Hero} put on {hero.his} boots and called {hero.his} friend {friend}.
They [rolled|made] two big balls of snow and [put one on top of the other|built a snowman].
{Hero} gave the snowman a(n) {hat} hat, and {friend} gave him a(n) {scarf} scarf.
? They used a carrot for the nose and two stones for the eyes.
"[He looks like my grandfather|He is the best snowman ever|I hope he stays all winter]," said {friend}, and they both laughed.
[Then they went inside and drank hot chocolate.|When it was dark, the snowman with the {hat} hat and the {scarf} scarf stood alone under the moon.]

== plot new_friend: hero=pet kind=creature friend=pet other=creature game=game
Once upon a time, there was a little {kind} named {hero}. {Hero} lived {kind.home}.
{Hero} was [lonely|{sad}], because {hero.he} had nobody to play with.
{Opening} {hero} met a(n) {other} named {friend}.
"[Will you play with me|Do you want to be my friend]?" asked {hero}. "[Yes, of course|I would love to]," said {friend}.
So the {kind} and the {other} {game.did} until the sun went down.
"Come and visit me tomorrow," said {friend}. "I live {other.home}."
? That night, {hero} was {glad}.
From that day on, {hero} and {friend} [were best friends|played together every day].

== plot journey: hero=pet kind=creature wish=wish guide=creature
Once upon a time, there was a(n) {kind} named {hero}. More than anything, {hero.he} wanted to {wish}.
[One day|At last], {hero} packed a small bag and set out.
On the way, {hero.he} met a(n) {guide} and asked {wish.ask}.
"[Follow the river|Go over the hill|Walk towards the sun]," said the {guide}, "[and do not be afraid|and you will find what you are looking for]."
{Hero} walked for [three|four|five|seven] days[.| and slept under the stars.]
And then {hero.he} found it: {wish.found}!
? "It is even more beautiful than I thought," said {hero}.
{Hero} stayed for a while. Then {hero.he} went home and told everyone about it.

== plot errand: hero=child helper=family first=errand second=errand friend=child
{Hero}'s {helper} asked {hero.him} to buy {first} and {second}.
"{First} and {second}, {first} and {second}," said {hero} on the way to the shop[.|, so that {hero.he} would not forget.]
Then {hero.he} met {friend}, and they [talked about school|played for a while|looked at a funny dog].
In the shop, {hero} [had to think|stood still]. "What was it? I know that {first} was one thing."
[{Hero.he} closed {hero.his} eyes and thought hard.|{Hero.he} said the words in {hero.his} head again.] "{Second}! It was {first} and {second}!"
{Hero} came home with {first} and {second}. "[Well done|You forgot nothing]," said {hero.his} {helper}.

== plot windy_hat: hero=child helper=family colour=colour place=place
{Opening} {hero} and {hero.his} {helper} went for a walk {place.by}.
{Hero} wore {hero.his} new {colour} hat. [It was very windy that day.|The wind was strong.]
Suddenly the wind [took|carried off] the hat and [blew it into a tree|threw it up into a tree].
"My hat!" cried {hero}.
{Hero.his} {helper} [found a long stick|lifted {hero.him} up high|shook the tree], and the {colour} hat [came down|was free again].
"{Thanks}," said {hero}. [This time, {hero.he} held the hat with both hands.|{Hero.he} put on the hat and held it tight.]
? The wind blew and blew, but the {colour} hat stayed on {hero.his} head.

== plot animal_profile: animal=animal hero=child
[{Hero} likes {animal.many}.|{Hero} drew a picture of a(n) {animal}.|{Hero} saw a(n) {animal} in a book.|{Hero} wants to know more about {animal.many}.]
A(n) {animal} says {animal.says}. It lives {animal.home}.
[It eats {animal.eats}.|It likes to eat {animal.eats}.]
A(n) {animal} has {animal.legs} legs.
? [One {animal}, two {animal.many}.|"Hello, {animal}," says {hero}. "{Animal.says}," says the {animal}.]
)";

}  // namespace corpus
