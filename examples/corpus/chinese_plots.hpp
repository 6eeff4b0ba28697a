// The plots of the Chinese stories. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

inline constexpr std::string_view chinese_plots = R"(
== plot lost_thing: hero=child thing=thing colour=colour first=spot second=spot helper=family
{opening}{hero}发现自己的{colour}色{thing}不见了。
? [{hero.he}昨天还用过呢。|那是{hero.he}最心爱的东西。|{hero.he}{sad}。]
{hero.he}找了找{first}，[可是没有找到|那里什么也没有|{thing}不在那里]。
? “[它会在哪儿呢|我的{thing}到底在哪儿]？”{hero.he}[想|问|自言自语]。
{helper}走过来帮{hero.he}一起找。“[{second}找过了吗|你看过{second}没有]？”{helper}问。
{hero}一看，[{thing}果然在{second}|{colour}色的{thing}就在{second}]！
“谢谢{helper}！”{hero}{said}。
? 从那以后，{hero}每次用完{thing}都会放回原处。

== plot sharing: hero=child friend=child food=food place=place
{opening}{hero}坐在{place.in}，手里拿着两{food.word}{food}。
{hero.he}的好朋友{friend}走了过来，[看上去很饿|肚子饿得咕咕叫|什么吃的也没带]。
? {hero}看了看手里的{food}，想了一会儿。
“[你想吃{food}吗|给你一{food.word}{food}，好不好]？”{hero}问。
“[好啊，谢谢你|太好了，谢谢你]！”{friend}{said}。
两个人一边吃{food}，一边[聊学校里的事|看天上的白云|听小鸟唱歌|讲笑话]。
[“你真是我的好朋友。”{friend}说。|“下次我也带好吃的给你。”{friend}说。|“两个人一起吃，味道更好。”{hero}说。]
? 回家的路上，{hero}{glad}。

== plot rainy_day: hero=child helper=family game=game
[有一天|一天早上|一天下午|星期六|星期天|一个秋天的早晨]，外面下着大雨，{hero}不能出去玩。
{hero.he}[坐在窗边|望着窗外的雨]，觉得[很无聊|很没意思]。
“我们来{game}吧！”{helper}说。
[于是|就这样]，两个人{game.long}。
? [玩着玩着，谁都忘了外面还在下雨。|屋子里充满了笑声。|时间过得真快。]
[不知什么时候|过了一会儿]，雨停了，[天上出现了一道彩虹|太阳又出来了|小鸟又唱起了歌]。
“下雨天也[很好玩|很有意思|可以很开心]。”{hero}{said}。

== plot hurt_animal: hero=child animal=small_animal place=place trouble=trouble
{opening}{hero}在{place.by}散步，看见了{animal.one}。
{animal.this}{trouble}。
? “[真可怜|别害怕|别怕，小家伙]，我来帮你。”{hero}说。
{hero}{trouble.help}。
{trouble.end}。
{animal}[用亮亮的眼睛看着{hero}|蹭了蹭{hero}的手|围着{hero}转了一圈]，好像在说谢谢。
[从那天起，{hero}每天都去{place}看{animal}。|从此，{animal}和{hero}成了好朋友。|晚上，{hero}把{animal}的事讲给全家人听。]

== plot new_skill: hero=child skill=skill helper=family
{hero}想学{skill}。
第一次，{hero.he}{skill.fail}。第二次，{hero.he}又{skill.fail}。
“[我学不会|太难了，我不学了]。”{hero}{sad}。
{helper}[笑了笑|坐到{hero.he}身边]，说：“[别灰心|再试一次|谁也不是一天就学会的]，我来[帮|教]你。”
{hero}每天[放学后|晚饭前|早上]都练习{skill}。
[过了一个月|终于有一天|一天又一天过去了]，{hero.he}{skill.done}！
? “[你看，我学会了|我成功啦]！”{hero.he}[大声喊|高兴地喊]。
{helper}[拍着手笑了|为{hero.he}感到骄傲|高兴地抱住了{hero.he}]。

== plot birthday: hero=child guest=family gift=gift
[今天|明天]是{guest}的生日。
{hero}想送{guest}一份特别的礼物，可是{hero.he}没有钱。
? {hero.he}想啊想，想了整整一天。
忽然，{hero.he}有了主意。{hero.he}用{gift.from}{gift.make}。
? 这可不容易，但是{hero.he}一直做到了最后。
“生日快乐！”{hero}把{gift}送给了{guest}。
“{gift.praise}[真漂亮|太好了]！”{guest}说，“是你自己做的吗？”
{hero}点点头，{glad}。

