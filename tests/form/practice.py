"""Bets, exercises, and the minutes that a reader needs for all."""

import re

import minutes
from course import tags

from .reading import headings

LONGEST_CORE = 90  # minutes
FEWEST_BETS, MOST_BETS = 6, 10
FEWEST_EXERCISES, MOST_IN_A_SECTION = 4, 2


def fits_the_time(notebook, path):
    """At most 90 minutes on the core path, by the formula of `minutes`."""
    spent = minutes.core(notebook)
    if spent.total <= LONGEST_CORE:
        return []
    return [f"the core path is longer than {LONGEST_CORE} minutes: {spent}"]


def has_bets(notebook, path):
    """Six to ten bets on the core path; `minutes.is_bet` says what a bet is."""
    bets = minutes.core(notebook).bets
    if FEWEST_BETS <= bets <= MOST_BETS:
        return []
    return [f"{FEWEST_BETS} to {MOST_BETS} bets are needed in the core; it has {bets}"]


def trains_in_the_flow(notebook, path):
    """At least four exercises on the core path, each in the section that it practices.

    A section goes from one heading of level 2 to the next. Before an exercise's stub
    its section has run something: a core code cell that is no bet and belongs to no
    exercise. No section holds more than two exercises, so that they are not gathered at
    the end. The metadata of one stub at least say `builds`: what is built, in words.
    """
    complaints, sections, ran, section = _unfolded(notebook), [], set(), 0
    given = {"setup", "imports", "exercise", "check"}
    builds = False
    for number, cell in enumerate(notebook.cells):
        section += any(level == 2 for level, _ in headings(cell))
        if cell.cell_type != "code" or minutes.part(cell) != "core":
            continue
        if "exercise" in tags(cell):
            sections.append(section)
            named = cell.metadata.get("builds")
            builds = builds or bool(isinstance(named, str) and named.strip())
            if section not in ran:
                complaints.append(f"cell {number}: its section ran nothing to practice")
        elif not given & set(tags(cell)) and not minutes.is_bet(cell):
            ran.add(section)
    if len(sections) < FEWEST_EXERCISES:
        found = f"the core has {len(sections)}"
        complaints.append(f"{FEWEST_EXERCISES} exercises are needed; {found}")
    if any(sections.count(place) > MOST_IN_A_SECTION for place in sections):
        complaints.append(f"more than {MOST_IN_A_SECTION} exercises in one section")
    if not builds:
        complaints.append("no exercise in the core builds something whole (`builds`)")
    return complaints


def _unfolded(notebook):
    """Exercises that lack a check or a folded solution right after them."""
    complaints, cells = [], notebook.cells
    for i, cell in enumerate(cells):
        if "exercise" not in tags(cell):
            continue
        after = [tags(cell) for cell in cells[i + 1 : i + 3]]
        if len(after) < 2 or "check" not in after[0] or "solution" not in after[1]:
            complaints.append(f"cell {i}: a check and a solution must follow it")
            continue
        fold = r"<details>.*```python\n.*```.*</details>"
        if not re.search(fold, cells[i + 2].source, re.S):
            complaints.append(f"cell {i + 2}: the solution is not folded in <details>")
    return complaints
