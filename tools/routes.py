"""Timetables of the course: docs/routes.md and docs/teaching/route_*.md.

    python tools/routes.py           # how long each session of each route takes

`docs/routes.toml` names the sections of a route by notebook and heading; their minutes
come from `minutes.py`, how they are taught from the notebook's page for the teacher.
The first cell of a section is stamped with the names of the routes that take it.

A session is a list of rows:

- `{talk = "…", minutes = 5}` and `{pause = "…", minutes = 15}`;
- `{open = "04"}`: the cells before the first section of this notebook;
- `{section = "Is 0.83 good?"}` of the notebook that was opened last;
- `{whole = "04"}`: open it and take all sections of its core path; with
  `leave = ["…"]` without some.

`show`, `live` and `do`, lists of headings, overrule the teacher's page in a whole
notebook; `how = "show"` does so in a section. What is shown is shown without its
exercises: they are homework.
"""

import argparse
import functools
import math
import tomllib
from collections import namedtuple

import minutes
import teaching
from course import ROOT, notebook_paths
from glossary import notebook_path

SOURCE = ROOT / "docs" / "routes.toml"
PAGE = ROOT / "docs" / "routes.md"
SITTING = 50  # minutes at most of one sitting of those who learn alone
SHORT = 5  # minutes of a section that begins no sitting of its own

# a row of a timetable; `above`: minutes of its minutes in which all cells above run
Row = namedtuple("Row", "path heading text manner minutes above pause")


@functools.cache
def routes(place=SOURCE):
    """What `docs/routes.toml` says.

    Args:
        place: path of the TOML file.

    Returns:
        A list of dictionaries: `name`, `title`, `about`, `hours` of a session and
        `session`, a list of dictionaries with `title`, `rows` and perhaps `home`,
        a list of headings.
    """
    return tomllib.loads(place.read_text("utf-8"))["route"]


def taken(path, headings):
    """The routes that take each section of a notebook.

    Args:
        path: of the notebook.
        headings: of the sections of its core path, `""` for the cells before them.

    Returns:
        `{heading: [name of a route, …]}`, without the sections that no route takes.

    Example:

    >>> taken(notebook_paths(["05"])[0], ["", "Is it so?"])
    {'': ['half_day', 'one_day', 'two_days', 'semester'], 'Is it so?': ['semester']}
    """
    found = {}
    for route in routes():
        chosen = set()
        for session in route["session"]:
            chosen |= _chosen(session["rows"], path, headings)
        for heading in headings:
            if heading in chosen:
                found.setdefault(heading, []).append(route["name"])
    return found


def _chosen(rows, path, headings):
    """The headings of a notebook that some rows take, a set."""
    chosen, here = set(), False
    for row in rows:
        if number := row.get("open") or row.get("whole"):
            here = notebook_path(number) == path
        if here and "whole" in row:
            chosen |= set(headings) - set(row.get("leave", []))
        elif here and ("open" in row or "section" in row):
            chosen.add(row.get("section", ""))
    return chosen


def timetable(rows):
    """The rows of a session with their minutes.

    Args:
        rows: as the head of this module says.

    Returns:
        A list of `Row`.

    Raises:
        ValueError: if a row is of no known kind, or names a section that is not in
            the core path of its notebook.

    Example:

    >>> opened, section = timetable([{"open": "04"}, {"section": "Is 0.83 good?"}])
    >>> opened.minutes, section.manner, section.above > 0
    (1, 'do', True)
    """
    found, path, after = [], None, 0
    for row in _spelled(rows):
        if text := row.get("talk") or row.get("pause"):
            if "minutes" not in row:
                raise ValueError(f"A talk or a pause needs minutes. Received: {row}")
            pause = "pause" in row
            found.append(Row(path, "", text, "", row["minutes"], 0, pause))
            continue
        if "open" in row:
            path, after = notebook_path(row["open"]), 0
        elif path is None or "section" not in row:
            raise ValueError(
                "A row needs talk, pause, open or whole, or section after open. "
                f"Received: {row}"
            )
        heading = row.get("section", "")
        sections = teaching.lesson(path).sections
        if heading not in sections:
            known = ", ".join(filter(None, sections))
            raise ValueError(
                f"{path.stem} has no core section {heading!r}. It has: {known}"
            )
        place = list(sections).index(heading)
        if place < after:
            raise ValueError(f"{path.stem}: {heading!r} comes too late in the route")
        above = _computing(path, heading) if place > after else 0
        manner = row.get("how") or _manner(path, heading)
        if manner not in teaching.MANNERS:
            known = ", ".join(teaching.MANNERS)
            raise ValueError(f"A manner is one of {known}. Received: {row}")
        spent = teaching.whole(_spent(path, heading, manner == "show")) + above
        found.append(Row(path, heading, heading, manner, spent, above, False))
        after = place + 1
    return found


