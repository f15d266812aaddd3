"""Run the checks on a folder of handed-in notebooks; write what they say as a table.

`python tools/grade.py FOLDER` writes `FOLDER/grades.csv`: a row for each file and
exercise. `docs/grading.md` says what it protects against, and what not.
"""

import argparse
import contextlib
import csv
import importlib
import io
import os
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from course import ROOT, settings

sys.path.insert(0, str(ROOT))

from handed_in import (
    Unreadable,
    answer_cells,
    code_cells,
    edition_of,
    lesson_of,
    lessons,
    remedy,
)

COLUMNS = ("file", "notebook", "exercise", "passed", "sentence")
UNWALLED = "(Judged without walls.) "
NOT_HERE = (
    "tools/grade.py needs Linux, whose kernel can keep an answer from the network and "
    "from your files. This is {}. Run it on Linux, in a container, or in WSL."
)
NO_WALLS = (
    "The walls around an answer do not stand on this machine: {}. An answer could do "
    "to your files what you can do. Use another machine, a container, or a user "
    "account that owns nothing; `--without-walls` goes on all the same."
)


def rows(path, name, known, limits):
    """The rows of one file: it has one, or one for each exercise of its notebook."""
    from judging import NETWORKS, judge

    try:
        cells = code_cells(path)
        lesson = lesson_of(path, cells, known)
    except Unreadable as reason:
        yield name, "", "", "no", f"Not judged: {reason}."
        return
    exercises = importlib.import_module(f"utils.exercises.{lesson.module}")
    edition, ours = edition_of(cells), settings()["branch"]
    other = f"(A notebook of `{edition}`, judged by `{ours}`.) "
    marks = other * (edition not in ("", ours)) + UNWALLED * (not limits.walls)
    for task in lesson.tasks:
        sources, told = answer_cells(cells, task)
        if not sources:
            yield name, lesson.notebook, task.exercise, "no", marks + told
            continue
        exercise = getattr(exercises, task.exercise)
        together = f"{lesson.module}.{task.exercise}" in NETWORKS
        given = [lesson.imports, task.stub]
        right, said = judge(exercise, given, sources, together, limits)
        told = marks + told + remedy(said, cells, sources) + said
        yield name, lesson.notebook, task.exercise, "yes" if right else "no", told


def handed_in(folder):
    """(notebooks, other files) of a folder and its folders, in order.

    Backups of Jupyter's are neither, nor what macOS puts beside a file (`._name`).
    """
    notebooks, others = [], []
    for path in sorted(Path(folder).rglob("*")):
        if ".ipynb_checkpoints" in path.parts or path.name.startswith("._"):
            continue
        if path.suffix.lower() == ".ipynb":
            notebooks.append(path)
        elif not path.is_dir() and not path.name.startswith("."):
            others.append(path)
    return notebooks, others


def plain(text, most=600):
    """A text as a cell of a table: one line, and no formula of a spreadsheet.

    >>> plain("=SUM(A1)"), plain("two\\nlines"), plain("-1 instead of 1")
    ("'=SUM(A1)", 'two lines', "'-1 instead of 1")
    """
    text = str(text).encode("utf-8", "replace").decode()
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line if len(line) <= most else f"{line[: most - 1]}…"
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def write(path, table):
    """Write the table, whole or not at all; with a mark that Excel reads as UTF-8."""
    from utils.files import write_atomically

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([plain(cell) for cell in row] for row in table)
    content = text.getvalue().encode("utf-8-sig")
    write_atomically(path, lambda stream: stream.write(content))


def grade(folder, to, limits, say=print):
    """Judge what is in a folder, and write the table after each file.

    Args:
        folder: where the notebooks are, in folders of their own if you like.
        to: path of the table.
        limits: `judging.Limits`.
        say: function that receives a line about each file.

    Returns:
        The rows, a list of tuples as in `COLUMNS`.
    """
    known, table = lessons(), []
    paths, to = handed_in(folder)[0], Path(to).absolute()
    paths = [(path.absolute(), str(path.relative_to(folder))) for path in paths]
    with (
        tempfile.TemporaryDirectory() as empty,  # what an answer finds around it
        contextlib.chdir(empty),
        patch.dict(os.environ, HOME=empty),
    ):
        for number, (path, name) in enumerate(paths, 1):
            new = list(rows(path, name, known, limits))
            table += new
            write(to, table)
            passed = sum(row[3] == "yes" for row in new)
            of = f"[{number}/{len(paths)}] {plain(name)}"
            say(f"{of}: {passed} of {len(new)} passed")
    return table


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the notebooks are")
    parser.add_argument("--to", type=Path, help="the table; else FOLDER/grades.csv")
    parser.add_argument("--seconds", type=float, default=60, help="for an answer (60)")
    parser.add_argument("--gigabytes", type=float, default=2, help="for an answer (2)")
    parser.add_argument(
        "--without-walls", action="store_true", help="go on where walls do not stand"
    )
    options = parser.parse_args(arguments)
    if sys.platform != "linux":
        sys.exit(NOT_HERE.format(sys.platform))
    if not options.folder.is_dir():
        sys.exit(f"A folder of notebooks is needed. Received: {options.folder}")
    notebooks, others = handed_in(options.folder)
    if not notebooks:
        sys.exit(f"There is no notebook (.ipynb) in {options.folder}.")
    if min(options.seconds, options.gigabytes) <= 0:
        sys.exit("--seconds and --gigabytes must be above 0.")
    from judging import Limits
    from walls import holes, prctl

    if found := holes():
        if not options.without_walls:
            sys.exit(NO_WALLS.format("; ".join(found)))
        print(f"WITHOUT WALLS: an answer can {'; '.join(found)}.", file=sys.stderr)
    prctl(4, 0)  # PR_SET_DUMPABLE: answers cannot look into this process
    limits = Limits(options.seconds, options.gigabytes, walls=not found)
    to = options.to or options.folder / "grades.csv"
    if passed_over := [str(path) for path in others if path.resolve() != to.resolve()]:
        few = ", ".join(plain(path) for path in passed_over[:5])
        many = f", and {len(passed_over) - 5} more" * (len(passed_over) > 5)
        print(f"Passed over, since no name ends in .ipynb: {few}{many}")
    try:
        grade(options.folder, to, limits)
    except OSError as error:
        sys.exit(f"The table cannot be written: {error}. Name another file with --to.")
    print(f"The table: {to}")


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
