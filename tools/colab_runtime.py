"""Test the course with the package versions of Colab's runtimes.

    python tools/colab_runtime.py                       # every runtime, everything
    python tools/colab_runtime.py 2026-08               # one runtime
    python tools/colab_runtime.py 2026-08 --only 04 05  # tests, and these notebooks
    python tools/colab_runtime.py --build               # only make the environments

`tools/colab` holds Colab's package lists. An environment in `build/colab` gets
what the course and its tests need, in the versions of a list, and nothing else of
that list: what Colab preinstalls beyond our requirements must not be needed. The
results go to `tools/colab/green.csv`. Needs the standard library only.
"""

import argparse
import csv
import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from course import NOTEBOOKS, ROOT
from threads import ONE_THREAD

LISTS = ROOT / "tools" / "colab"
GREEN = LISTS / "green.csv"
BUILD = ROOT / "build" / "colab"
RUNTIMES = {"2026-07": "3.12", "2026-08": "3.13"}  # name of the list: its Python
REQUIREMENTS = ("requirements.txt", "tests/requirements.txt")
LEFT_OUT = {"jupyterlab": "Colab has a page of its own in its place"}
NBVAL = ("-p", "tests.nbval_repairs", "@tests/nbval.args")  # as in `make test`
TESTS = "tests"  # in the column `notebook`: helpers, exercises, form
OURS = (
    "--ignore=tools/build_slides.py",  # needs what only the site's makers install
    *("-n", "auto", "--dist", "loadfile"),
)
VERSIONS = ("tensorflow", "keras", "numpy")
COLUMNS = (
    *("runtime", "python", *VERSIONS),
    *("notebook", "date", "result", "cells failed"),
)
AWAY = (
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV"),
    *("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONOPTIMIZE", "VIRTUAL_ENV"),
)
PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
INSTALLED = (
    "import importlib.metadata as metadata, json;"
    "print(json.dumps({d.name: d.version for d in metadata.distributions()}))"
)


def canonical(name):
    """A package's name as PyPI compares it: `Jupyter_Core` is `jupyter-core`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def versions(runtime):
    """Colab's packages.

    Args:
        runtime: str, a key of `RUNTIMES`.

    Returns:
        `{name: version}`, names as PyPI compares them. A build of Colab's own, such
        as `2.9.0+cu128`, counts as its release, which is what PyPI has.

    Example:

    >>> versions("2026-07")["numpy"]
    '2.0.2'
    """
    lines = (LISTS / f"pip-freeze-{runtime}.txt").read_text("utf-8").split()
    pairs = (line.split("==") for line in lines)
    return {canonical(name): version.split("+")[0] for name, version in pairs}


def requirements():
    """Lines of our requirements that a Colab environment gets."""
    wanted = []
    for name in REQUIREMENTS:
        for line in (ROOT / name).read_text("utf-8").splitlines():
            package = re.match(r"[\w.-]*", line)[0]
            if package and canonical(package) not in LEFT_OUT:
                wanted.append(line.split("#")[0].strip())
    return wanted


def candidates(version):
    """Paths where a Python of this version might be, most obvious first."""
    yield sys.executable
    for folder in os.get_exec_path():
        for ending in ("", ".exe"):
            yield os.path.join(folder, f"python{version}{ending}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted(pyenv.glob(f"versions/{version}.*"), reverse=True):
        yield str(folder / "bin" / "python")
    if launcher := shutil.which("py"):
        command = [launcher, f"-{version}", "-c", "import sys; print(sys.executable)"]
        yield subprocess.run(command, capture_output=True, text=True).stdout.strip()


def find_python(version):
    """Path of a Python that can make environments.

    Args:
        version: str, such as `"3.13"`.

    Returns:
        str, the first of `candidates(version)` that runs, is of this version and has
        `venv` and `ensurepip`.

    Raises:
        LookupError: if there is none.
    """
    for path in candidates(version):
        if not os.path.isfile(path):
            continue
        how = {"env": environment(), "capture_output": True, "text": True}
        done = subprocess.run([path, "-c", PROBE], **how)
        if done.stdout.strip() == version:
            return path
    raise LookupError(
        f"This runtime of Colab needs Python {version} with venv and ensurepip; "
        f"put python{version} on PATH. None was found there, nor in pyenv's "
        "versions, nor by Windows' launcher py."
    )


def environment():
    """Variables for the commands of a Colab environment.

    Left out and set as in the Makefile, so that a user's own settings send packages,
    or the search for them, nowhere else.
    """
    kept = {name: value for name, value in os.environ.items() if name not in AWAY}
    # debugpy of Colab's version warns of frozen modules at every start of a kernel
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    keras = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": str(BUILD / "keras")}
    return {**quiet, **kept, **keras, "PYTHONNOUSERSITE": "1", "PIP_USER": "0"}


def run(*command, **variables):
    """Run a command in the repository's root; return its exit status."""
    changed = {**environment(), **variables}
    return subprocess.run(command, cwd=ROOT, env=changed).returncode


