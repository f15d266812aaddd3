"""How many minutes a reader needs: one formula for the tests, the cost card and README.

    python tools/minutes.py          # a table of all notebooks
    python tools/minutes.py 04 05    # of those that begin with 04 or 05

Minutes = words / 180 + code lines / 12 + figures × 0.5 + bets × 1 + exercises × 7
+ the computing time when warm. Counted are

- words: of markdown, without folded text, stamped text (badges, contents, foot), cost
  card, references, addresses and picture texts. A word holds a letter or a digit;
- code lines: not blank, laid out by `ruff format` at 88, without the cells tagged
  `setup` or `imports`;
- figures: pictures in stored outputs and in markdown;
- bets: see `is_bet`; exercises: cells tagged `exercise`;
- computing: the cost card's time with a full cache. It is known for a whole notebook
  only, so a part of a notebook gets the share that it has in the code lines.

A cell's metadata says `"part": "core"` or `"more"`; without it a cell is core. What a
route takes, and how long, routes.py says.
"""

import argparse
import ast
import functools
import json
import re
import subprocess
import sys
from dataclasses import astuple, dataclass, replace

import nbformat
from course import cost, notebook_paths, tags

WIDTH = 88
MORE = "More: "  # how the heading of a section begins that is not on the core path
CLOSING = (
    "Recap",
    "Where the slides differ from today's libraries",
    "References",
    "Next",
)

FENCE = re.compile(r"^(```|~~~).*?^\1[^\S\n]*$", re.M | re.S)
PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_UNCOUNTED = (
    re.compile(r"<details\b.*?</details>", re.S),
    re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.S),
    re.compile(r"<!--.*?-->", re.S),
)