== plot night_noise: hero=child noise=noise helper=family
[夜深了|天黑了|已经是半夜了]，{hero}躺在床上。
忽然，{hero.he}听见了{noise}。
? {hero.he}赶紧用被子蒙住了头。
“[是妖怪吗|是谁在那儿|那是什么]？”{hero.he}小声问。
{hero}叫来了{helper}，{helper}[打开了灯|拿来了手电筒]。
[走过去一看|仔细一看]，原来是{noise.cause}。
大家都笑了。“[晚安|快睡吧]。”{helper}说。{hero}[很快就睡着了|再也不害怕了|一觉睡到了天亮]。

== plot seed: hero=child plant=plant helper=family
春天，{hero}在[院子|花盆]里种下了{plant.seed}。
{hero.he}每天都给它浇水，[可是|但是]好多天过去了，什么也没有长出来。
“它为什么不发芽呢？”{hero}问。
“[别着急|耐心一点儿|再等等]，”{helper}说，“它需要[阳光和水|时间]。”
[一个星期后|又过了几天]，土里冒出了一片嫩绿的小叶子。
{plant}[一天天长大|越长越高|长得很快]。
[到了秋天|最后]，{plant.grown}。{hero}{glad}。

== plot quarrel: hero=child friend=child toy=toy colour=colour
{opening}{hero}和{friend}都想玩{toy.that}。
“这是我的！”{hero}说。“是我先拿到的！”{friend}说。
两个人抢来抢去，{toy}掉进了[泥坑里|水坑里]，[谁也玩不成了|弄得脏脏的]。
[谁也不说话了。|两个人都低下了头。]
“对不起。”{hero}说。“我也有错，对不起。”{friend}说。
接着，两个人一起把{colour}色的{toy}[洗|擦]干净了。
后来，大家轮流玩{toy}，先是{friend}玩，再是{hero}玩。
? [谁也没有再为{toy}吵过架。|这样玩，比一个人玩开心多了。]

== plot giving: hero=child friend=child food=food sum=minus_many
{hero}有{sum.cx}{food.word}{food}。
{hero.he}遇到了好朋友{friend}。{friend}[一{food.word}{food}也没有|肚子饿了|最爱吃{food}]。
? “[我分你一些吧|这些给你]。”{hero}说。
{hero}给了{friend}{sum.cy}{food.word}{food}，自己还剩{sum.cz}{food.word}{food}。
“{thanks}！”{friend}说。
[两个人坐下来一起吃。|大家都很高兴。|{sum.x}减{sum.y}等于{sum.z}。]

== plot collecting: hero=child helper=family food=food sum=plus_many
{opening}{hero}和{helper}一起去[市场|商店]，带着一个[篮子|袋子]。
{hero}往里面放了{sum.cx}{food.word}{food}，{helper}又放了{sum.cy}{food.word}{food}。
“现在一共有几{food.word}{food}？”{helper}问。
{hero}[数了数|扳着手指数了数|想了想]，说：“{sum.x}加{sum.y}等于{sum.z}，一共有{sum.cz}{food.word}{food}。”
“[答对了|真聪明|数得真好]！”{helper}{said}。
? 最后，大家高高兴兴地回家了。

== plot strange_sound: hero=child animal=animal place=place
{opening}{hero}在{place.in}玩。
忽然，{hero.he}听见了“{animal.says}，{animal.says}”的声音。
“[是谁在叫|是谁呀|谁会{animal.cry}呢]？”{hero}问。
{hero.he}往[大树|草丛|篱笆]后面一看，原来是{animal.one}{animal}。
? “你好，{animal}！”{hero}说。{animal}回答：“{animal.says}！”
[{animal}正在找{animal.eats}吃。|{animal}正要回家呢。|{animal}一点儿也不怕人。]
{hero}[看了它好一会儿|向它挥了挥手|在它旁边坐了下来]，后来才回家。

== plot race: fast=fast slow=slow rest=rest
[从前|有一天|一天早上|一个晴朗的早晨|一个暖和的下午]，{fast.one}和{slow.one}[比赛跑步|要赛跑]。
“你跑得太慢了，[我一定会赢|你赢不了我]。”{fast}说。{slow}[只是笑了笑|什么也没说]。
{fast}跑得飞快，[跑到一半|不一会儿]，{fast}{rest.did}。
{slow}[一步一步地往前走|不停地往前走|慢慢地走着，一刻也不停]。
等到{fast}{rest.late}，{slow}已经到终点了。
? {fast}不敢相信自己的眼睛。
[“只要不停下来，慢一点儿也能赢。”{slow}说。|“我再也不笑话你了。”{fast}说。]