def _spelled(rows):
    """The rows with each whole notebook spelled out."""
    for row in rows:
        if "whole" not in row:
            yield row
            continue
        left = row.get("leave", [])
        headings = teaching.lesson(notebook_path(row["whole"])).sections
        overruled = {
            heading: manner
            for manner in teaching.MANNERS
            for heading in row.get(manner, [])
        }
        if unknown := sorted({*left, *overruled} - set(headings)):
            raise ValueError(f"{row['whole']} has no core section {unknown}")
        yield {"open": row["whole"]}
        for heading in filter(None, headings):
            if heading not in left:
                yield {"section": heading, "how": overruled.get(heading)}


@functools.cache
def _spent(path, heading, shown):
    """The `Minutes` of a section, without its exercises if it is only shown."""
    taught = teaching.lesson(path)
    cells = taught.sections[heading]
    return taught.spent(taught.without_exercises(cells) if shown else cells)


@functools.cache
def _manner(path, heading):
    known = teaching.manners(teaching.source(path))
    return known.get(heading, ("show", ""))[0]


def _computing(path, heading):
    """Whole minutes that all cells above a section compute, the *More* ones, too."""
    taught = teaching.lesson(path)
    cells = taught.notebook.cells
    first = next(
        number
        for number, cell in enumerate(cells)
        if cell is taught.sections[heading][0]
    )
    return max(1, math.ceil(taught.spent(cells[:first]).computing))


def homework(session):
    """The exercises of the sections that a session only shows.

    Args:
        session: of `routes()`.

    Returns:
        `[(path, Task, whole minutes), …]`, in order.
    """
    return [
        (row.path, task, teaching.whole(teaching.lesson(row.path).spent(task.cells)))
        for row in timetable(session["rows"])
        if row.manner == "show"
        for task in _tasks(row)
    ]


def _tasks(row):
    """The exercises of the section that a row is about."""
    tasks = teaching.lesson(row.path).tasks
    return [t for t in tasks if t.part == "core" and t.section == row.heading]


def home(session):
    """The *More* sections that a session gives to read: `[(path, title, minutes), …]`.

    Raises:
        ValueError: if no notebook of the session has such a section.
    """
    paths = dict.fromkeys(row.path for row in timetable(session["rows"]) if row.manner)
    more = {
        title: (path, teaching.whole(spent))
        for path in paths
        for title, spent in teaching.lesson(path).more
    }
    chosen = session.get("home", [])
    if unknown := [title for title in chosen if title not in more]:
        raise ValueError(f"No More section {unknown}. There are: {', '.join(more)}")
    return [(more[title][0], title, more[title][1]) for title in chosen]


def planned(session):
    """Minutes of a session, pauses and talks included, an int.

    >>> planned({"rows": [{"talk": "Hello", "minutes": 5}, {"open": "04"}]})
    6
    """
    return sum(row.minutes for row in timetable(session["rows"]))


def stretches(rows):
    """Minutes between pauses, a list.

    >>> stretches([Row(0, "", "", "", m, 0, m == 15) for m in (40, 30, 15, 20)])
    [70, 20]
    """
    found = [0]
    for row in rows:
        if row.pause:
            found.append(0)
        else:
            found[-1] += row.minutes
    return found


def clock(total):
    """Minutes as a clock shows them.

    >>> clock(65)
    '1:05'
    """
    return f"{total // 60}:{total % 60:02d}"


