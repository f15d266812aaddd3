"""Read handed-in notebooks, whatever they are, and find the answers in them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from course import exercise_cells, exercise_module, notebook_paths, tagged

LARGEST = 100_000_000  # bytes of a notebook


@dataclass(frozen=True)
class Task:
    """An exercise as the course's own notebook states it."""

    exercise: str
    answer: str  # the name of what is checked
    stub: str


@dataclass(frozen=True)
class Lesson:
    """A notebook of the course: its module of exercises, imports and tasks."""

    notebook: str
    module: str
    imports: str
    tasks: tuple


class Unreadable(Exception):
    """Why a file is no notebook of the course."""


def lessons():
    """{module: Lesson} of the course's notebooks."""
    found = {}
    for path in notebook_paths():
        notebook = nbformat.read(path, 4)
        module = exercise_module(notebook)
        tasks = tuple(
            Task(cells.name, cells.answer, cells.stub.source)
            for cells in exercise_cells(notebook)
        )
        imports = tagged(notebook, "imports").source
        found[module] = Lesson(path.stem, module, imports, tasks)
    return found


def code_cells(path):
    """The code cells of a file: a list of (source, tags).

    Raises:
        Unreadable: with the reason.
    """
    try:
        if not path.is_file():
            raise Unreadable("it is no ordinary file")
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB")
        notebook = json.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from None
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if hasattr(error, "lineno") else ""
        raise Unreadable(f"its JSON is broken{line}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("it has no cells: is it a notebook of format 4?")
    found = []
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source, metadata = cell.get("source", ""), cell.get("metadata")
        lines = source if isinstance(source, list) else [source]
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        text = "".join(line for line in lines if isinstance(line, str))
        found.append((text, tags if isinstance(tags, list) else []))
    return found


def lesson_of(path, cells, known):
    """The lesson that a file is of: what its cells import, or else what it is called.

    Raises:
        Unreadable: if neither says it.
    """
    for source, _ in cells:
        imported = re.search(r"from utils\.exercises import (\w+)", source)
        if imported and imported[1] in known:
            return known[imported[1]]
    for lesson in known.values():
        if Path(path).name.startswith(lesson.notebook):
            return lesson
    needed = "no cell imports a notebook's exercises (`from utils.exercises import …`)"
    raise Unreadable(f"{needed}, and its name begins like no notebook of the course")


def answer_cells(cells, task):
    """The sources of an answer's cells, and what there is to say of them.

    A cell that defines what is checked counts wherever it stands, with the cells tagged
    `exercise` directly before it, as when a cell was split. Of several the last one
    counts, as if the notebook had been run from top to bottom; copies of the course's
    stub do not.

    Returns:
        (list of str, str).
    """
    groups, before = [], []
    for source, tags in cells:
        if defines(source, task.answer):
            groups.append([*before, source])
            before = []
        elif "exercise" in tags:
            before.append(source)
        else:
            before = []
    filled = [g for g in groups if g[-1].strip() != task.stub.strip()]
    if not groups:
        return [], f"No cell defines `{task.answer}`: is it missing, or renamed?"
    if len(filled) > 1:
        said = f"({len(filled)} cells define `{task.answer}`; the last one counts.) "
        return filled[-1], said
    return (filled or groups)[-1], ""


def defines(source, name):
    """Whether a cell gives a value to a name, at the beginning of a line.

    It is not parsed: a text can be made that kills Python's parser.

    >>> defines("def f(x): ...", "f"), defines("f = 1", "f"), defines("f == 1", "f")
    (True, True, False)
    """
    given = rf"^(async +)?def +{name}\b|^{name} *(:[^=\n]*)?=(?!=)"
    return bool(re.search(given, source, re.M))
