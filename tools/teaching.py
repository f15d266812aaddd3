"""A page for the teacher of each notebook: docs/teaching/NN_Name.md from NN_Name.toml.

The file beside the page holds what only a person can say: the aim, how each section is
taught, what is tempting about each bet, the questions to expect, what to cut. All else
comes from the notebook's cells and from the tables of mistakes of its exercises.
"""

import functools
import importlib
import re
import sys
import tomllib
from collections import namedtuple

import errata
import minutes
import nbformat
from course import (
    ROOT,
    cost,
    exercise_cells,
    exercise_module,
    notebook_paths,
    tagged,
)

sys.path.insert(0, str(ROOT))  # the exercises, whose mistakes are shown

FOLDER = ROOT / "docs" / "teaching"
MANNERS = {
    "live": "live-code",
    "do": "learners do",
    "show": "show finished",
}
NEEDED = {"aim", "sections", "bets", "questions", "cut"}

# a bet's name as the notebook has it, its cell, its section and its words
Bet = namedtuple("Bet", "name cell section text")
# an exercise as the notebook has it: its name, section, cells and table of mistakes
Task = namedtuple("Task", "name section part cells mistakes")


class Lesson:
    """A notebook as its teacher sees it; what is asked for is computed once.

    Args:
        path: of the notebook.

    Attributes:
        path, notebook: the notebook.
        sections: `{heading: [cell, …]}` of the core path, as `minutes.sections`.
        bets: a list of `Bet`.
        tasks: a list of `Task`.
        more: `[(title, Minutes), …]`, as `minutes.more`.

    Example:

    >>> lesson = Lesson(notebook_paths(["04"])[0])
    >>> core = sum(map(lesson.spent, lesson.sections.values()), minutes.Minutes())
    >>> abs(core.total - minutes.core(lesson.notebook).total) < 1e-6
    True
    """

    def __init__(self, path):
        self.path, self.notebook = path, nbformat.read(path, 4)
        self.sections = minutes.sections(self.notebook)

    @functools.cached_property
    def bets(self):
        return bets(self.notebook)

    @functools.cached_property
    def tasks(self):
        return tasks(self.notebook)

    @functools.cached_property
    def more(self):
        return minutes.more(self.notebook)

    @functools.cached_property
    def _each(self):
        counts = minutes.each(self.notebook)
        cells = self.notebook.cells
        return {id(cell): count for cell, count in zip(cells, counts, strict=True)}

    def spent(self, cells):
        """The `minutes.Minutes` of some cells."""
        return sum((self._each[id(cell)] for cell in cells), minutes.Minutes())

    def without_exercises(self, cells):
        """The cells that are left of some when the exercises are left for home."""
        left = {id(cell) for task in self.tasks for cell in task.cells}
        return [cell for cell in cells if id(cell) not in left]

    def cut(self, entry):
        """The cells that an entry of `cut` leaves out.

        Args:
            entry: a heading of the core path, or `exercise NAME`.

        Raises:
            ValueError: if there is no such section or exercise.
        """
        exercises = {f"exercise {task.name}": task.cells for task in self.tasks}
        if entry not in self.sections and entry not in exercises:
            known = ", ".join([*filter(None, self.sections), *exercises])
            raise ValueError(f"There is no {entry!r} to cut. There are: {known}")
        return exercises[entry] if entry in exercises else self.sections[entry]


@functools.cache
def lesson(path):
    """The `Lesson` of a notebook, read once."""
    return Lesson(path)


def source(path, folder=FOLDER):
    """What a person wrote for the teacher of a notebook.

    Args:
        path: of the notebook.
        folder: where the TOML files are.

    Returns:
        A dictionary with the keys `NEEDED`, and perhaps `prepare`.

    Raises:
        ValueError: if there is no such file, or a key is missing or unknown.
    """
    place = folder / f"{path.stem}.toml"
    if not place.exists():
        raise ValueError(
            f"A notebook needs a source for its teacher's page. Missing: {place}. "
            "Copy that of another notebook and rewrite it."
        )
    known = tomllib.loads(place.read_text("utf-8"))
    if not NEEDED <= set(known) <= NEEDED | {"prepare"}:
        raise ValueError(
            f"{place.name} needs {sorted(NEEDED)} and may have ['prepare']. "
            f"Received: {sorted(known)}"
        )
    return known


