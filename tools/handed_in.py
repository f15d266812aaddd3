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

    Lines that begin with `%` or `!` are left out.

    Raises:
        Unreadable: with the reason.
    """
    try:
        if path.is_symlink() or not path.is_file():
            raise Unreadable("it is a link or a folder; put the notebook itself there")
        if path.stat().st_size > LARGEST:
            most = f"{LARGEST // 1_000_000} MB"
            raise Unreadable(f"it is larger than {most}; clear its outputs")
        notebook = json.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from None
    except (ValueError, RecursionError, MemoryError) as error:
        line = f" in line {error.lineno}" if hasattr(error, "lineno") else ""
        ask = "it was cut off, or is no notebook; ask for it once more"
        raise Unreadable(f"its JSON is broken{line}: {ask}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        save = "open it in JupyterLab and save it, which makes it format 4"
        raise Unreadable(f"it has no cells; {save}")
    found = []
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source, metadata = cell.get("source", ""), cell.get("metadata")
        lines = source if isinstance(source, list) else [source]
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        text = "".join(line for line in lines if isinstance(line, str))
        text = re.sub("^[%!].*", "", text, flags=re.M)  # Jupyter's, no Python
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
    rename = "let the file's name begin like the notebook's, such as `08_AutoEncoder`"
    raise Unreadable(f"{needed}; {rename}")


def edition_of(cells):
    """The edition that a set-up cell fetches: `main`, a tag's name, or nothing."""
    for source, _ in cells:
        if named := re.search(r"git clone .*--branch ([\w.-]+)", source):
            return named[1]
    return ""


def answer_cells(cells, task):
    """The sources of an answer's cells, and what there is to say of them.

    A cell that defines what is checked counts wherever it stands, with the cells tagged
    `exercise` directly before it, as when a cell was split. Of several the last one
    counts, as if the notebook had been run from top to bottom; copies of the course's
    stub do not.

    Returns:
        (list of str, str).
    """
    loosely = not any(defines(source, task.answer) for source, _ in cells)
    groups, before = [], []
    for source, tags in cells:
        if defines(source, task.answer, loosely):
            groups.append([*before, source])
            before = []
        elif "exercise" in tags:
            before.append(source)
        else:
            before = []
    filled = [g for g in groups if g[-1].strip() != task.stub.strip()]
    if not groups:
        return [], f"No code cell defines `{task.answer}`: is it missing, or renamed?"
    if len(filled) > 1:
        said = f"({len(filled)} cells define `{task.answer}`; the last one counts.) "
        return filled[-1], said
    return (filled or groups)[-1], ""


def defines(source, name, loosely=False):
    """Whether a cell gives a value to a name, at the beginning of a line.

    It is not parsed: a text can be made that kills Python's parser.

    Args:
        source: str, the cell's text.
        name: str.
        loosely: True takes rarer forms, too: `a, f = 1, 2`, a class, an indented `def`.

    >>> defines("def f(x): ...", "f"), defines("f = 1", "f"), defines("f == 1", "f")
    (True, True, False)
    >>> defines("g, f = 1, 2", "f"), defines("g, f = 1, 2", "f", loosely=True)
    (False, True)
    """
    given = rf"^(async +)?def +{name}\b|^{name} *(:[^=\n]*)?=(?!=)"
    if loosely:
        source = source[:100_000]  # this search is slower
        listed = rf"^\(?(?! )[\w, =*]{{0,80}}\b{name}\b[\w, )*]{{0,80}}=(?!=)"
        given = rf"{listed}|^ *(class|(async +)?def) +{name}\b|\bas +{name}\b"
    return bool(re.search(given, source, re.M))


def remedy(said, cells, sources):
    """What to add to an error that the answer has here and not in its notebook.

    Args:
        said: str, what the check says.
        cells: the notebook's, as from `code_cells`.
        sources: list of str, the answer's cells.

    >>> said = "Not yet: the answer's cell raised NameError: name 'a' is not defined."
    >>> remedy(said, [("a = 1", []), ("f = a", [])], ["f = a"])
    "(`a` comes from another cell: it, or its import, must stand in the answer's own.) "
    """
    lacks = re.search(r"NameError: name '(\w+)' is not defined", said)
    others = [source for source, _ in cells if source not in sources]
    if lacks and any(re.search(rf"\b{lacks[1]}\b", source) for source in others):
        here = "it, or its import, must stand in the answer's own"
        return f"(`{lacks[1]}` comes from another cell: {here}.) "
    if "raised PermissionError" in said:
        return "(Here an answer may write no file and start no process, as `n_jobs`.) "
    return ""
