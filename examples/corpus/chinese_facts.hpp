// What is known in Chinese texts: tables, and ways to say a row. See world.hpp for the form.
#pragma once

#include <string_view>

namespace corpus {

inline constexpr std::string_view chinese_facts = R"(
== facts sounds: x=animal
> 小动物们怎么叫？
> 我们来听听动物的叫声。
{x}{x.cry}。
{x}的叫声是“{x.says}”。
“{x.says}”，{x}这样叫。

== facts homes: x=animal
> 小动物们住在哪里？
{x}住在{x.home}。
{x}的家在{x.home}。

== facts meals: x=animal
> 小动物们吃什么？
{x}吃{x.eats}。
{x}爱吃{x.eats}。

== facts legs: x=animal
> 动物有几条腿？
{x}有{x.legs}条腿。
{x.one}{x}有{x.legs}条腿。

== table measure: name word
猫 | 一只
狗 | 一只
鸟 | 一只
鱼 | 一条
蛇 | 一条
马 | 一匹
牛 | 一头
书 | 一本
笔 | 一支
纸 | 一张
桌子 | 一张
椅子 | 一把
雨伞 | 一把
衣服 | 一件
裤子 | 一条
帽子 | 一顶
树 | 一棵
花 | 一朵
汽车 | 一辆
飞机 | 一架
房子 | 一座
山 | 一座
河 | 一条
云 | 一朵
灯 | 一盏
画 | 一幅
歌 | 一首
鞋 | 一双
水 | 一杯
饭 | 一碗

== facts measures: x=measure
> 数东西的时候，要用量词。
> 我们来学量词。
{x.word}{x}。
{x}要说“{x.word}{x}”。
这里有{x.word}{x}。

== table tint: name colour
小草 | 绿
雪 | 白
煤 | 黑
天空 | 蓝
太阳 | 红
香蕉 | 黄
柠檬 | 黄
西红柿 | 红
草莓 | 红
胡萝卜 | 橙
青蛙 | 绿
小猪 | 粉
乌鸦 | 黑
牛奶 | 白
巧克力 | 棕
樱桃 | 红
大海 | 蓝
盐 | 白
大象 | 灰
葡萄 | 紫

== facts colours: x=tint
> 世界是五颜六色的。
> 它们是什么颜色的？
{x}是{x.colour}色的。
{x}的颜色是{x.colour}色。

== table day: name next
星期一 | 星期二
星期二 | 星期三
星期三 | 星期四
星期四 | 星期五
星期五 | 星期六
星期六 | 星期日
星期日 | 星期一

== facts days: x=day
> 一个星期有七天。
> 一天接着一天。
{x}的后一天是{x.next}。
{x.next}的前一天是{x}。
{x}过后是{x.next}。
今天是{x}，明天就是{x.next}。

== table month: name next days
一月 | 二月 | 三十一
二月 | 三月 | 二十八
三月 | 四月 | 三十一
四月 | 五月 | 三十
五月 | 六月 | 三十一
六月 | 七月 | 三十
七月 | 八月 | 三十一
八月 | 九月 | 三十一
九月 | 十月 | 三十
十月 | 十一月 | 三十一
十一月 | 十二月 | 三十
十二月 | 一月 | 三十一

== facts months: x=month
> 一年有十二个月。
{x}过后是{x.next}。
{x}有{x.days}天。
{x.next}的前一个月是{x}。

== table season: name next weather
春天 | 夏天 | 花儿开了
夏天 | 秋天 | 天气很热
秋天 | 冬天 | 树叶落了
冬天 | 春天 | 天气很冷，会下雪

== facts seasons: x=season
> 一年有四个季节。
{x}过后是{x.next}。
{x}到了，{x.weather}。
{x.next}的前面是{x}。

== table opposite: name other
大 | 小
冷 | 热
上 | 下
快 | 慢
多 | 少
开 | 关
长 | 短
高 | 矮
好 | 坏
湿 | 干
硬 | 软
左 | 右
远 | 近
轻 | 重
早 | 晚
新 | 旧
黑 | 白
前 | 后
里 | 外
胖 | 瘦
高兴 | 难过
干净 | 肮脏
安静 | 吵闹
勇敢 | 胆小

== facts opposites: x=opposite
> 许多词都有反义词。
> 我们来找反义词。
“{x}”的反义词是“{x.other}”。
“{x}”和“{x.other}”是一对反义词。
“{x}”的反面是“{x.other}”。

== table capital: name land
巴黎 | 法国
伦敦 | 英国
罗马 | 意大利
马德里 | 西班牙
柏林 | 德国
维也纳 | 奥地利
雅典 | 希腊
开罗 | 埃及
北京 | 中国
东京 | 日本
莫斯科 | 俄罗斯
里斯本 | 葡萄牙
华沙 | 波兰
奥斯陆 | 挪威

== facts capitals: x=capital
> 每个国家都有首都。
{x}是{x.land}的首都。
{x.land}的首都是{x}。

== table sort: name kind
苹果 | 水果
梨 | 水果
香蕉 | 水果
白菜 | 蔬菜
土豆 | 蔬菜
萝卜 | 蔬菜
玫瑰 | 花
荷花 | 花
狗 | 动物
马 | 动物
燕子 | 鸟
乌鸦 | 鸟
蜜蜂 | 昆虫
蚂蚁 | 昆虫
汽车 | 交通工具
飞机 | 交通工具
椅子 | 家具
桌子 | 家具
锤子 | 工具
锯子 | 工具
鼓 | 乐器
钢琴 | 乐器

== facts sorts: x=sort
> 它们属于哪一类？
{x}是一种{x.kind}。
{x}属于{x.kind}。

== table use: name what
看东西 | 眼睛
听声音 | 耳朵
闻气味 | 鼻子
尝味道 | 舌头
走路 | 脚
写字 | 笔
切菜 | 刀
喝汤 | 勺子
吃饭 | 筷子
开锁 | 钥匙
扫地 | 扫帚
擦手 | 毛巾
刷牙 | 牙刷

== facts uses: x=use
> 我们每天都要用很多东西。
我们用{x.what}{x}。
{x}要用{x.what}。

== facts sums: x=plus
> 我们来做加法。
{x.x}加{x.y}等于{x.z}。
{x.dx} + {x.dy} = {x.dz}。
{x.x}和{x.y}加起来是{x.z}。

== facts differences: x=minus
> 我们来做减法。
{x.x}减{x.y}等于{x.z}。
{x.dx} - {x.dy} = {x.dz}。
{x.x}减去{x.y}，还剩{x.z}。

== table number: name count digit
一 | 一 | 1
二 | 两 | 2
三 | 三 | 3
四 | 四 | 4
五 | 五 | 5
六 | 六 | 6
七 | 七 | 7
八 | 八 | 8
九 | 九 | 9
十 | 十 | 10
)";

}  // namespace corpus
