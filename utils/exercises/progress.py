"""Which checks were passed: a small text file beside the cache, the learner's own.

It holds one line an exercise, such as `autoencoder.decibels`. Lines are only appended,
so that two notebooks at once lose nothing. A check never fails because of this file.
"""

import json
import re
import sys

from utils.files import ROOT, cache_folder

LARGEST = 1_000_000  # bytes; a larger file is none of ours
_passed_here = set()  # in this kernel; all that there is if the disk cannot be written


def progress_file():
    """Path of the file: beside `utils.files.cache_folder()`, called after it.

    >>> progress_file().name.endswith("-progress.txt")
    True
    """
    folder = cache_folder().resolve()
    return folder.parent / f"{folder.name}-progress.txt"


def record(module, name):
    """Keep that the check of an exercise was passed, if a notebook is what runs it.

    Args:
        module: str, the last part of the exercise's module's name.
        name: str, what the exercise is called there.
    """
    entry = f"{module}.{name}"
    if not in_a_notebook() or entry in _passed_here:
        return
    _passed_here.add(entry)
    try:
        path = progress_file()
        before = _text(path)
        if entry in before.splitlines():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        torn = "\n" * bool(before and not before.endswith("\n"))  # by a full disk
        with path.open("ab") as stream:
            stream.write(f"{torn}{entry}\n".encode())
    except (OSError, ValueError, RuntimeError):  # `show` tells that it is not kept
        pass


def show(module, names):
    """Print which of a notebook's checks were passed, and where that is kept.

    Args:
        module: str, the last part of the exercises' module's name.
        names: the names of its exercises, in order.

    Example:

    >>> show("none_such", ["one", "other"])  # doctest: +ELLIPSIS
    Passed: 0 of 2.
      not yet  one
      not yet  other
    ...
    """
    told, kept = _kept()
    passed = {name for name in names if f"{module}.{name}" in kept | _passed_here}
    sections = _sections(module)
    print(f"Passed: {len(passed)} of {len(names)}.")
    width = max(map(len, names), default=0)
    in_order = [name for name in sections if name in names]
    for name in in_order + [name for name in names if name not in sections]:
        mark = "passed " if name in passed else "not yet"
        print(f"  {mark}  {name:{width}}  {sections.get(name, '')}"[:88].rstrip())
    lost = [name for name in names if f"{module}.{name}" in _passed_here - kept]
    if lost and not told:
        told = "It cannot be written, so this is forgotten when the kernel ends:"
    print(told or "Kept in this file alone, nothing is sent; delete it to forget all:")
    print(_safe_path())


def in_a_notebook():
    """Whether a notebook's kernel runs this; tests and scripts are no progress.

    >>> in_a_notebook()
    False
    """
    module = sys.modules.get("IPython")
    return module is not None and module.get_ipython() is not None


def _kept():
    """(what is wrong with the file, the lines in it)."""
    try:
        return "", set(_text(progress_file()).splitlines())
    except (OSError, ValueError, RuntimeError) as error:
        told = f"It cannot be read ({type(error).__name__}); mend or delete it:"
        return told, set()


def _text(path):
    """What the file holds; nothing where there is none.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no file of ours.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return ""
    if len(content) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST:,} bytes")
    return content.decode("utf-8", "replace")


def _safe_path():
    try:
        return progress_file()
    except (OSError, RuntimeError) as error:
        return f"no place for it was found: {error}"


def _sections(module):
    """{exercise: heading}, in the notebook's order; empty if none is found."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        try:
            cells = json.loads(path.read_text("utf-8"))["cells"]
            sources = [(c["cell_type"], "".join(c["source"])) for c in cells]
        except (OSError, ValueError, KeyError, TypeError):  # the learner's own file
            continue
        if any(
            f"from utils.exercises import {module} as" in text for _, text in sources
        ):
            return _headed(sources)
    return {}


def _headed(sources):
    heading, found = [], {}
    for kind, text in sources:
        if kind == "markdown":
            heading = re.findall(r"^## +(.+)", text, re.M)[-1:] or heading
        elif check := re.match(r"exercises\.(\w+)\.check\(", text):
            found[check[1]] = "".join(heading)
    return found
