#!/usr/bin/env python3
"""Makes tests/data/chat_template/jinja.jsonl: what Jinja2 itself makes of expressions and templates.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install jinja2==3.1.6
    /tmp/venv/bin/python tests/interop/make_chat_golden.py [FOLDER]

A line is {"template", "rendered"} or {"template", "fails"}, the latter with Jinja's complaint; all are rendered with VARIABLES,
which is the first line. "spans" are byte offsets of {% generation %} blocks. The environment is that of Hugging Face
transformers (utils/chat_template_utils.py): a sandbox, trim_blocks, lstrip_blocks, loop controls, its tojson and its
{% generation %}.

With FOLDER, the published tokenizers with their chat_goldens.jsonl, it also writes published.jsonl: the goldens of three of
them (Zer02LLM, MIT; MiniMind and Qwen3, Apache-2.0), each with its template.
"""
import json
import pathlib
import sys

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILE = pathlib.Path(__file__).resolve().parent.parent / "data" / "chat_template" / "jinja.jsonl"

VARIABLES = {
    "n": 7, "neg": -7, "x": 2.5, "big": 1e16, "tiny": 0.00001, "third": 0.1, "yes": True, "no": False, "nothing": None,
    "s": "Hello World", "pad": "  \t padded \n ", "uni": "Grüße, 世界 🚢", "empty": "", "quote": "it's", "both": "it's \"so\"",
    "list": [3, 1, 2], "words": ["b", "A", "c", "B"], "nested": [[1, 2], [3]], "none_list": [],
    "d": {"b": 1, "a": [1, 2.0, None, True, "x\n\"é"], "items": "member", "c": {}},
    "people": [{"name": "ann", "age": 30, "tags": ["x"]}, {"name": "Bob", "age": 25, "tags": []}, {"name": "cy", "tags": ["y", "z"]}],
    "messages": [{"role": "system", "content": " be kind "}, {"role": "user", "content": "hi"},
                 {"role": "assistant", "content": "<think>\nhm\n</think>\n\nhello"}, {"role": "user", "content": "bye"},
                 {"role": "assistant", "content": "goodbye\n"}],
}

