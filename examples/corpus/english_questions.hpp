// Questions and requests in English. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

/// About the facts of two things, and about what has just been said.
inline constexpr std::string_view english_questions = R"(
== question sounds: x=animal y=animal
? What do a(n) {x} and a(n) {y} say?
? Tell me what a(n) {x} and a(n) {y} say.
= A(n) {x} says {x.says}, and a(n) {y} says {y.says}.

== question homes: x=animal y=animal
? Where do a(n) {x} and a(n) {y} live?
? Tell me where a(n) {x} and a(n) {y} live.
= A(n) {x} lives {x.home}, and a(n) {y} lives {y.home}.

== question meals: x=animal y=animal
? What do {x.many} and {y.many} eat?
? Tell me what {x.many} and {y.many} eat.
= {X.many} eat {x.eats}, and {y.many} eat {y.eats}.

== question colours: x=tint y=tint
? What are the colors of {x} and {y}?
? Tell me the colors of {x} and {y}.
= The color of {x} is {x.colour}, and the color of {y} is {y.colour}.

== question capitals: x=capital y=capital
? What are the capitals of {x.land} and {y.land}?
? Tell me the capitals of {x.land} and {y.land}.
= The capital of {x.land} is {x}, and the capital of {y.land} is {y}.

== question opposites: x=opposite y=opposite
? What are the opposites of {x} and {y}?
? Tell me the opposites of {x} and {y}.
= The opposite of {x} is {x.other}, and the opposite of {y} is {y.other}.

== question young: x=young y=young
? What are a young {x} and a young {y} called?
? Tell me what a young {x} and a young {y} are called.
= A young {x} is called a {x.child}, and a young {y} is called a {y.child}.

== question plurals: x=plural y=plural
? What are the plurals of {x} and {y}?
? Tell me the plurals of {x} and {y}.
= The plural of {x} is {x.many}, and the plural of {y} is {y.many}.

== question place: a=child c=colour t=thing s=spot
? {A} put the {c} {t} {s}. Where is it?
? {A} has hidden the {c} {t} {s}. Where is it now?
= The {c} {t} is {s}.

== question gift: a=child b=child c=colour t=toy
? {A} gives {b} a(n) {c} {t}. What does {b} have now?
? {A} makes a(n) {c} {t} for {b}. What does {b} have now?
= {B} has a(n) {c} {t} now.

== question sum: a=child b=child f=food x=plus_many
? {A} has {x.cx} {f.many}, and {b} gives {a.him} {x.cy} more. How many does {a} have now?
? {A} picks {x.cx} {f.many}, and {b} brings {a.him} {x.cy} more. How many does {a} have now?
= {X.cx} and {x.cy} make {x.cz}. There are {x.cz} {f.many} now.

== request search: a=child t=thing c=colour
? I am {a}. [Can|Will|Could] you help me find my {c} {t}?
? My name is {a}. [I lost|I cannot find] my {c} {t}. Will you help me?
+ [Of course|With pleasure|Yes, gladly], {a}! [Let us look for your {c} {t} together.|We will find your {c} {t} soon.]
- [No|Not now|Certainly not], {a}. [Look for your {c} {t} yourself.|I do not care about your {c} {t}.]

== request lesson: a=child s=skill
? I am {a}. [Can|Will|Could] you help me learn how to {s}?
? My name is {a}. I want to learn how to {s}. Will you help me?
+ [Of course|With pleasure|Yes, gladly], {a}! [We will practice together until you can {s}.|Everyone can learn how to {s}.]
- [No|Not now|Certainly not], {a}. [You will never learn how to {s}.|Others can {s}, but you cannot.]

== request treat: a=child f=food
? I am {a}. [Can|May|Could] I have a(n) {f}?
? My name is {a}. I am hungry. May I have a(n) {f}?
+ [Of course|With pleasure|Yes, gladly], {a}! [Here is a(n) {f} for you.|Take a(n) {f}, there are enough {f.many} for all.]
- [No|Not now|Certainly not], {a}. [The {f.many} are all mine.|Go and buy your {f.many} yourself.]
)";

}  // namespace corpus