def manners(known):
    """How each section is taught: `{heading: (manner, note)}`.

    Args:
        known: as `source` returns it; each of its `sections` is a manner of `MANNERS`
            and perhaps, after a colon, a note.

    Raises:
        ValueError: if a manner is unknown.

    Example:

    >>> manners({"sections": {"What?": "live: type it.", "Recap": "show"}})
    {'What?': ('live', 'type it.'), 'Recap': ('show', '')}
    """
    taught = {}
    for heading, said in known["sections"].items():
        manner, _, note = said.partition(":")
        if manner not in MANNERS:
            raise ValueError(
                f"A section is taught in a manner of {sorted(MANNERS)}. "
                f"Received for {heading!r}: {manner!r}"
            )
        taught[heading] = manner, note.strip()
    return taught


def bets(notebook):
    """A `Bet` for each bet of the core path, in order.

    Example:

    >>> lesson = nbformat.v4.new_notebook()
    >>> lesson.cells = [
    ...     nbformat.v4.new_markdown_cell("## What?\\n\\n**Your bet.** How many?"),
    ...     nbformat.v4.new_code_cell("my_guess = None"),
    ... ]
    >>> [(bet.name, bet.section, bet.text) for bet in bets(lesson)]
    [('my_guess', 'What?', 'How many?')]
    """
    found = []
    for section, cells in minutes.sections(notebook).items():
        text = ""
        for cell in cells:
            if cell.cell_type == "markdown":
                text = cell.source
            elif minutes.is_bet(cell):
                name = re.search(r"\bmy_\w+", cell.source)[0]
                asked = text.rpartition("**Your bet.**")[2].strip()
                found.append(Bet(name, cell, section, asked))
    return found


def tasks(notebook):
    """A `Task` for each exercise of a notebook, in order."""
    module = importlib.import_module(f"utils.exercises.{exercise_module(notebook)}")
    where = {id(cell): section for section, cell in errata.located(notebook)}
    return [
        Task(
            found.name,
            where[id(found.stub)],
            minutes.part(found.stub),
            [found.stub, found.check, found.solution],
            getattr(module, found.name).mistakes,
        )
        for found in exercise_cells(notebook)
    ]