EXPRESSIONS = r"""
1 + 2 * 3 - 4
(1 + 2) * 3
7 / 2
6 / 2
7 // 2
-7 // 2
neg % 3
7 % -3
7.5 % 2
-7.5 // 2
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
+n
- -n
1_000 + 0x1F + 0b101 + 0o17
1e3
1.5e-7
x * 2
big
tiny
third + 0.2
1e22
123456789012345680.0
1.0
100 * 1.1
n / 0
'a' + 'b'
'a' + 1
1 + 'a'
'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1, 'x'] ~ undefined_name
'ab' * 3
3 * 'ab'
[1, 2] * 2
[1] + [2, 3]
(1,) + (2,)
[1] + (2,)
'%s is %d and %.2f' % ('n', 7, 2.5)
'%5s|%-5s|%05d|%x|%%' % ('a', 'b', 42, 255)
'%s' % 5
'%s %s' % ('one',)
'%r' % ('it',)
"{} and {}".format(1, 'two')
"{0}{1}{0} {name}".format('a', 'b', name='c')
'a' 'b' "c"
'\n\t\\\'\"\x41\u00e9\101\q'
"it's" ~ 'a "quote"'
[quote, both, 'x\ny', '\x07', '\u00a0', 'é', '世']
1 == 1.0
1 == true
'a' == 'a'
'1' == 1
none == none
[1, [2]] == [1, [2]]
(1, 2) == [1, 2]
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
undefined_name == other_undefined
undefined_name == none
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2 != 1
'a' < 'b'
'Z' < 'a'
[1, 2] < [1, 3]
1 < 'a'
none < 1
undefined_name < 1
'ell' in s
'x' not in s
3 in list
'b' in d
5 in d
1 in (1, 2)
'a' in undefined_name
'a' in none
1 in 'abc'
not yes
not not 1
yes and no
n and s
0 or '' or 'last'
none or undefined_name or 5
not yes or yes
yes if no else 'else'
'a' if n > 5
'a' if n > 50
'a' if no else 'b' if yes else 'c'
undefined_name
undefined_name.x
undefined_name['x']
d.missing
d.missing.deeper
none.x
n.x
s.x
d.b
d['b']
d['items']
d.items()
d.keys()
d.values()
d.get('b')
d.get('zz')
d.get('zz', 'other')
d.keys() | list
d.values() | list
d.items() | list
d | items | list
d | list
d | length
d
{}
{'a': {'b': {'c': 1}}}
{'a': 1}['a']
{1: 'one', none: 'nothing', true: 'yes'}
[1, 2.0, 'x', none, true, [], {}, ()]
(1,)
(1, 2, 3)
()
1, 2
list[0]
list[-1]
list[5]
list[1:]
list[:-1]
list[::-1]
list[::2]
list[-2:]
list[5:]
list[2:1]
[0, 1, 2, 3, 4, 5][1:5:2]
[0, 1, 2, 3, 4, 5][5:1:-2]
[0, 1, 2, 3, 4, 5][-100:100:1]
[0, 1, 2, 3, 4, 5][100:-100:-1]
[0, 1, 2][::0]
(1, 2, 3)[1:]
uni[0]
uni[2]
uni[-1]
uni[2:4]
uni[::-1]
uni[::2]
uni | length
s[100]
people.0.name
people[1]['name']
people[0].tags[0]
nested[0][1]
s.upper()
s.lower()
s.title()
"they're bill's friends-in law".title()
"they're bill's friends-in (law)" | title
s.capitalize()
uni.upper()
uni.lower()
'ÀÉÎ straße'.upper()
pad.strip()
pad.lstrip()
pad.rstrip()
'xxaxbxx'.strip('x')
'abcba'.lstrip('ab')
'abcba'.rstrip('ab')
'\n\nx\n'.strip('\n')
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,c'.rsplit(',', 1)
'  a  b c '.split()
'  a  b c '.split(none, 1)
'  a  b c '.rsplit(none, 1)
'abc'.split('x')
''.split(',')
''.split()
'abc'.split('')
'a</think>b</think>c'.split('</think>')[-1]
'a</think>b'.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n')
'a\nb\r\nc\n'.splitlines()
'a\nb\n'.splitlines(true)
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('=')
s.startswith('Hell')
s.startswith(('x', 'H'))
s.endswith('World')
s.endswith('x')
s.replace('l', 'L')
s.replace('l', 'L', 2)
'abc'.replace('', '-')
'abc'.replace('', '-', 2)
s.find('o')
s.rfind('o')
s.find('zz')
uni.find('世')
s.index('zz')
s.count('l')
'aaa'.count('aa')
','.join(['a', 'b'])
','.join([1])
','.join(words)
'-'.join('abc')
'12'.isdigit()
'1a'.isdigit()
'ab'.isalpha()
'ab1'.isalnum()
'  '.isspace()
''.isspace()
'AB1'.isupper()
'ab1'.islower()
'x'.ljust(3) ~ '|'
'x'.rjust(3, '.')
'x'.center(4, '*')
'xx'.center(5, '*')
'prefix-body'.removeprefix('prefix-')
'body.txt'.removesuffix('.txt')
list.append(4)
list.index(1)
list.count(1)
d.update({'x': 1})
pad | trim
'xxaxx' | trim('x')
s | upper
s | lower
5 | upper
s | capitalize
s | length
list | length
none_list | length
5 | length
undefined_name | length
none | length
list | join
list | join(', ')
people | join(', ', attribute='name')
[1, none, 'a', 2.5, true] | join('|')
list | first
list | last
none_list | first
none_list | last
s | first
s | last
d | first
list | sort
words | sort
words | sort(case_sensitive=true)
words | sort(reverse=true)
people | sort(attribute='name') | map(attribute='name') | list
[1, 'a'] | sort
list | reverse | list
s | reverse
words | unique | list
list | min
list | max
list | sum
people | map(attribute='name') | list
people | map(attribute='age') | list
people | map(attribute='age', default=0) | sum
people | map(attribute='tags.0') | list
words | map('upper') | list
words | map('replace', 'b', 'x') | join
[' a ', 'b '] | map('trim') | list
people | selectattr('age') | map(attribute='name') | list
people | selectattr('age', 'defined') | list | length
people | rejectattr('age', 'defined') | map(attribute='name') | list
people | selectattr('name', 'equalto', 'Bob') | list
people | selectattr('name', '==', 'ann') | map(attribute='age') | first
people | selectattr('name', 'in', ['cy', 'ann']) | list | length
messages | selectattr('role', 'equalto', 'user') | list | length
messages | rejectattr('role', 'equalto', 'system') | map(attribute='role') | join(',')
'yes' if messages | selectattr('role', 'equalto', 'nobody') else 'no'
messages | selectattr('role', 'equalto', 'nobody') | length
list | select('odd') | list
list | reject('odd') | list
list | select('gt', 1) | list
[0, 1, '', 'a', none] | select | list
list | list
'abc' | list
(1, 2) | list
d | dictsort
{'b': 1, 'A': 2} | dictsort
{'b': 1, 'A': 2} | dictsort(true)
{'b': 2, 'a': 3, 'c': 1} | dictsort(by='value')
{'b': 2, 'a': 3} | dictsort(reverse=true)
undefined_name | default('fallback')
'' | default('fallback')
'' | default('fallback', true)
none | default('fallback')
none | default('fallback', boolean=true)
undefined_name | d
'42' | int
'4.9' | int
'x' | int
'x' | int(default=5)
'0x1f' | int(base=16)
' 42 ' | int
x | int
none | int
true | int
'2.5' | float
'x' | float
7 | float
-3 | abs
-2.5 | abs
2.5 | round
3.5 | round
2.675 | round(2)
2.1 | round(1, 'ceil')
2.19 | round(1, 'floor')
7 | round
5 | string
none | string
list | string
s | replace('World', 'there')
5 | replace('5', 'five')
'<a href="x">it\'s</a>' | escape
'<b>' | safe
'a\nb\n\nc' | indent
'a\nb\n\nc' | indent(2)
'a\nb\n\nc' | indent(2, true)
'a\nb\n\nc' | indent(2, first=true, blank=true)
'a\nb\n' | indent('> ')
'one two three' | wordcount
'%s-%s' | format('a', 'b')
[1, 2, 3, 4, 5] | batch(2) | list
[1, 2, 3] | batch(2, 'x') | list
d | attr('b')
d | tojson
d | tojson(indent=2)
d | tojson(indent=4)
list | tojson(indent=0)
d | tojson(sort_keys=true)
d | tojson(separators=(',', ':'))
d | tojson(ensure_ascii=true)
'é世🚢\u2028<>&\'' | tojson
'\x00\x1f\x7f\b\f' | tojson
[] | tojson
{} | tojson(indent=2)
[[], {}] | tojson(indent=2)
(1, 2) | tojson
1.0 | tojson
[1e16, 1e-5, 1e100, 0.1] | tojson
none | tojson
{1: 2, none: 3, true: 4, 1.5: 5} | tojson
undefined_name | tojson
d.items() | tojson
people | tojson
n is defined
undefined_name is defined
undefined_name is not defined
undefined_name is undefined
d.b is defined
d.zz is defined
none is none
nothing is none
nothing is not none
n is none
n is number
x is number
yes is number
s is number
s is string
n is string
d is mapping
list is mapping
list is sequence
s is sequence
d is sequence
n is sequence
list is iterable
s is iterable
n is iterable
d is iterable
d.items() is iterable
yes is boolean
n is boolean
yes is true
n is true
no is false
0 is false
n is integer
yes is integer
x is integer
x is float
n is odd
n is even
n is divisibleby 7
n is divisibleby(3)
n is equalto 7
n is eq(7)
n is ne 8
n is lt 8
n is ge 7
n is gt 7
'a' is in 'abc'
3 is in list
'ABC' is upper
'abc' is lower
none is sameas none
1 is sameas true
range is callable
n is callable
'upper' is filter
'nothere' is filter
'odd' is test
n is nothere
n | nothere
not n is defined
n is defined and s is string
n is not defined or yes
range(5) | list
range(2, 5) | list
range(5, 0, -2) | list
range(0) | list
range(3) | length
range(1000000)
range(1, 5, 0)
dict(a=1, b='x')
dict({'a': 1}, b=2)
namespace(a=1).a
namespace(a=1).b
5()
s()
s.nothere()
raise_exception('told so')
n + undefined_name
undefined_name ~ 'x'
-undefined_name
-s
[1, 2
(1
{'a' 1}
1 +
n.
n |
n is
'open
a b
1 2
"""

