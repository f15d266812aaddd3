"""What `make refresh` writes into a notebook: links, set-up, solutions, card, foot."""

import importlib
import math
import re
import sys

import minutes
import routes
from colab_runtime import last_green
from course import (
    NAME,
    ROOT,
    digest,
    edition_mark,
    exercise_cells,
    exercise_module,
    settings,
    tagged,
    tags,
)

sys.path.insert(0, str(ROOT))  # the exercises, whose solutions are shown

EDITION = settings()["edition"]  # empty, or the name of a class' frozen copy
# Where the set-up cell puts the course, and the file by which it knows a folder with
# the course, new enough; an edition takes no other for its own.
FOLDER = "-".join(filter(None, [NAME, EDITION]))
MARK = edition_mark(EDITION) if EDITION else "tests/test_setup_cell.py"

SETUP = """\
# One lesson of a course: find the course near here, or else fetch it with git.
import os, subprocess, sys

address = "{repository}"
address = os.environ.get("COURSE_REPOSITORY", address)
near = [*sys.path, ".", "..", "../..", "../../..", *sorted(os.listdir())]
found = [place for place in near if os.path.exists(f"{{place}}/{mark}")]
course = os.path.abspath([*found, "{folder}"][0])
fetch = f'git clone -q --depth 1 --branch {branch} "{{address}}" "{{course}}"'
failed, reason = (0, "") if found else subprocess.getstatusoutput(fetch)
if failed:
    remedy = f"Rename what is in the way, get git, go online, or unzip {{address}} \
here."
    raise OSError(f"No up-to-date course here, and git failed: {{reason}}\\n{{remedy}}")
if sys.path[0] != course:  # first, before any other module that is called utils
    sys.path.insert(0, course)
    for name in [name for name in sys.modules if name.split(".")[0] == "utils"]:
        del sys.modules[name]
from utils.runtime import setup

runtime = setup({arguments})"""


def setup_cell(packages=()):
    """Source of the first code cell, the same in every notebook but for its packages.

    Args:
        packages: names of the pip packages that the notebook asks for, in order.

    >>> setup_cell(["elpv-dataset"]).splitlines()[-1]
    'runtime = setup(seed=0, packages=("elpv-dataset",))'
    """
    names = ", ".join(f'"{name}"' for name in packages)
    comma = "," if len(packages) == 1 else ""
    return SETUP.format(
        folder=FOLDER,
        mark=MARK,
        repository=settings()["repository"],
        branch=settings()["branch"],
        arguments=f"seed=0, packages=({names}{comma})" if packages else "seed=0",
    )


def links(path):
    """(Colab's address, the file's address) of a notebook."""
    course = settings()
    place = f"blob/{course['branch']}/notebooks/{path.name}"
    repository = course["repository"].removeprefix("https://github.com/")
    return (
        f"https://colab.research.google.com/github/{repository}/{place}",
        f"{course['repository']}/{place}",
    )


def badges(path):
    """The line of links under a notebook's title."""
    colab, plain = links(path)
    line = f"[Open in Colab]({colab}) · [View the file]({plain})"
    return f"{line} · Edition {EDITION}" if EDITION else line


def between(name, text, content):
    """`text` with `content` between markers `<!-- name -->` and `<!-- /name -->`."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    content = content.replace("\\", r"\\")  # a formula's backslash is no group
    replaced, count = re.subn(
        pattern, rf"\g<1>{content}\n\g<2>", text, count=1, flags=re.S
    )
    if not count:
        raise ValueError(
            f"The markers <!-- {name} --> and <!-- /{name} --> are missing."
        )
    return replaced


def steady(measured, written, step):
    """The written value while within a factor 1.5, else the measured one, rounded up.

    >>> steady(70, 60, 30), steady(100, 60, 30), steady(10, None, 30)
    (60, 120, 30)
    """
    rounded = math.ceil(measured / step) * step
    close = written and written / 1.5 <= measured <= written * 1.5
    return written if close else rounded


def cost_line(cost, download, doing):
    """The sentence of a cost card.

    Args:
        cost: `{"first": seconds, "again": seconds, "memory": GB}`.
        download: in words.
        doing: minutes of reading and doing, as they are shown.

    Example:

    >>> print(cost_line({"first": 90, "again": 60, "memory": 2.0}, "nothing", 85))
    **Cost**: 85 minutes of reading and doing · on 2 CPU cores 1.5 minutes \
of computing the first time, 1 minute after that · 2 GB of memory · download: nothing
    """

    def spoken(seconds):
        return f"{seconds / 60:g} minute{'' if seconds == 60 else 's'}"

    first, again = spoken(cost["first"]), spoken(cost["again"])
    time = f"on 2 CPU cores {first} of computing"
    if first != again:
        time += f" the first time, {again} after that"
    reading = f"{doing} minutes of reading and doing"
    memory = f"{cost['memory']:g} GB of memory"
    return f"**Cost**: {reading} · {time} · {memory} · download: {download}"


def foot(path):
    """The line under a notebook that says where it was last seen to run."""
    green = last_green(path.stem)
    return f"*Last green on Colab's package list {green}.*" if green else ""


def solutions(notebook):
    """(cell, code) of each folded solution, as the exercise has it.

    Raises:
        ValueError: if there is no such exercise.
    """
    place = f"utils.exercises.{exercise_module(notebook)}"
    for cells in exercise_cells(notebook):
        try:
            exercise = getattr(importlib.import_module(place), cells.name)
        except (ModuleNotFoundError, AttributeError) as problem:
            needed = f"`exercises.{cells.name}` is not in {place}"
            raise ValueError(f"{needed}: {problem}") from problem
        yield cells.solution, exercise.source()


def stamp(notebook, path):
    """Write badges, set-up cell, cost card, contents, solutions, foot and routes.

    Raises:
        ValueError: if a cell's tag or markers are missing, code is not Python, or an
            exercise is not in the package.
    """
    title, card = tagged(notebook, "title"), tagged(notebook, "cost-card")
    title.source = between("badges", title.source, badges(path))
    last = notebook.cells[-1]
    if "<!-- green -->" not in last.source:
        last.source += "\n\n<!-- green -->\n<!-- /green -->"
    last.source = between("green", last.source, foot(path))
    first = tagged(notebook, "setup")
    first.source = setup_cell(first.metadata.get("packages", ()))
    first.metadata["ran"] = digest(first)  # what it prints does not depend on its text
    if "cost" in card.metadata:
        download = card.metadata.get("download", "nothing")
        doing = minutes.core(notebook).rounded
        line = cost_line(card.metadata["cost"], download, doing)
        card.source = between("cost", card.source, line)
    for cell, code in solutions(notebook):
        fenced = f"```python\n{code}\n```"
        cell.source = re.sub(
            "```python\n.*?\n```",
            lambda _, fenced=fenced: fenced,
            cell.source,
            flags=re.S,
        )
    for cell in notebook.cells:
        cell.metadata.pop("route", None)
        if "contents" in tags(cell):
            cell.source = between("contents", cell.source, minutes.contents(notebook))
    sections = minutes.sections(notebook)
    for heading, names in routes.taken(path, sections).items():
        sections[heading][0].metadata["route"] = list(names)