def answer(python, source):
    """What a piece of code prints in an environment."""
    how = {"env": environment(), "check": True, "capture_output": True, "text": True}
    return subprocess.run([python, "-c", source], cwd=ROOT, **how).stdout.strip()


def executable(folder):
    """Python of the virtual environment in a folder."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed(python):
    """`{name: version}` of an environment's packages, names as PyPI compares them."""
    found = json.loads(answer(python, INSTALLED))
    return {canonical(name): version for name, version in found.items()}


def build(runtime):
    """Make the environment of a runtime, unless it is there and as it should be.

    Args:
        runtime: str, a key of `RUNTIMES`.

    Returns:
        Path of the environment's Python.

    Raises:
        LookupError: if the machine lacks the runtime's Python.
        ChildProcessError: if venv or pip fails; their output says why.
    """
    folder, wanted = BUILD / runtime, requirements()
    pins = [f"{name}=={version}" for name, version in versions(runtime).items()]
    recipe = "\n".join([RUNTIMES[runtime], *wanted, *pins])
    key, stamp = hashlib.sha256(recipe.encode()).hexdigest(), folder / "made-from"
    python, constraints = executable(folder), folder / "constraints.txt"
    if stamp.exists() and stamp.read_text() == key and python.exists():
        return python
    base = find_python(RUNTIMES[runtime])
    print(f"Making {folder} with {base}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    if run(base, "-m", "venv", folder):
        raise ChildProcessError(f"{base} could not make an environment in {folder}")
    constraints.write_text("\n".join(pins) + "\n", "utf-8")
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if run(*pip, *wanted, "-c", constraints):
        raise ChildProcessError(f"pip could not install what {constraints} demands")
    if not set(VERSIONS) <= installed(python).keys():
        raise ChildProcessError(
            f"pip put packages elsewhere than into {folder}. Look for target, prefix "
            f"or root in the output of: {python} -m pip config list"
        )
    stamp.write_text(key)
    return python


def differences(have, listed):
    """What an environment has otherwise than Colab's list.

    Args:
        have: `{name: version}` of the environment.
        listed: `{name: version}` of Colab.

    Returns:
        `(other, extra)`: sorted lists of `"name version (Colab: version)"` for the
        packages in another version, and of `"name version"` for those not listed.

    Example:

    >>> differences({"numpy": "2.1", "nbval": "0.11"}, {"numpy": "2.0"})
    (['numpy 2.1 (Colab: 2.0)'], ['nbval 0.11'])
    """
    moved = [name for name in have if listed.get(name, have[name]) != have[name]]
    other = [f"{name} {have[name]} (Colab: {listed[name]})" for name in moved]
    extra = [f"{name} {have[name]}" for name in have if name not in listed]
    return sorted(other), sorted(extra)


def describe(runtime, python):
    """Print how near an environment is to Colab's; return a row's first columns."""
    have, listed = installed(python), versions(runtime)
    other, extra = differences(have, listed)
    same = len(have) - len(other) - len(extra)
    micro = answer(python, "import platform; print(platform.python_version())")
    print(f"Colab {runtime}: Python {micro}, {same} packages exactly as in its list")
    print("  in another version:", ", ".join(other) or "none")
    print("  not in the list:", ", ".join(extra) or "none")
    for name, reason in LEFT_OUT.items():
        print(f"  left out: {name} ({reason})")
    print(flush=True)
    columns = {"runtime": runtime, "python": micro}
    return columns | {name: have[name] for name in VERSIONS}


def failed_cells(report):
    """What failed in pytest's report: a cell's number, or a test's name.

    Args:
        report: Path of a JUnit XML file as pytest writes it.

    Returns:
        List of str, such as `["28", "55"]`, in the order of the report, or
        `["nothing ran"]` if there is no report, or not one test in it.
    """
    tree = ElementTree.parse(report) if report.exists() else None
    cases = tree.findall(".//testcase") if tree else []
    if not cases:
        return ["nothing ran"]
    bad = [case for case in cases if {"failure", "error"} & {part.tag for part in case}]
    return [case.get("name").removeprefix("Cell ") for case in bad]


def outcome(python, arguments, **variables):
    """Run pytest in an environment; return a row's last columns."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [python, "-m", "pytest", *arguments, f"--junitxml={report}"]
        status = run(*command, **variables)
        failed = failed_cells(report)
    if status and not failed:
        failed = [f"pytest ended with {status}"]
    result = "failed" if failed else "ok"
    today = datetime.date.today().isoformat()
    return {"date": today, "result": result, "cells failed": " ".join(failed)}


def read(path=GREEN):
    """Rows of the results, a dict of str each."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def record(row, path=GREEN):
    """Put a row into the results, in place of this runtime's and notebook's former."""
    rows = {(old["runtime"], old["notebook"]): old for old in read(path)}
    rows[row["runtime"], row["notebook"]] = row
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


def last_green(notebook, path=GREEN):
    """The newest of Colab's runtimes on which a notebook ran without a failed cell.

    Args:
        notebook: str, the notebook's name without ending, as `"01_NNBasics"`.
        path: Path of the results.

    Returns:
        str, such as `"2026-08 (Python 3.13, TensorFlow 2.20.0), run on 2026-11-25"`,
        or None if its last run failed on every runtime, or there was none.
    """
    rows = [row for row in read(path) if row["notebook"] == notebook]
    rows = [row for row in rows if row["result"] == "ok"]
    if not rows:
        return None
    row = max(rows, key=lambda row: row["runtime"])
    python = ".".join(row["python"].split(".")[:2])
    used = f"Python {python}, TensorFlow {row['tensorflow']}"
    return f"{row['runtime']} ({used}), run on {row['date']}"


def notebooks(only=()):
    """Names of the notebooks in order, or of those that begin with one of `only`."""
    every = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    return [name for name in every if name.startswith(tuple(only or [""]))]


def examine(runtime, only=()):
    """Run tests and notebooks on one runtime and record what came of them.

    Args:
        runtime: str, a key of `RUNTIMES`.
        only: beginnings of notebook names; all notebooks if none.

    Returns:
        List of str, one for each part that failed.
    """
    python = build(runtime)
    about = describe(runtime, python)
    parts = {TESTS: [*OURS]}
    parts |= {name: [*NBVAL, f"notebooks/{name}.ipynb"] for name in notebooks(only)}
    failed = []
    with tempfile.TemporaryDirectory(prefix="course-cache-") as cache:
        for name, arguments in parts.items():
            print(f"=== Colab {runtime}: {name}", flush=True)
            one = ONE_THREAD if name == TESTS else {}  # as in `make test`
            found = outcome(python, arguments, COURSE_CACHE=cache, **one)
            record({**about, "notebook": name, **found})
            if found["result"] != "ok":
                failed.append(f"{runtime} {name}: {found['cells failed']}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = ", ".join(RUNTIMES)
    parser.add_argument("runtimes", nargs="*", help=f"of {known}; all if none")
    parser.add_argument("--only", nargs="+", default=(), help="beginnings of notebooks")
    parser.add_argument("--build", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    for runtime in arguments.runtimes:
        if runtime not in RUNTIMES:
            parser.error(f"there is no list {runtime!r}; there are {known}")
    for beginning in arguments.only:
        if not notebooks([beginning]):
            parser.error(f"no notebook begins with {beginning!r}")
    failed = []
    for runtime in arguments.runtimes or RUNTIMES:
        try:
            if arguments.build:
                describe(runtime, build(runtime))
            else:
                failed += examine(runtime, arguments.only)
        except (LookupError, ChildProcessError) as problem:
            failed.append(f"{runtime}: {problem}")
    print("\n".join(["Failed:", *failed] if failed else ["Colab: all well"]))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