== plot snowman: hero=child friend=child hat=colour scarf=colour
下了一夜的雪，[院子里白茫茫的一片|到处都是白的]。
{hero}穿上棉鞋，去叫好朋友{friend}。
两个人滚了两个大雪球，堆成了一个雪人。
{hero}给雪人戴上{hat}色的帽子，{friend}给它围上{scarf}色的围巾。
? 雪人有了胡萝卜做的鼻子，还有小石子做的眼睛。
“[它真像我爷爷|这个雪人真神气|真希望它一直不化]！”{friend}说。两个人都笑了。
[天黑了，雪人戴着{hat}色的帽子，静静地站在月光下。|后来，两个人回到屋里，喝了热牛奶。]

== plot new_friend: hero=pet kind=creature friend=pet other=creature game=game
从前有{kind.one}，名叫{hero}，住在{kind.home}。
{hero}[很孤单|常常不开心]，因为没有人跟它玩。
[有一天|一天早上|一个晴朗的早晨|一个暖和的下午]，{hero}遇见了{other.one}，名叫{friend}。
“[你愿意跟我玩吗|我们做朋友好吗]？”{hero}问。“[好啊|当然愿意]！”{friend}说。
于是，{kind}和{other}一起{game.long}，一直玩到太阳下山。
“明天来找我玩吧，”{friend}说，“我住在{other.home}。”
? 那天晚上，{hero}{glad}。
从此以后，{hero}和{friend}[成了最好的朋友|天天在一起玩]。

== plot journey: hero=pet kind=creature wish=wish guide=creature
从前有{kind.one}，名叫{hero}。它最大的愿望就是{wish}。
[有一天|终于有一天]，{hero}背上小包出发了。
路上，它遇见了{guide.one}，就问：“请问，{wish.ask}？”
“[沿着小河走|翻过这座山|朝着太阳走]，”{guide}说，“[别害怕|不要放弃]，你一定会成功的。”
{hero}走了[三|四|五|七]天[。|，晚上就睡在星空下。]
终于，它看到了：{wish.found}！
? “比我想的还要美！”{hero}说。
{hero}待了很久才回家，把这一切讲给大家听。

== plot errand: hero=child helper=family first=errand second=errand friend=child
{helper}让{hero}去买{first}和{second}。
“{first}、{second}，{first}、{second}……”{hero}一边走一边念[。|，生怕忘了。]
路上，{hero.he}碰到了{friend}，两个人[聊了一会儿天|玩了一会儿|一起看了一只好玩的小狗]。
到了商店，{hero}[想不起来了|愣住了]：“要买什么来着？有{first}，还有呢？”
[{hero.he}闭上眼睛想了想。|{hero.he}摸着脑袋想了又想。]“对了，是{second}！{first}和{second}！”
{hero}买好{first}和{second}回了家。“[真能干|一样也没忘]！”{helper}{said}。

== plot windy_hat: hero=child helper=family colour=colour place=place
{opening}{hero}和{helper}一起在{place.by}散步。
{hero}戴着新买的{colour}色帽子。[那天风很大。|一阵大风刮了过来。]
忽然，帽子被风吹到了[树上|树枝上]。
“我的帽子！”{hero}叫了起来。
{helper}[找来一根长竹竿|把{hero.he}高高举起|摇了摇树]，{colour}色的帽子[终于拿了下来|又回到了{hero}手里]。
“谢谢{helper}！”{hero}说。[这一次，{hero.he}用两只手按住了帽子。|{hero.he}把帽子戴得紧紧的。]
? 风还在吹，可是{colour}色的帽子再也没有被吹跑。

== plot animal_profile: animal=animal hero=child
[{hero}喜欢{animal}。|{hero}画了{animal.one}{animal}。|{hero}在书上看到了{animal.one}{animal}。|{hero}想多了解一些{animal}的事。]
{animal}{animal.cry}。{animal}住在{animal.home}。
[它吃{animal.eats}。|它爱吃{animal.eats}。]
{animal}有{animal.legs}条腿。
? [“你好，{animal}！”{hero}说。“{animal.says}！”{animal}说。|{hero}觉得{animal}很有趣。]
)";

}  // namespace corpus