TEMPLATES = [
    "plain text", "", "\n", "a\n", "a\n\n", "a\r\nb\rc\r\n", "{# comment #}x", "x{# a\nb #}\ny", "x {#- c -#} y", "{{ n }}\n", "{{ n }}\n\nx",
    "{% if yes %}\nA\n{% endif %}\nB", "  {% if yes %}  \n  A\n  {% endif %}  \nB", "x  {% if yes %}A{% endif %}", "  {{ n }}  ",
    "a\n  {%- if yes -%}\n  b\n  {%- endif -%}\n  c", "a\n  {%+ if yes %}b{% endif +%}\nc", "  {{- n -}}  x", "a {%- if yes %} b {% endif -%} c",
    "{{ n }}\n  {% set a = 1 %}\n  x", "  {# c #}\nx", "\n\n  {% set a = 1 %}\n", "{% raw %}{{ n }} {% if %}{% endraw %}", "a\n  {% raw %}\n b {% endraw %}\nc",
    "a {%- raw -%} b {%- endraw -%} c", "{% raw %} x", "{{ '}}' }}{{ '%}' }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ [[1,2],[3]] }}{{{}}}", "{ { n } }", "{{ n", "{% if", "{% if yes %}", "{% endif %}",
    "{% foo %}", "{{ }}", "{% else %}", "{# open", "}} %} #}",
    "{% set a = 1 %}{{ a }}{% set a = a + 1 %}{{ a }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a, b = 1 %}", "{% set a, b = [1, 2, 3] %}",
    "{% set a %}x{{ n }}\n{% endset %}[{{ a }}]", "{% set a | upper %}x{% endset %}{{ a }}", "{% set a | upper | replace('X', 'y') %}x{% endset %}{{ a }}", "{% set true = 1 %}",
    "{% set a %}{% set b = 1 %}{{ b }}{% endset %}{{ a }}{{ b is defined }}",
    "{% if no %}a{% elif n == 7 %}b{% else %}c{% endif %}", "{% if no %}a{% elif no %}b{% else %}c{% endif %}", "{% if undefined_name %}a{% else %}b{% endif %}",
    "{% if yes %}{% set inside = 5 %}{% endif %}{{ inside }}",
    "{% for i in list %}{{ i }}{% endfor %}", "{% for i in none_list %}x{% else %}none{% endfor %}", "{% for i in undefined_name %}x{% else %}none{% endfor %}", "{% for i in none %}x{% endfor %}", "{% for i in 5 %}x{% endfor %}",
    "{% for c in uni %}[{{ c }}]{% endfor %}", "{% for k in d %}{{ k }},{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in d | items %}{{ k }}{% endfor %}",
    "{% for i in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}",
    "{% for i in list %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}", "{% for i in list %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}",
    "{% for i in list %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}",
    "{% for i in list if i > 1 %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% endfor %}", "{% for i in list if i > 9 %}x{% else %}none{% endfor %}", "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}",
    "{% for i in nested %}{% for j in i %}{{ loop.depth }}{{ loop.index }}{{ j }} {% endfor %}{{ loop.index }}|{% endfor %}", "{% for (a, b) in [(1, 2), (3, 4)] %}{{ a }}-{{ b }} {% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for i in [1, 2, 3, 4] %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% break %}", "{% for i in list %}x{% break %}{% else %}none{% endfor %}",
    "{% set a = 1 %}{% for i in list %}{% set a = i %}{{ a }}{% endfor %}{{ a }}", "{% set a = 1 %}{% for i in list %}{{ a }}{% set a = 9 %}{{ a }}{% endfor %}", "{% for i in list %}{% endfor %}{{ i is defined }}{{ loop is defined }}",
    "{% set ns = namespace(a=1, b='x') %}{% for i in list %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}", "{% set ns = namespace() %}{% set ns.x = [1] %}{{ ns['x'] }}", "{% set d.b = 1 %}", "{% set zz.b = 1 %}",
    "{% for i in 1, 2 %}{{ i }}{% endfor %}", "{% for i in (1, 2) if i %}{{ i }}{% endfor %}", "{% for i in range(3) %}{{ i }}{% endfor %}", "{% for i in list[::-1] %}{{ i }}{% endfor %}", "{% for i in list | sort %}{{ i }}{% endfor %}",
    "{% for i in list recursive %}{{ i }}{% endfor %}X", "{% for p in [{'n': 1, 'c': [{'n': 2, 'c': [{'n': 3}]}]}, {'n': 4}] recursive %}{{ loop.depth }}:{{ p.n }}{% if p.c %}({{ loop(p.c) }}){% endif %}{% endfor %}", "{% for i in list %}{% continue %}{% else %}none{% endfor %}", "{% for i in list %}{{ loop(1) }}{% endfor %}",
    "{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 5) }}{{ m(c=3, a=1) }}{{ m() }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    "{% macro m(a) %}{{ a }}{% if a > 0 %}{{ m(a - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "{% macro m() %}{{ n }}{{ local }}{% endmacro %}{% set local = 5 %}{{ m() }}", "{% macro m() %}\n  x\n{% endmacro %}[{{ m() | trim }}]",
    "{% macro m() %}{% set inner = 1 %}{{ inner }}{% endmacro %}{{ m() }}{{ inner is defined }}", "{% macro m(x) %}[{{ caller() }}{{ x }}]{% endmacro %}{% call m(1) %}body {{ n }}{% endcall %}", "{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}",
    "{% for i in list %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% macro m(a=1, b) %}{% endmacro %}", "{{ nomacro() }}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}", "{% filter upper %}ab{{ s }}{% endfilter %}", "{% filter trim | upper %} ab {% endfilter %}|",
    "{% generation %}ab{% endgeneration %}c{% generation %}{{ uni }}{% endgeneration %}", "{% for m in messages %}{{ m.role }}:{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<e>{% endgeneration %}{% else %}{{ m.content }}<e>{% endif %}\n{% endfor %}",
    "{{ n }}{% if yes %}\n{{ x }}\n{%- endif %}\n\n{{ s }}", "{%- for m in messages -%}\n  {{- m.role -}}\n{%- endfor -%}\n", "line1\nline2 {{ undefined_name.x }}", "{{ ('a' if yes else 'b') ~ 'c' }}", "{{ n if yes }}{{ n if no }}", "{{ list | join(', ') if list else 'none' }}",
    "{{ d.a[0] }}{{ d['a'][-1] }}{{ d.a | length }}", "{{ (messages | last).content }}{{ messages[-1]['content'] | trim }}", "{{ messages[1:] | map(attribute='role') | join }}", "{{- '<|im_start|>' + messages[0].role + '\\n' + messages[0]['content'] | trim + '<|im_end|>\\n' }}",
    "{{ -1 | abs }}{{ (-1) | abs }}{{ 1 - 1 | abs }}", "{{ 2 * 3 ~ 4 }}{{ 1 + 2 ~ 3 + 4 }}", "{{ not no and yes }}{{ n in list or 3 in list }}{{ 'a' ~ 'b' in 'xaby' }}", "{{ n == 7 is true }}{{ n is number == true }}", "{{ 10 if n is odd else 20 }}{{ 10 if n is defined else 20 }}",
    "{% set x = messages[0].content %}{% set loop_messages = messages[1:] if messages[0].role == 'system' else messages %}{{ loop_messages | length }}{{ x }}", "{% if (messages[0]['role'] == 'system') and not (n is none) %}sys{% endif %}",
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 1) %}bad{% endif %}{% endfor %}", "{%- if not x_date is defined %}{%- set x_date = '26 Jul 2024' %}{%- endif %}{{ x_date }}", "{% if tools is not none and tools is iterable %}t{% endif %}{{ tools is defined }}",
    "{{ '' if no else none }}", "{{ [undefined_name, none] }}", "{{ {'a': undefined_name} }}", "{{ {'a': [1, {'b': 'c'}]} | tojson(indent=2) | indent(4) }}", "{{ 1.5 | string ~ 1 }}", "{{ true }} {{ True }} {{ none }} {{ None }} {{ false | string | lower }}", "{{ 'a\nb' }}", "{{ s.split(' ') | map('lower') | join('_') }}",
]


class AssistantTracker(jinja2.ext.Extension):
    """As in transformers: remembers where {% generation %} blocks stand, in characters of the rendered text."""
    tags = {"generation"}

    def __init__(self, environment):
        super().__init__(environment)
        environment.extend(tracker=self)
        self.blocks, self.spans = None, []

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_support"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _support(self, context, caller):
        text = caller()
        start = len("".join(self.blocks))
        self.spans.append((start, start + len(text)))
        return text


def fail(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def render(template):
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[AssistantTracker, "jinja2.ext.loopcontrols"])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = fail
    record = {"template": template}
    try:
        compiled = environment.from_string(template)
        blocks, spans = [], []
        environment.tracker.blocks, environment.tracker.spans = blocks, spans
        for block in compiled.generate(**VARIABLES, tools=None):
            blocks.append(block)
        text = record["rendered"] = "".join(blocks)
        text.encode()
        if spans:
            record["spans"] = [[len(text[:a].encode()), len(text[:b].encode())] for a, b in spans]
    except Exception as problem:  # whatever Jinja or Python complain of
        record["fails"] = str(problem)
        record.pop("rendered", None)
    return record


def copy_published(folder):
    lines = []
    for record in map(json.loads, (folder / "chat_goldens.jsonl").read_text().splitlines()):
        if record["tokenizer"] not in ("zer02llm", "minimind", "qwen3") or record["case"] not in ("multi_turn", "think_in_answer", "no_thinking"):
            continue
        config = json.loads((folder / record["tokenizer"] / "tokenizer_config.json").read_text())
        del record["ids"]
        tokens = {key: value for key, value in config.items() if key in ("bos_token", "eos_token") and value}
        lines.append(json.dumps(record | {"special_tokens": tokens, "template": config["chat_template"]}, ensure_ascii=False) + "\n")
    (FILE.parent / "published.jsonl").write_text("".join(lines))


def main():
    if len(sys.argv) > 1:
        copy_published(pathlib.Path(sys.argv[1]))
    expressions = ["{{ " + line + " }}" for line in EXPRESSIONS.strip().splitlines()]
    lines = [VARIABLES, *(render(template) for template in expressions + TEMPLATES)]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    print(f"{FILE}: {len(expressions)} expressions, {len(TEMPLATES)} templates, {sum('fails' in line for line in lines)} of them refused")


if __name__ == "__main__":
    main()
