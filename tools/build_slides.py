"""Make reveal.js slides of each notebook's core in build/slides; no network is needed.

    python tools/build_slides.py          # of all notebooks
    python tools/build_slides.py 04 05    # of those that begin with 04 or 05

One idea a slide: the question of a section, a bet, a figure, what was printed, a word
and its meaning, a list, a table, a "Check the slide" box, an exercise. Other prose is a
note to the slide that follows it; the key T shows the notes. Code is shown where it is
the point: a short cell that only defines something, an exercise's stub, or a cell whose
metadata says `"slide": true`; with `"slide": false` a cell is left out.

reveal.js itself stands in docs/reveal, two files of its release 5.2.1 and its license:
all that a deck loads, so that neither building nor showing one fetches anything.
"""

import argparse
import ast
import base64
import html
import math
import re
import shutil
import sys
from dataclasses import dataclass, field

import nbformat
from build_site import SLIDES
from course import ROOT, notebook_paths, tags
from figures import picture
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from minutes import is_bet, part
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

REVEAL = ROOT / "docs" / "reveal"
LEFT_OUT = {"setup", "imports", "cost-card", "contents", "check", "solution"}
UNSHOWN = ("References", "Next", "Where the slides differ from today's libraries")
STAMPED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->|<details\b.*?</details>", re.S)
NO_BET = re.compile(
    r"\s*[;,|]?\s*\b(?:you|(?:your )?(?:bets?|ranking)\b[^:;\n]*?):?\s*(?:error )?"
    r"None(?:(?: and|, AUC)? None)*"
    r"|(?: None){2,}$",  # two bets without a word
    re.M,
)
FEW = 45  # words of a paragraph that may stand beside something else
LONGEST = 14  # lines of code on a slide
LINES = 16  # lines of what was printed on a slide
BESIDE = 3  # lines of it that may stand under something else
ROOM = 560  # pixels of height under the heading
SIZES = {"": 32, "small": 26, "smaller": 21}  # of letters, in pixels; see slides.css

HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
"""
PAGE = (
    HEAD
    + """\
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="reveal/slides.css">
<style>
{style}
</style>
</head>
<body>
<main><div class="reveal"><div class="slides">
{slides}
</div></div></main>
<script src="reveal/reveal.js"></script>
<script>
Reveal.initialize({{
  width: 1280, height: 720, margin: 0.02, center: false, display: "flex", hash: true,
  slideNumber: "c/t", transition: "none", controlsTutorial: false,
  pdfMaxPagesPerSlide: 1, keyboard: {{84: toggleNotes}}
}});
Reveal.on("ready", () => document.querySelector(".controls").setAttribute(
  "aria-label", "Turn the slides"));
function toggleNotes() {{
  Reveal.configure({{showNotes: !Reveal.getConfig().showNotes}});
  Reveal.layout();
}}
</script>
</body>
</html>
"""
)
INDEX = (
    HEAD
    + """\