def sittings(path):
    """How one who learns alone may divide a core path.

    Args:
        path: of a notebook.

    Returns:
        `[(headings, whole minutes), …]`: whole sections in order, a new sitting where
        the old one would pass `SITTING`, but not for a section of at most `SHORT`.

    Example:

    >>> found = sittings(notebook_paths(["04"])[0])
    >>> [headings[0] for headings, spent in found if spent <= SITTING + SHORT]
    ['', 'Does scaling matter, and which k?']
    """
    found = [([], 0)]
    for heading in teaching.lesson(path).sections:
        spent = teaching.whole(_spent(path, heading, False))
        headings, sofar = found[-1]
        if headings and spent > SHORT and sofar + spent > SITTING:
            found.append(([heading], spent))
        else:
            found[-1] = ([*headings, heading], sofar + spent)
    return found


def _link(row):
    return teaching.link(row.path, row.heading)


def _said(row):
    """The cell of a timetable that says what happens."""
    if not row.manner:
        return f"*{row.text}*" if row.pause else row.text
    if not row.heading:
        top = f"[{row.path.stem}](../../notebooks/{row.path.name})"
        page = f"[teacher's page of {row.path.stem[:2]}]({row.path.stem}.md)"
        return f"**{top}** ({page}): from the title to the imports"
    if row.above:
        unit = "minute" if row.above == 1 else "minutes"
        first = f"first *Run all above* ({row.above} {unit}); then "
        return first + _link(row)
    return _link(row)


def _rows(session):
    """Lines of the timetable of a session."""
    lines = [
        "| from | minutes | what | how | bets | exercises |",
        "|--:|--:|---|---|---|---|",
    ]
    start = 0
    for row in timetable(session["rows"]):
        asked = practiced = how = ""
        if row.manner:
            how = teaching.MANNERS[row.manner] if row.heading else "all run"
            asked = ", ".join(_bets(row))
            practiced = ", ".join(_practiced(row))
        cells = (clock(start), str(row.minutes), _said(row), how, asked, practiced)
        lines.append(f"| {' | '.join(cells)} |")
        start += row.minutes
    lines.append(f"| **{clock(start)}** | | **end** | | | |")
    return lines


def _bets(row):
    for number, bet in enumerate(teaching.lesson(row.path).bets, 1):
        if bet.section == row.heading:
            yield f"[bet {number}]({row.path.stem}.md#bet-{number})"


def _practiced(row):
    if row.manner != "show":
        for task in _tasks(row):
            yield f"[{task.name}]({row.path.stem}.md#{teaching.slug(task.name)})"


def _home(session):
    """Lines that say what is left for home."""
    left, more = homework(session), home(session)
    said = [
        f"the exercise [{task.name}]({path.stem}.md#{teaching.slug(task.name)}) "
        f"of {path.stem[:2]}"
        for path, task, _ in left
    ]
    said += [teaching.link(path, minutes.MORE + title) for path, title, _ in more]
    if "task" in session:
        said.append(session["task"])
    if not said:
        return []
    total = sum(spent for *_, spent in left + more)
    return ["", f"**At home** ({total} minutes): {'; '.join(said)}."]


def page(route):
    """The text of docs/teaching/route_NAME.md.

    Args:
        route: one of `routes()`.
    """
    lines = [
        f"# {route['title']}",
        "",
        f"{route['about']} Generated by `make refresh` from `docs/routes.toml` and the "
        "notebooks; [how to read it](../routes.md#how-to-read-a-timetable).",
    ]
    for session in route["session"]:
        lines += ["", f"## {session['title']}", "", *_rows(session), *_home(session)]
    return "\n".join(lines) + "\n"