@dataclass(frozen=True)
class Minutes:
    """What is counted, and the minutes that follow from it.

    Args:
        words, lines, figures, bets, exercises: ints.
        computing: float, in minutes.

    Example:

    >>> lesson = Minutes(words=5400, lines=240, figures=10, bets=6, exercises=4)
    >>> lesson.total, lesson.rounded
    (89.0, 90)
    """

    words: int = 0
    lines: int = 0
    figures: int = 0
    bets: int = 0
    exercises: int = 0
    computing: float = 0.0

    def __add__(self, other):
        """What is counted in two parts of a notebook, or in two notebooks."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Minutes(*(mine + theirs for mine, theirs in pairs))

    @property
    def total(self):
        """Minutes, a float."""
        reading = self.words / 180 + self.lines / 12 + self.figures * 0.5
        return reading + self.bets * 1 + self.exercises * 7 + self.computing

    @property
    def rounded(self):
        """Minutes as they are shown: to the nearest 5, at least 5."""
        return max(5, 5 * int(self.total / 5 + 0.5))

    def __str__(self):
        return (
            f"{self.total:.1f} minutes: {self.words:,} words, {self.lines:,} lines, "
            f"{self.figures} figures, {self.bets} bets, {self.exercises} exercises, "
            f"{self.computing:.1f} of computing"
        )


def part(cell):
    """`"core"` or `"more"`; a cell that does not say is core.

    >>> part(nbformat.v4.new_code_cell("1 + 1"))
    'core'
    """
    return cell.metadata.get("part", "core")


def is_bet(cell):
    """Whether a cell asks for a bet.

    It does if it is tagged `bet`, or if one of its statements sets names that all begin
    with `my_` to None (or to a tuple of None). An exercise's stub is no bet.

    Example:

    >>> [is_bet(nbformat.v4.new_code_cell(source)) for source in (
    ...     "my_share = None  # from 0 to 1",
    ...     "SEEDS = (0, 1)\\nmy_first, my_last = None, None",
    ...     "share = None",
    ...     "my_share = 0.5")]
    [True, True, False, False]
    """
    if cell.cell_type != "code" or "exercise" in tags(cell):
        return False
    if "bet" in tags(cell):
        return True
    if "None" not in cell.source:  # parsing takes longer than all else that is counted
        return False
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError:  # a line for IPython, not for Python
        return False
    return any(_is_empty_bet(statement) for statement in statements)


def _is_empty_bet(statement):
    if not isinstance(statement, ast.Assign):
        return False
    targets = [name for target in statement.targets for name in _elements(target)]
    mine = [isinstance(t, ast.Name) and t.id.startswith("my_") for t in targets]
    values = _elements(statement.value)
    empty = [isinstance(v, ast.Constant) and v.value is None for v in values]
    return all(mine + empty)


def _elements(node):
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]


def headings(text):
    """[(level, title), …] of the headings of level 2 and 3 in a markdown text.

    >>> headings("# Title\\n## One\\n### Two")
    [(2, 'One'), (3, 'Two')]
    """
    found = re.findall(r"^(##|###) (.+?)\s*$", FENCE.sub("", text), re.M)
    return [(len(signs), title) for signs, title in found]


def visible(notebook):
    """What is to be read: one text a cell, empty for code.

    Args:
        notebook: a notebook as nbformat reads it.

    Returns:
        A list of str as long as the notebook, without folded and stamped text, cost
        card and references. Links are whole.

    Example:

    >>> lesson = nbformat.v4.new_notebook()
    >>> lesson.cells = [nbformat.v4.new_markdown_cell(text) for text in (
    ...     "One <details>2</details>three", "## References\\n\\n- four\\n\\n## Next")]
    >>> visible(lesson)
    ['One three', '## Next']
    """
    texts, closed = [], False
    for cell in notebook.cells:
        if cell.cell_type != "markdown" or "cost-card" in tags(cell):
            texts.append("")
            continue
        text = cell.source
        for pattern in _UNCOUNTED:
            text = pattern.sub("", text)
        kept = []
        for line in text.splitlines():
            if re.match(r"##? ", line):
                closed = line.strip() == "## References"
            if not closed:
                kept.append(line)
        texts.append("\n".join(kept))
    return texts


def count_words(text):
    """Words of a markdown text: what holds a letter or a digit.

    >>> count_words("A [4 × 4 map](https://example.org), *twice* ![a map](map.png)")
    5
    """
    text = _TAG.sub(" ", _LINK.sub(r"\1", PICTURE.sub(" ", text)))
    return len(re.findall(r"\S*\w\S*", text))


def count_lines(source):
    """Lines that are not blank.

    >>> count_lines("x = 1\\n\\nx")
    2
    """
    return sum(1 for line in source.splitlines() if line.strip())


def formatted(notebook):
    """The sources of all cells, code laid out by `ruff format` at 88 characters.

    Raises:
        ValueError: if ruff cannot read a cell; says what ruff says.

    Example:

    >>> lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x=1;y=2")])
    >>> formatted(lesson)
    ['x = 1\\ny = 2']
    """
    texts = [cell.source for cell in notebook.cells]
    places = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for i, code in zip(places, _laid_out(tuple(texts[i] for i in places)), strict=True):
        texts[i] = code
    return texts


@functools.lru_cache(maxsize=256)
def _laid_out(sources):
    """One call of ruff a notebook: it takes a tenth of a second."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    lesson = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache"]
    command += ["--line-length", str(WIDTH), "--target-version", "py311"]
    command += ["--stdin-filename", "lesson.ipynb", "-"]
    done = subprocess.run(
        command,
        input=json.dumps(lesson),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        said = done.stderr.strip().replace("lesson.ipynb:", "code cell ")
        raise ValueError(f"ruff cannot lay out the notebook: {said}")
    return tuple("".join(cell["source"]) for cell in json.loads(done.stdout)["cells"])


def _counts(notebook):
    """A `Minutes` a cell, without computing."""
    counts = []
    for cell, text, code in zip(
        notebook.cells,
        visible(notebook),
        formatted(notebook),
        strict=True,
    ):
        if cell.cell_type != "code":
            pictures = len(PICTURE.findall(text))
            counts.append(Minutes(words=count_words(text), figures=pictures))
            continue
        outputs = [output.get("data", {}) for output in cell.get("outputs", [])]
        drawn = [any(kind.startswith("image/") for kind in data) for data in outputs]
        given = {"setup", "imports"} & set(tags(cell))
        counts.append(
            Minutes(
                lines=0 if given else count_lines(code),
                figures=sum(drawn),
                bets=int(is_bet(cell)),
                exercises=int("exercise" in tags(cell)),
            )
        )
    return counts


def spent(notebook, chosen):
    """The minutes of some cells of a notebook.

    Args:
        notebook: a notebook as nbformat reads it.
        chosen: a function of a cell: whether it counts.

    Returns:
        A `Minutes`.

    Example:

    >>> lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x=1;y=2")])
    >>> print(spent(lesson, lambda cell: True))
    0.2 minutes: 0 words, 2 lines, 0 figures, 0 bets, 0 exercises, 0.0 of computing
    """
    counts = each(notebook)
    mine = (c for cell, c in zip(notebook.cells, counts) if chosen(cell))
    return sum(mine, Minutes())


def each(notebook):
    """The minutes of each cell of a notebook, a list of `Minutes`.

    >>> code = [nbformat.v4.new_code_cell(text) for text in ("x = 1", "my_x = None")]
    >>> [(m.lines, m.bets) for m in each(nbformat.v4.new_notebook(cells=code))]
    [(1, 0), (1, 1)]
    """
    counts = _counts(notebook)
    lines = sum(count.lines for count in counts)
    a_line = _warm(notebook) / lines if lines else 0
    return [replace(count, computing=count.lines * a_line) for count in counts]


def _warm(notebook):
    """Minutes that a notebook computes with a full cache; 0 where not measured yet."""
    return cost(notebook).get("again", 0) / 60


def core(notebook):
    """The minutes of the core path; of the whole notebook where no cell is *More*."""
    return spent(notebook, lambda cell: part(cell) == "core")


def more(notebook):
    """[(title, Minutes), …] of the *More* sections, in order.

    Example:

    >>> lesson = nbformat.v4.new_notebook()
    >>> lesson.cells = [nbformat.v4.new_markdown_cell("## More: Why?\\n\\nNow.")]
    >>> lesson.cells[0].metadata["part"] = "more"
    >>> [(title, minutes.words) for title, minutes in more(lesson)]
    [('Why?', 3)]
    """
    sections = []
    for cell, minutes in zip(notebook.cells, each(notebook)):
        if part(cell) != "more":
            continue
        found = headings(cell.source) if cell.cell_type == "markdown" else []
        titles = [title for _, title in found if title.startswith(MORE)]
        if titles or not sections:
            sections.append(((titles or [""])[0].removeprefix(MORE), []))
        sections[-1][1].append(minutes)
    return [(title, sum(own, Minutes())) for title, own in sections]


def sections(notebook):
    """The sections of the core path: what `spent` says of them adds up to `core`.

    Args:
        notebook: a notebook as nbformat reads it.

    Returns:
        `{title: [cell, …]}` in order. The cells before the first heading of level 2
        stand under `""`; a cell with several headings belongs to the first of them.

    Example:

    >>> lesson = nbformat.v4.new_notebook()
    >>> sources = ("# Title", "## What?", "How.", "## Recap\\n\\n## Next")
    >>> lesson.cells = [nbformat.v4.new_markdown_cell(text) for text in sources]
    >>> {title: len(cells) for title, cells in sections(lesson).items()}
    {'': 1, 'What?': 2, 'Recap': 1}
    """
    found, section = {"": []}, ""
    for cell in notebook.cells:
        if part(cell) != "core":
            continue
        if cell.cell_type == "markdown":
            titles = [title for level, title in headings(cell.source) if level == 2]
            section = titles[0] if titles else section
        found.setdefault(section, []).append(cell)
    return found


def contents(notebook):
    """The table of contents that is stamped between `<!-- contents -->` and its end.

    Example:

    >>> lesson = nbformat.v4.new_notebook()
    >>> lesson.cells = [nbformat.v4.new_markdown_cell(text) for text in (
    ...     "## What is it?", "## More: Why?", "## Recap")]
    >>> lesson.cells[1].metadata["part"] = "more"
    >>> print(contents(lesson))
    **Core path**, 5 minutes:
    <BLANKLINE>
    1. What is it?
    <BLANKLINE>
    **More**, for those who stay:
    <BLANKLINE>
    - Why? (5 minutes)
    """
    titles = [
        title
        for cell in notebook.cells
        if cell.cell_type == "markdown" and part(cell) == "core"
        for level, title in headings(cell.source)
        if level == 2 and title not in CLOSING
    ]
    lines = [f"**Core path**, {core(notebook).rounded} minutes:", ""]
    lines += [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    if sections := more(notebook):
        lines += ["", "**More**, for those who stay:", ""]
        lines += [f"- {title} ({m.rounded} minutes)" for title, m in sections]
    return "\n".join(lines)


def table(notebooks):
    """Lines of a table: the core path and the *More* sections.

    Args:
        notebooks: `{name: notebook}`.

    Example:

    >>> lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    >>> for line in table({"04": lesson}):
    ...     print(line.split(" minutes: ")[0])
    04, core: 0.1
    """
    lines = []
    for name, notebook in notebooks.items():
        lines.append(f"{name}, core: {core(notebook)}")
        lines += [f"{name}, {MORE}{title}: {m}" for title, m in more(notebook)]
    return lines


def main():

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of notebook names")
    paths = notebook_paths(parser.parse_args().names)
    notebooks = {path.stem: nbformat.read(path, 4) for path in paths}
    print("\n".join(table(notebooks)))


if __name__ == "__main__":
    main()