<style>
:root {{ color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif; }}
body {{ margin: 2em auto; max-width: 40em; padding: 0 1em; }}
</style>
</head>
<body>
<main>
<h1>From Pixels to Features: slides</h1>
<p>The core of each notebook. Arrow keys turn the slides, T shows the notes to each,
Esc all slides, F fills the screen; to print, add <code>?print-pdf</code> to the
address.</p>
<ul>
{decks}
</ul>
</main>
</body>
</html>
"""
)


@dataclass
class Slide:
    """A slide.

    Args:
        kind: its class.
        body: its HTML.
        lines: the lines of text in it, by which the size of its letters is chosen.
        title: HTML.
        notes: HTML of what may be said to it.
        bare: whether it holds a few printed lines and no word on them.
    """

    kind: str
    body: str
    lines: list
    title: str = ""
    notes: list = field(default_factory=list)
    bare: bool = False

    def __str__(self):
        title = f"<h2>{self.title}</h2>\n" if self.title else ""
        notes = f'\n<aside class="notes">{"".join(self.notes)}</aside>'
        notes = notes if self.notes else ""
        kind = f"{self.kind} {size(self.lines)}".strip()
        body = f'<div class="body">\n{self.body}</div>'
        return f'<section class="{kind}">\n{title}{body}{notes}\n</section>'


def _math(content, options):
    display = "block" if options["display_mode"] else "inline"
    return convert(content, display=display)


MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
MARKDOWN.use(dollarmath_plugin, renderer=_math, allow_digits=False)


def _unlinked(tokens):
    """Links to other notebooks lead nowhere from a slide: their text stays."""
    for token in tokens:
        kept, open_ = [], []
        for child in token.children or []:
            if child.type == "link_open":
                open_.append(str(child.attrs["href"]).startswith("http"))
            if child.type not in ("link_open", "link_close") or open_[-1]:
                kept.append(child)
            if child.type == "link_close":
                open_.pop()
        if token.children:
            token.children = kept
    return tokens


def blocks(text):
    """The parts of a markdown text, each a list of tokens.

    >>> [block[0].type for block in blocks("# A\\n\\nB **c**:\\n\\n- d\\n- e")]
    ['heading_open', 'paragraph_open', 'bullet_list_open']
    """
    found, depth = [], 0
    for token in _unlinked(MARKDOWN.parse(STAMPED.sub("", text))):
        if depth == 0:
            found.append([])
        found[-1].append(token)
        depth += token.nesting
    return found


def render(tokens):
    """HTML of tokens."""
    return MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})


def contents(tokens):
    """What is to be read in tokens, a list of lines."""
    return [line for token in tokens for line in token.content.splitlines()]


def words(tokens):
    """The same as one str."""
    return " ".join(contents(tokens))


def height(lines, size):
    """Pixels that lines of text take, each a str, at a size of letters."""
    a_row = 1100 / (0.53 * size)  # characters
    rows = [max(1, math.ceil(len(line) / a_row)) for line in lines]
    return sum(1.35 * size * number + 10 for number in rows)


def size(lines):
    """The class of text that fits: "" or "small" or "smaller".

    >>> size(["one line"]), size(["a word " * 130])
    ('', 'small')
    """
    for name, pixels in SIZES.items():
        if height(lines, pixels) <= ROOM:
            return name
    return name


def chunks(block):
    """A list or table that is too long for a slide, in parts that are not.

    >>> long = blocks("\\n".join(f"{n}. " + "word " * 20 for n in range(1, 13)))[0]
    >>> [words(part)[:4] for part in chunks(long)], len(chunks(long))
    (['word', 'word'], 2)
    """
    kind = block[0].type
    if kind not in ("bullet_list_open", "ordered_list_open", "table_open"):
        return [block]
    is_table = kind == "table_open"
    first = next(
        (n for n, t in enumerate(block) if t.type == "tbody_open"), len(block) - 1
    )
    head, tail = (
        (block[: first + 1], block[-2:]) if is_table else (block[:1], block[-1:])
    )
    level = head[-1].level + 1
    items, item = [], []
    for token in block[len(head) : -len(tail)]:
        item.append(token)
        if token.nesting == -1 and token.level == level:
            items.append(item)
            item = []
    parts, rows = [[]], []
    for item in items:
        row = words(item)
        if rows and height([*rows, row], SIZES["small"]) > 0.9 * ROOM:
            parts.append([])
            rows = []
        parts[-1].append(item)
        rows.append(row)
    whole, number = [], int(block[0].attrs.get("start", 1))
    for items in parts:
        start = [block[0].copy(attrs=dict(block[0].attrs)), *head[1:]]
        if kind == "ordered_list_open" and number > 1:
            start[0].attrs["start"] = number
        whole.append([*start, *(token for item in items for token in item), *tail])
        number += len(items)
    return whole


def printed(cell):
    """What a cell printed or showed as text, str, without bets that nobody made.

    >>> cell = nbformat.v4.new_code_cell("print(…)")
    >>> text = "points: 3, your bet None\\nyour bets: None None"
    >>> cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    >>> printed(cell)
    'points: 3'
    """
    texts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "execute_result":
            texts.append(output.data.get("text/plain", ""))
    text = "\n".join(text.rstrip("\n") for text in texts)
    return re.sub(r"^\n", "", NO_BET.sub("", text))  # the reader's own bet, still empty


def headline(block):
    """A paragraph's tokens if it is short, else those of its first sentence.

    >>> words(headline(blocks("Two thirds, for nothing. " + "More words. " * 40)[0]))
    'Two thirds, for nothing.'
    """
    text = block[1].content
    if len(text.split()) <= FEW:
        return block
    first = re.match(r".+?[.!?](?=\s+[A-Z*])", text, re.S)
    short = first and len(first[0].split()) <= FEW and first[0].count("*") % 2 == 0
    return blocks(first[0])[0] if short else []


def defines(source):
    """Whether a short piece of code defines something and does nothing else.

    >>> defines("def square(x):\\n    return x * x"), defines("x = 1")
    (True, False)
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a line for IPython, not for Python
        return False
    kinds = ast.FunctionDef | ast.ClassDef
    short = len(source.splitlines()) <= LONGEST
    return short and bool(statements) and all(isinstance(s, kinds) for s in statements)