def slug(heading):
    """The anchor that GitHub and MyST give a heading.

    >>> slug("What can a 1 × 1 filter do?")
    'what-can-a-1--1-filter-do'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(path, heading):
    """A link from docs/teaching/ to a section of a notebook.

    >>> link(notebook_paths(["04"])[0], "Is 0.83 good?")
    '[Is 0.83 good?](../../notebooks/04_FeatureExtraction1.ipynb#is-083-good)'
    """
    place = f"../../notebooks/{path.name}"
    return f"[{heading}]({place}#{slug(heading)})" if heading else f"[top]({place})"


def whole(spent):
    """Minutes as a timetable shows them: a whole number, at least 1.

    >>> whole(minutes.Minutes(words=450)), whole(minutes.Minutes())
    (3, 1)
    """
    return max(1, int(spent.total + 0.5))


def faults(path, folder=FOLDER):
    """What is wrong with the teacher's source of a notebook, a sentence each.

    Args:
        path: of the notebook.
        folder: where the TOML files are.
    """
    taught, known = lesson(path), source(path, folder)
    found = []
    headings = [title for title in taught.sections if title]
    if list(known["sections"]) != headings:
        found.append(f"`sections` must be, in this order: {headings}")
    names = [bet.name for bet in taught.bets]
    if [bet["name"] for bet in known["bets"]] != names:
        found.append(f"`bets` must be, in this order: {names}")
    found += [
        f"bet {bet.get('name')} needs name, tempting and finds"
        for bet in known["bets"]
        if set(bet) != {"name", "tempting", "finds"}
    ]
    found += [
        f"a question needs asks and answer, received {sorted(question)}"
        for question in known["questions"]
        if set(question) != {"asks", "answer"}
    ]
    return found


def page(path, folder=FOLDER):
    """The text of docs/teaching/NN_Name.md.

    Args:
        path: of the notebook.
        folder: where the TOML files are.

    Returns:
        Markdown.

    Raises:
        ValueError: if the source is not of the form that `source`, `manners` and
            `Lesson.cut` need, or `faults` finds something.
    """
    if wrong := faults(path, folder):
        raise ValueError(f"{path.stem}.toml: " + "\n".join(wrong))
    taught, known = lesson(path), source(path, folder)
    lines = [
        f"# Teaching {path.stem}",
        "",
        f"For the teacher of [{path.stem}](../../notebooks/{path.name}). Generated by "
        f"`make refresh` from the notebook and from `docs/teaching/{path.stem}.toml`; "
        "the [routes](../routes.md) say what the words of the first table mean.",
        "",
        f"**Aim.** {known['aim']}",
        "",
        f"**Prepare.** {_prepare(taught, known)}",
    ]
    lines += _sections(taught, known)
    lines += _bets(taught, known)
    lines += ["", "## Questions to expect"]
    for question in known["questions"]:
        lines += ["", f"**{question['asks']}** {question['answer']}"]
    lines += _cuts(taught, known)
    lines += _errata(path)
    lines += _mistakes(taught)
    return "\n".join(lines) + "\n"


def _prepare(taught, known):
    """The sentences on what must be there before the lesson."""
    card = tagged(taught.notebook, "cost-card")
    download = card.metadata.get("download", "nothing")
    said = "Nothing is downloaded."
    if download != "nothing":
        said = f"Downloaded: {download}; by `make lab`, in Colab by the first cell."
    if spent := cost(taught.notebook):
        first, again = spent["first"] / 60, spent["again"] / 60
        said += f" Run the notebook once on each machine before the lesson: {first:g} "
        said += f"min of computing the first time, {again:g} after that, with "
        said += f"{spent['memory']:g} GB of memory."
    return f"{said} {known.get('prepare', '')}".strip()


def _sections(taught, known):
    how = manners(known)
    lines = [
        "",
        "## Minutes, section by section",
        "",
        "| section | minutes | of these, exercises | how | note |",
        "|---|--:|--:|---|---|",
    ]
    for heading, cells in taught.sections.items():
        spent = taught.spent(cells)
        practice = spent.total - taught.spent(taught.without_exercises(cells)).total
        manner, note = how.get(heading, ("show", "From the title to the imports."))
        shown = f"{practice:.1f}" if spent.exercises else ""
        where, told = link(taught.path, heading), MANNERS[manner]
        row = (where, f"{spent.total:.1f}", shown, told, note)
        lines.append(f"| {' | '.join(row)} |")
    total = minutes.core(taught.notebook)
    lines.append(f"| **core path** | **{total.total:.1f}** | | | |")
    return lines


def _bets(taught, known):
    lines = ["", "## Bets"]
    for number, (bet, said) in enumerate(zip(taught.bets, known["bets"]), 1):
        lines += [
            "",
            f"### Bet {number}",
            "",
            f"{link(taught.path, bet.section)}, `{bet.name}`: {bet.text}",
            "",
            f"- *Expect:* {said['tempting']}",
            f"- *The notebook finds:* {said['finds']}",
        ]
    return lines


def _cuts(taught, known):
    lines = [
        "",
        "## When time runs out",
        "",
        "Cut in this order; no later cell needs what is cut.",
        "",
    ]
    for number, entry in enumerate(known["cut"], 1):
        won = whole(taught.spent(taught.cut(entry)))
        name = entry.removeprefix("exercise ")
        what = link(taught.path, entry) if name == entry else f"the exercise `{name}`"
        lines.append(f"{number}. {what}: wins {won} min")
    return lines


def _mistakes(taught):
    lines = [
        "",
        "## What the exercises tell apart",
        "",
        "For each mistake that a check knows: what is changed in the solution, or "
        "written instead of it, and what the check then says after the numbers. Names "
        "in braces are filled in.",
    ]
    for task in taught.tasks:
        lines += [
            "",
            f"### `{task.name}`",
            "",
            f"In {link(taught.path, task.section)}.",
            "",
            "| mistake | the check says |",
            "|---|---|",
        ]
        lines += [
            f"| {_code(change)} | {_cell(sentence)} |"
            for change, sentence in task.mistakes.items()
        ]
    return lines


def _cell(text):
    """Text for a table: on one line, its bars escaped.

    >>> print(_cell("Σ |W|\\nin all"))
    Σ \\|W\\| in all
    """
    return " ".join(str(text).split()).replace("|", r"\|")


def _code(change):
    """A mistake's change as code.

    >>> print(_code(("a → b", "c →")))
    `a → b` and `c →`
    """
    changes = [change] if isinstance(change, str) else change
    return " and ".join(f"`{_cell(one)}`" for one in changes)


def _errata(path):
    """The errors of the slides that this notebook proves."""
    lines = [
        f"- {erratum['deck']}, {erratum.get('slide') or erratum.get('lesson')}: "
        f"{link(path, section)}"
        for erratum, places in _all_errata()
        for place, section, _ in places
        if place == path
    ]
    if not lines:
        return []
    head = "Proved in this notebook; the list is in the [errata](../errata.md)."
    return ["", "## Errors of the slides", "", head, "", *dict.fromkeys(lines)]


@functools.cache
def _all_errata():
    return errata.errata()


def pages():
    """`{path: text}` of the pages of all notebooks that have a source."""
    return {
        FOLDER / f"{path.stem}.md": page(path)
        for path in notebook_paths()
        if (FOLDER / f"{path.stem}.toml").exists()
    }
