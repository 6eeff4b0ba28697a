#!/usr/bin/env python3
"""Wraps the paragraphs, list items and quotations of the Markdown files at 100 columns. Code, tables and headings stay as they are.
  scripts/wrap_docs.py           rewrites them
  scripts/wrap_docs.py --check   names the files that would change
"""
import pathlib
import re
import sys
import textwrap

WIDTH = 100
ITEM = re.compile(r"(\s*)([-*+]|\d+[.)]) +")


def wrapped(lines):
    """The lines of one paragraph, item or quotation as few lines of at most WIDTH columns."""
    first = lines[0]
    quote = "> " if first.startswith("> ") else ""
    lines = [line[2:] if quote and line.startswith(">") else line for line in lines]
    item = ITEM.match(lines[0])
    start = item[0] if item else re.match(r"\s*", lines[0])[0]
    text = " ".join(line.strip() for line in [lines[0][len(start):], *lines[1:]])
    wrapper = textwrap.TextWrapper(WIDTH, initial_indent=quote + start, subsequent_indent=quote + " " * len(start),
                                   break_long_words=False, break_on_hyphens=False)
    out = wrapper.wrap(glued(text))
    return [line.replace("\0", " ") for line in out] or [quote + start]


def glued(text):
    """Spaces inside `code` do not break, nor may a line begin with what Markdown would take for an item or a heading."""
    text = re.sub(r"`[^`]+`", lambda code: code[0].replace(" ", "\0") if len(code[0]) < 60 else code[0], text)
    return re.sub(r" (?=([-+*>#]|\d+[.)]) )", "\0", text)


def rewrapped(text):
    out, block, code = [], [], False

    def flush():
        if block:
            out.extend(wrapped(block))
            block.clear()

    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            flush()
            code = not code
            out.append(line)
        elif code or not line.strip() or re.match(r"\s*(\||#|<|\[[^]]+\]:|---)", line) or line.endswith("  "):
            flush()
            out.append(line)
        else:
            begins = ITEM.match(line) or line.startswith(">") != bool(block and block[0].startswith(">"))
            if begins:
                flush()
            block.append(line)
    flush()
    return "\n".join(out)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*.md"))
    names = [name for name in names if not name.startswith(("build", "."))]
    changed = []
    for name in names:
        path = root / name
        text = path.read_text()
        new = rewrapped(text)
        if new != text:
            changed.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(new)
    print("\n".join(changed) if changed else f"{len(names)} files are wrapped at {WIDTH} columns")
    return bool(changed) and "--check" in sys.argv[1:]


if __name__ == "__main__":
    sys.exit(main())