def code(source):
    """HTML of Python code, colored."""
    return highlight(source, PythonLexer(), HtmlFormatter(nowrap=False))


def joined(slides):
    """Slides of which fewer hold nothing but a few printed lines.

    Such lines go under the slide of code, text or a result before them if there is
    room. Else they stay if they say something in words or may be a bet's answer.

    Args:
        slides: a list of `Slide`; some are changed.

    Example:

    >>> text = Slide("text", "<p>A row an image.</p>", ["A row an image."])
    >>> shape = Slide("printed", "<pre>(9, 4)</pre>", ["(9, 4)"], bare=True)
    >>> print(joined([text, shape])[0].body)
    <p>A row an image.</p>
    <pre>(9, 4)</pre>
    >>> len(joined([Slide("question", "", []), shape]))
    1
    """
    kept = slides[:1]
    for slide in slides[1:]:
        last = kept[-1]
        if not slide.bare:
            kept.append(slide)
        elif _has_room(last, slide):
            last.body = f"{last.body.rstrip()}\n{slide.body}"
            last.lines += slide.lines
            last.notes += slide.notes
        elif last.kind == "bet" or re.search("[a-z]{2}", " ".join(slide.lines)):
            kept.append(slide)
        else:
            last.notes += slide.notes
    return kept


def _has_room(slide, printed):
    """Whether what was printed may stand under a slide, of the same section."""
    if slide.title != printed.title:
        return False
    if slide.kind == "figure":
        return "<pre>" not in slide.body  # the figure takes the room that is left
    both = [*slide.lines, *printed.lines]
    fits = height(both, SIZES["small"]) <= ROOM
    return fits and slide.kind in ("code", "text", "printed")


