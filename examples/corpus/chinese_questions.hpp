// Questions and requests in Chinese. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

inline constexpr std::string_view chinese_questions = R"(
== question sounds: x=animal y=animal
? {x}和{y}怎么叫？
? 请告诉我，{x}和{y}怎么叫？
= {x}{x.cry}，{y}{y.cry}。

== question homes: x=animal y=animal
? {x}和{y}住在哪里？
? 请告诉我，{x}和{y}住在哪里？
= {x}住在{x.home}，{y}住在{y.home}。

== question meals: x=animal y=animal
? {x}和{y}吃什么？
? 请告诉我，{x}和{y}吃什么？
= {x}吃{x.eats}，{y}吃{y.eats}。

== question colours: x=tint y=tint
? {x}和{y}是什么颜色的？
? 请告诉我，{x}和{y}是什么颜色的？
= {x}是{x.colour}色的，{y}是{y.colour}色的。

== question capitals: x=capital y=capital
? {x.land}和{y.land}的首都是哪里？
? 请告诉我，{x.land}和{y.land}的首都是哪里？
= {x.land}的首都是{x}，{y.land}的首都是{y}。

== question opposites: x=opposite y=opposite
? “{x}”和“{y}”的反义词是什么？
? 请告诉我，“{x}”和“{y}”的反义词是什么？
= “{x}”的反义词是“{x.other}”，“{y}”的反义词是“{y.other}”。

== question measures: x=measure y=measure
? {x}和{y}要怎么说？
? 请告诉我，{x}和{y}要怎么说？
= {x}要说“{x.word}{x}”，{y}要说“{y.word}{y}”。

== question sorts: x=sort y=sort
? {x}和{y}属于哪一类？
? 请告诉我，{x}和{y}属于哪一类？
= {x}是一种{x.kind}，{y}是一种{y.kind}。

== question place: a=child c=colour t=thing s=spot
? {a}把{c}色的{t}放在{s}了。它在哪里？
? {a}把{c}色的{t}藏在{s}了。它现在在哪里？
= {c}色的{t}在{s}。

== question gift: a=child b=child t=toy
? {a}送给{b}{t.one}。{b}有了什么？
? {a}给{b}做了{t.one}。{b}有了什么？
= {b}有了{t.one}。

== request search: a=child t=thing c=colour
? 我是{a}。你能帮我找{c}色的{t}吗？
? 我叫{a}。我找不到{c}色的{t}了。你能帮我吗？
+ [当然可以|好的|没问题]，{a}！[我们一起去找{c}色的{t}吧。|我们很快就会找到{c}色的{t}。]
- [不行|我不想|我没空]，{a}。[你自己去找{c}色的{t}吧。|我才不管你的{t}呢。]

== request lesson: a=child s=skill
? 我是{a}。你能教我{s}吗？
? 我叫{a}。我想学{s}。你能帮我吗？
+ [当然可以|好的|没问题]，{a}！[我们一起练习{s}吧。|只要练习，人人都能学会{s}。]
- [不行|我不想|我没空]，{a}。[你学不会{s}的。|别人会{s}，你不会。]

== request treat: a=child f=food
? 我是{a}。我能吃{f.one}{f}吗？
? 我叫{a}。我饿了。我能吃{f.one}{f}吗？
+ [当然可以|好的|没问题]，{a}！[给你{f.one}{f}。|快来吃{f}吧，大家都有。]
- [不行|我不想|我没空]，{a}。[{f}都是我的。|你自己去买{f}吧。]
)";

}  // namespace corpus
