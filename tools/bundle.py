"""`make bundle`: one archive from which machines without a network install the course.

It holds the last commit, data included, and in wheels/ every package for the system
and the Python that made it. Nothing is compressed twice: wheels are archives already.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from course import NAME, ROOT

LISTS = ("requirements.txt", "tests/requirements.txt", "docs/requirements.txt")
NEEDED = 4e9  # bytes: pip's cache, the wheels and the archive, with room to spare
FOR = "wheels/FOR.txt"  # the Makefile quotes it when pip finds no fitting wheel

INSTALL = """\
From Pixels to Features, without a network

The packages in wheels/ are for {platform}, and for no other.
On every machine, unpack the archive. In this folder,

    make lab PYTHON=python{version}

makes .venv, installs from wheels/ alone (pip's --no-index) and opens JupyterLab.
Without make:

    {base} -m venv .venv
    {own} -m pip install --no-index --find-links wheels \
-r requirements.txt -c constraints.txt
    {own} -m jupyterlab notebooks

The folder wheels/ may go when all is installed. CIFAR-10 and networks other than
EfficientNet-Lite0 are not in here: notebooks offer them as switches, and need neither.
"""


def python_version():
    """Of the Python that runs this: wheels fit no other.

    >>> python_version().startswith("3.")
    True
    """
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def git(*arguments, folder=ROOT):
    """What a git command prints.

    Args:
        arguments: of git.
        folder: where it runs.

    Raises:
        ValueError: if it fails; with what git says.
    """
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise ValueError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def check_committed(folder=ROOT):
    """Refuse where tracked files differ from the last commit.

    Args:
        folder: the repository's root.

    Raises:
        ValueError: if so, or if the folder is no clone.
    """
    if not (Path(folder) / ".git").exists():
        raise ValueError(
            f"The last commit is needed, and {folder} is no git clone of the course. "
            "Run this in a clone."
        )
    changed = git("status", "--porcelain", "--untracked-files=no", folder=folder)
    if changed:
        raise ValueError(
            "Only what is committed is taken, and these files differ from the last "
            f"commit:\n{changed}\nCommit them, or put them aside with `git stash`."
        )


def check_room(folder, needed=NEEDED):
    """Refuse where the disk is too full.

    Args:
        folder: that will be written to.
        needed: bytes.

    Raises:
        OSError: if fewer are free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"A bundle needs {needed / 1e9:.1f} GB of free disk while it is made. "
            f"{folder} has {free / 1e9:.1f} GB. Make room there."
        )


def install_text(platform, system=os.name):
    """What the archive says to whoever unpacks it.

    Args:
        platform: what the wheels are for, in words.
        system: as in `os.name`; "nt" is Windows.

    >>> "-m pip install --no-index --find-links wheels" in install_text("Python 3")
    True
    """
    windows, version = system == "nt", python_version()
    base = f"py -{version}" if windows else f"python{version}"
    own = r".venv\Scripts\python" if windows else ".venv/bin/python"
    return INSTALL.format(platform=platform, version=version, base=base, own=own)


def fetch_wheels(folder, course=ROOT):
    """Every required package, pinned, as a wheel for this system and Python.

    Args:
        folder: where the wheels go.
        course: whose lists of requirements and constraints are taken.

    Raises:
        ValueError: if pip fails; its reason stands above.
    """
    wanted = [part for name in LISTS for part in ("-r", name)]
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", str(folder)]
    options = ["--disable-pip-version-check", "-c", "constraints.txt"]
    if subprocess.call([*command, *options, *wanted], cwd=course):
        raise ValueError(
            "pip could not get all wheels (its reason stands above). Check the "
            "connection or the proxy, then run `make bundle` again."
        )


def bundle(course=ROOT, needed=NEEDED):
    """Make the archive in build/.

    Args:
        course: the repository's root.
        needed: bytes that must be free.

    Returns:
        Its path: build/from-pixels-to-features-VERSION-PLATFORM.zip.

    Raises:
        ValueError: if files are not committed, or a wheel cannot be had.
        OSError: if the disk is too full.
    """
    course = Path(course)
    check_committed(course)
    build = course / "build"
    build.mkdir(exist_ok=True)
    check_room(build, needed)
    version = git("describe", "--tags", "--always", folder=course)
    system = sysconfig.get_platform().replace(".", "_")
    name = f"{NAME}-{version.replace('/', '-')}"
    platform = f"Python {python_version()} on {sysconfig.get_platform()}"
    archive = build / f"{name}-py{python_version().replace('.', '')}-{system}.zip"
    with tempfile.TemporaryDirectory(dir=build, prefix="bundle-") as scratch:
        wheels, made = Path(scratch) / "wheels", Path(scratch) / "made.zip"
        fetch_wheels(wheels, course)
        prefix = f"--prefix={name}/"
        git("archive", "--format=zip", prefix, "-o", str(made), "HEAD", folder=course)
        with zipfile.ZipFile(made, "a") as file:  # what it adds, it stores as it is
            for wheel in sorted(wheels.glob("*.whl")):
                file.write(wheel, f"{name}/wheels/{wheel.name}")
            file.writestr(f"{name}/{FOR}", f"{platform}\n")
            file.writestr(f"{name}/INSTALL.txt", install_text(platform))
        os.replace(made, archive)
    return archive


def main():
    print("Fetching wheels of all packages; with an empty cache this takes minutes.")
    try:
        archive = bundle()
    except (OSError, ValueError) as problem:
        sys.exit(str(problem))
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:,.0f} MB.")
    print("Unpack it where there is no network; INSTALL.txt says how to go on.")


if __name__ == "__main__":
    main()