class Deck:
    """The slides of a notebook, as they are added cell by cell.

    Args:
        notebook: a notebook as nbformat reads it, with outputs.
    """

    def __init__(self, notebook):
        self.slides, self.notes, self.question, self.number = [], [], "", 0
        self.shown = True  # whether the section is
        self.exercise = []  # the blocks of one that still waits for its stub
        self.lead = None  # the short paragraph just before a cell of code
        self.result = None  # the slide of a result just before a paragraph
        cells = [cell for cell in notebook.cells if part(cell) == "core"]
        self.total = sum(
            block[0].tag == "h2" and self._counts(block[1].content)
            for cell in cells
            if cell.cell_type == "markdown"
            for block in blocks(cell.source)
        )
        for cell, after in zip(cells, [*cells[1:], None], strict=True):
            if cell.metadata.get("slide") is False:
                continue
            if cell.cell_type == "markdown":
                self.markdown(cell, bool(after) and is_bet(after))
            elif self.shown and not LEFT_OUT & set(tags(cell)):
                self.code(cell)
        self.flush()
        self.slides = joined(self.slides)

    @staticmethod
    def _counts(title):
        return title not in (*UNSHOWN, "Recap")

    def add(self, kind, body, lines=(), title=None):
        """Add a slide; what is noted so far belongs to it."""
        title = self.question if title is None else title
        self.slides.append(Slide(kind, body, list(lines), title, self.notes))
        self.notes, self.lead, self.result = [], None, None

    def flush(self):
        """An exercise without a stub, notes without a slide that follows."""
        if self.exercise:
            self.stub("")
        if self.notes and self.slides:
            self.slides[-1].notes += self.notes
            self.notes = []

    def text(self, tokens):
        """A slide of some blocks that belong together."""
        self.add("text", render(tokens), contents(tokens))

    def markdown(self, cell, before_bet):
        """The slides of a markdown cell; its last paragraph may be a bet."""
        kinds = set(tags(cell))
        if kinds & LEFT_OUT:
            return
        found = blocks(cell.source)
        if "title" in kinds:
            self.add("title", "".join(map(render, found)), title="")
            return
        if "objectives" in kinds:
            lists = [b for b in found if b[0].type == "bullet_list_open"][:1]
            for block in lists:
                self.question = "You will be able to"
                self.text(block)
            return
        lead = None  # a paragraph that announces what follows it
        for number, block in enumerate(found):
            kind, content = block[0].type, words(block)
            if kind == "heading_open":
                self.heading(block)
                continue
            if not self.shown:
                continue
            if self.exercise:
                self.exercise.append(block)
                continue
            last = number == len(found) - 1
            if kind == "paragraph_open":
                if before_bet and last and re.search(r"\?|\bbet", content):
                    self.add(
                        "bet",
                        render(block),
                        [content, content[::2]],  # large letters
                    )
                elif content.rstrip().endswith(":") and not last:
                    lead = block
                elif re.search(r"\*\*[^*]+\*\*", content):
                    self.text(block)
                else:
                    self.prose(block, first=number == 0, last=last)
            elif kind == "hr":
                continue
            else:
                for piece in chunks(block):
                    self.text([*(lead or []), *piece])
                    lead = None

    def prose(self, block, first, last):
        """A paragraph: what a result means, what leads to one, or a note."""
        text, result = render(block), self.result
        if first and result:
            result.notes.append(text)
            said = headline(block)
            result.body += render(said)
            result.lines += contents(said)
            result.bare &= not said
            self.result = None
            return
        self.notes.append(text)
        self.lead = block if last and len(words(block).split()) <= FEW else None

    def heading(self, block):
        """A question of its own slide, or the head of an exercise."""
        self.flush()
        title = MARKDOWN.renderer.render([block[1]], MARKDOWN.options, {})
        if block[0].tag == "h2":
            self.shown = block[1].content not in UNSHOWN
            self.question = title
            if self.shown and self._counts(block[1].content):
                self.number += 1
                self.add("question", f"<p>{self.number} of {self.total}</p>")
        elif block[1].content.startswith("Your turn"):
            self.exercise = [block]

    def stub(self, source):
        """The slide of an exercise, with its stub where there is one."""
        heading, *rest = self.exercise
        self.exercise = []
        tokens = [token for block in rest for token in block]
        lines = contents(tokens)
        title = MARKDOWN.renderer.render([heading[1]], MARKDOWN.options, {})
        body = render(tokens)
        fits = height([*lines, *source.splitlines()], SIZES["smaller"]) <= ROOM
        if source and fits:
            lines += source.splitlines()
            body += code(source)
        self.add("exercise", body, lines, title)

    def code(self, cell):
        """The slides of a code cell."""
        self.result = None  # what follows is about this cell
        if "exercise" in tags(cell):
            if self.exercise:
                self.stub(cell.source)
            return
        if is_bet(cell):
            return
        if cell.metadata.get("slide") or defines(cell.source):
            self.add("code", code(cell.source), cell.source.splitlines())
        png, said = picture(cell), printed(cell).splitlines()
        if png:
            image = base64.b64encode(png).decode()
            alt = html.escape(cell.metadata.get("alt", ""), quote=True)
            body = f'<img alt="{alt}" src="data:image/png;base64,{image}">'
            if said and len(said) <= BESIDE:
                body += f"\n<pre>{html.escape(chr(10).join(said))}</pre>"
                said = []
            self.add("figure", body)
            self.result = self.slides[-1]
        for first in range(0, len(said), LINES):
            lines = said[first : first + LINES]
            body = f"<pre>{html.escape(chr(10).join(lines))}</pre>"
            few, bare = len(lines) < LINES // 2, len(lines) <= BESIDE
            if self.lead and few:
                self.notes.remove(render(self.lead))
                body = render(self.lead) + body
                lines, bare = [*contents(self.lead), *lines], False
            self.add("printed", body, lines)
            self.slides[-1].bare = bare
            self.result = self.slides[-1] if few else None


def deck(notebook, title):
    """A deck's page, HTML.

    Args:
        notebook: a notebook as nbformat reads it, with outputs.
        title: str.
    """
    style = HtmlFormatter().get_style_defs(".highlight")
    slides = "\n".join(map(str, Deck(notebook).slides))
    return PAGE.format(title=html.escape(title), style=style, slides=slides)


def build(paths, folder=SLIDES):
    """Write the decks of notebooks and a list of all decks; returns the list's path."""
    shutil.copytree(REVEAL, folder / "reveal", dirs_exist_ok=True)
    titles = {}
    for path in paths:
        notebook = nbformat.read(path, 4)
        title = blocks(notebook.cells[0].source)[0][1].content
        text = deck(notebook, title)
        (folder / f"{path.stem}.html").write_text(text, "utf-8")
        titles[path.stem] = title
    items = [
        f'<li><a href="{name}.html">{name[:2]} {html.escape(title)}</a></li>'
        for name, title in titles.items()
    ]
    index = folder / "index.html"
    name = "From Pixels to Features: slides"
    index.write_text(INDEX.format(title=name, decks="\n".join(items)), "utf-8")
    return index


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of notebook names")
    try:
        paths = notebook_paths(parser.parse_args().names)
    except ValueError as problem:
        sys.exit(str(problem))
    shutil.rmtree(SLIDES, ignore_errors=True)  # no deck of a notebook that is gone
    print(f"The slides: {build(paths).as_uri()}")


if __name__ == "__main__":
    main()