INTRODUCTION = """\
# Teaching with this course

Generated by `make refresh` from `docs/routes.toml` and the notebooks.

| route | length | notebooks |
|---|---|---|
{table}

Each notebook has a page for the teacher: {pages}.

## How to read a timetable

The minutes follow from the notebooks by the formula that also stands behind their \
cost cards (words, lines of code, figures, bets, exercises, computing); they are those \
of a learner who reads and does everything, and no class has been timed. Leave a \
quarter of an hour of air in your first run.

- **live-code**: you type and run the cells on the screen, the learners in their own \
copy; where you stop, they bet. Exercises are done in class, each in the copy of who \
does it.
- **learners do**: they read and run by themselves, two at a screen if they like; you \
go around, and gather at the figure.
- **show finished**: everybody runs the section's cells in one go, since later cells \
need them; you scroll and say what the outputs show. A bet in it is asked aloud before \
they run. Its exercises are left for home.
- **Bets**: everybody writes a number or a word into the bet's cell *before* the next \
cell runs; then ask two who differ. The teacher's page says what to expect, and why it \
is tempting.
- ***Run all above***: the route skipped a section, and later cells may need its \
names. Click into the section that follows, then menu *Run > Run All Above Selected \
Cell* (Colab: *Runtime > Run before*). An exercise that was not done only says so; the \
minutes of computing are counted.

## Before the day

1. Have `make lab` run once on each machine while there is a network, or try one \
notebook in Colab from the room's own network. For a room without a network, a hub or \
a proxy: [For administrators](administrators.md).
2. Run the route's notebooks once on each machine: what is computed is kept, and the \
second run is the one that the timetable counts. Colab keeps nothing between two \
sessions: there the first run's minutes count, which each card has, too.
3. Clear the outputs in the learners' copies, or the answer to a bet stands below it: \
*Edit > Clear Outputs of All Cells* (Colab: *Edit > Clear all outputs*). The text \
below a bet may still give it away: nobody scrolls on before all have written.
4. Read the teacher's pages of the route; choose what you will cut. `make slides` \
makes slides of each core, with its bets and figures, if you would rather show those \
than a notebook.
5. Have [When something goes wrong](troubleshooting.md) at hand: it goes by what one \
sees. Homework that is handed in is checked as [Grading](grading.md) says.

## Self-study

One notebook is two sittings of some {sitting} minutes, divided between \
sections; rest ten minutes between two. Take them in order, or begin with 04 if you \
have trained a classifier before, or with 10 if you have a folder of photographs. \
Write each bet down, do each exercise before its solution is unfolded, and use \
`exercises.NAME.hint()`, one step at a time. *More* sections are for a second reading.

{alone}
"""


def overview():
    """The text of docs/routes.md."""
    table = []
    for route in routes():
        numbers = dict.fromkeys(
            row.path.stem[:2]
            for session in route["session"]
            for row in timetable(session["rows"])
            if row.manner
        )
        name = f"[{route['title']}](teaching/route_{route['name']}.md)"
        table.append(f"| {name} | {route['length']} | {', '.join(numbers)} |")
    table.append("| [Self-study](#self-study) | your own pace | all, in any order |")
    alone = [
        "| notebook | sittings: from (minutes) | exercises | *More*, minutes |",
        "|---|---|--:|--:|",
    ]
    for path in notebook_paths():
        taught = teaching.lesson(path)
        parts = [
            teaching.link(path, headings[0]).replace("../../", "../") + f" ({spent})"
            for headings, spent in sittings(path)
        ]
        more = sum(spent.total for _, spent in taught.more)
        name = f"[{path.stem}](../notebooks/{path.name})"
        exercises = minutes.core(taught.notebook).exercises
        cells = (name, "; ".join(parts), str(exercises), f"{more:.0f}")
        alone.append(f"| {' | '.join(cells)} |")
    pages = [
        f"[{place.stem[:2]}](teaching/{place.name})"
        for place in sorted(teaching.pages())
    ]
    return INTRODUCTION.format(
        table="\n".join(table),
        pages=", ".join(pages),
        sitting=SITTING,
        alone="\n".join(alone),
    )


def pages():
    """`{path: text}` of all pages of the routes."""
    found = {
        teaching.FOLDER / f"route_{route['name']}.md": page(route) for route in routes()
    }
    return found | {PAGE: overview()}


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for route in routes():
        for session in route["session"]:
            most = clock(round(60 * route["hours"]))
            took = clock(planned(session))
            print(f"{route['name']}, {session['title']}: {took} of {most}")


if __name__ == "__main__":
    main()
