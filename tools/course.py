"""Where the course is, what it consists of, and how cells are marked."""

import hashlib
import re
import tomllib
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
NAME = "from-pixels-to-features"  # of a folder with the course, and of an archive

# the exercise's name, the name of what is checked, and its cells
ExerciseCells = namedtuple("ExerciseCells", "name answer stub check solution")


def settings():
    """The course's public address, from pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["course"]


def notebook_paths(names=()):
    """Paths of the notebooks in order, or of those that begin with one of `names`."""
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    for name in names:
        if not any(path.stem.startswith(name) for path in paths):
            known = ", ".join(path.stem for path in paths)
            raise ValueError(f"No notebook begins with {name!r}. There are: {known}")
    return [p for p in paths if not names or p.stem.startswith(tuple(names))]


def tags(cell):
    """The tags of a cell, a list."""
    return cell.metadata.get("tags", [])


def cost(notebook):
    """What a notebook was measured to cost, from its card.

    Args:
        notebook: a notebook as nbformat reads it.

    Returns:
        `{"first": seconds, "again": seconds, "memory": GB}`; empty if not measured.
    """
    found = (c.metadata["cost"] for c in notebook.cells if "cost" in c.metadata)
    return next(found, {})


def edition_mark(name):
    """The file by which a set-up cell knows a folder with an edition.

    >>> edition_mark("2027-spring")
    'docs/2027-spring.txt'
    """
    return f"docs/{name}.txt"


def digest(cell):
    """Of a cell's source: says whether a stored output is of the cell as it stands."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:8]


def tagged(notebook, tag):
    """The first cell with a tag.

    Raises:
        ValueError: if there is none.
    """
    for cell in notebook.cells:
        if tag in tags(cell):
            return cell
    raise ValueError(f"a cell tagged {tag!r} is missing")


def exercise_module(notebook):
    """The name of the module of utils.exercises that a notebook imports, or None."""
    for cell in notebook.cells:
        found = re.search(r"from utils\.exercises import (\w+)", cell.source)
        if found and cell.cell_type == "code":
            return found[1]
    return None


def exercise_cells(notebook):
    """An `ExerciseCells` for each folded solution, in order.

    Raises:
        ValueError: if the check before a solution is not the one line that is asked.
    """
    stub = check = None
    for cell in notebook.cells:
        if "exercise" in tags(cell):
            stub = cell
        elif "check" in tags(cell):
            check = cell
        elif "solution" in tags(cell):
            line = check.source if check else "no check at all"
            called = re.match(r"exercises\.(\w+)\.check\((\w+)\)", line)
            if not called:
                needed = "a solution needs `exercises.NAME.check(answer)` before it"
                raise ValueError(f"{needed}. Received: {line}")
            yield ExerciseCells(*called.groups(), stub, check, cell)
