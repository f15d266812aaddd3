"""A bundle of a course with one small requirement, and its room without a network."""

import os
import shutil
import subprocess
import sys
import zipfile

import bundle
import pytest
from course import ROOT
from repositories import commit
from test_make import OURS, RUNS_HERE
from test_setup_cell import write

INFO = "course_extra-1.0.dist-info"
WHEEL = {
    "course_extra.py": "",
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: course-extra\nVersion: 1.0\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}/RECORD": "",
}
pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="needs git")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A repository with the Makefile, data and one requirement, which pip can find."""
    with zipfile.ZipFile(tmp_path / "course_extra-1.0-py3-none-any.whl", "w") as file:
        for name, text in WHEEL.items():
            file.writestr(name, text)
    for name in list(os.environ):
        if name.startswith(OURS):  # also of `make test ONLY=04`, in which tests may run
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    folder = write(
        tmp_path / "a course",
        {
            **dict.fromkeys(bundle.LISTS, ""),
            "requirements.txt": "course-extra>=1.0,<2\n",
            "constraints.txt": "course-extra==1.0\n",
            "Makefile": (ROOT / "Makefile").read_text("utf-8"),
            ".gitignore": "build/\n",
            "data/digits": "12",
        },
    )
    return commit(folder)


def without_network():
    """What a command begins with so that it has none: nothing, where that is no use."""
    alone = ["unshare", "-rn"]
    works = shutil.which("unshare") and not subprocess.call([*alone, "true"])
    return alone if works else []


@pytest.mark.skipif(not RUNS_HERE, reason="needs make")
def test_a_room_installs_from_the_archive_alone(course, tmp_path, monkeypatch):
    (course / "not committed").touch()
    archive = bundle.bundle(course, needed=1e6)
    assert [path.name for path in (course / "build").iterdir()] == [archive.name]
    shutil.unpack_archive(archive, tmp_path / "room")
    (room,) = (tmp_path / "room").iterdir()
    names = {str(path.relative_to(room)) for path in room.rglob("*") if path.is_file()}
    assert {"data/digits", "INSTALL.txt", "wheels/FOR.txt"} <= names
    assert "not committed" not in names
    assert archive.name.startswith(room.name)
    assert f"Python {bundle.python_version()} on" in (room / bundle.FOR).read_text()

    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    make = ["make", ".venv/.installed", f"PYTHON={sys.executable}"]
    command = [*without_network(), *make]
    done = subprocess.run(command, cwd=room, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    show = "import course_extra; print(course_extra.__file__)"
    out = subprocess.check_output([room / ".venv/bin/python", "-Ic", show], text=True)
    assert out.startswith(str(room / ".venv"))


def test_the_archive_of_yesterday_stays_if_todays_fails(course, monkeypatch):
    first = bundle.bundle(course, needed=1e6)
    before = first.read_bytes()
    monkeypatch.setenv("PIP_FIND_LINKS", str(course))  # nothing is found there
    with pytest.raises(ValueError, match="could not get all wheels .* the proxy"):
        bundle.bundle(course, needed=1e6)
    assert list((course / "build").iterdir()) == [first]
    assert first.read_bytes() == before


def test_a_full_disk_is_told_before_anything_is_fetched(course):
    with pytest.raises(OSError, match="needs 1000000.0 GB of free disk .* has "):
        bundle.bundle(course, needed=1e15)
    assert not any((course / "build").iterdir())


def test_instructions_fit_the_system():
    assert "    .venv/bin/python -m pip" in bundle.install_text("any", "posix")
    text = bundle.install_text("any", "nt")
    assert f"    py -{bundle.python_version()} -m venv .venv\n" in text
    assert "    .venv\\Scripts\\python -m jupyterlab notebooks\n" in text
    assert max(map(len, text.splitlines())) < 120
