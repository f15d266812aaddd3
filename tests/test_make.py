"""The Makefile on other people's machines: odd environments, settings and Pythons.

It is copied into a folder with a space in its name and with few requirements.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from course import ROOT

LISTS = ("requirements.txt", "tests/requirements.txt", "docs/requirements.txt")
SIDE_BY_SIDE = "-m pytest -n auto --dist loadfile"
NOTEBOOKS = ("04_One", "05_Two", "06_Three")

# how settings begin that a make around the tests, or a user, has made
OURS = ("MAKE", "PIP_", "PYTHON", "KERAS_", "ONLY", "CONSTRAINTS")
RUNS_HERE = os.name != "nt" and shutil.which("make")
NO_LAB = "Colab has a page of its own in place of JupyterLab"
pytestmark = pytest.mark.skipif(not RUNS_HERE, reason="needs make")


@pytest.fixture
def course(tmp_path):
    """A folder with the Makefile, lists of requirements and empty notebooks."""
    folder = tmp_path / "a course"
    names = [*LISTS, "constraints.txt", *(f"notebooks/{n}.ipynb" for n in NOTEBOOKS)]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    shutil.copy2(ROOT / "Makefile", folder)
    return folder


def make(folder, *arguments, **environment):
    """Run make in a folder, with nothing left of a make or settings around it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**clean, "PIP_NO_INDEX": "1", **environment},
        capture_output=True,
        text=True,
    )


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def install(folder, python=sys.executable, **environment):
    return make(folder, ".venv/.installed", f"PYTHON={python}", **environment)


def in_venv(folder, code):
    """What the environment's own Python prints, without the caller's settings."""
    python = folder / ".venv" / "bin" / "python"
    return subprocess.check_output([python, "-I", "-c", code], text=True).strip()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An environment with pip alone."""
    folder = tmp_path_factory.mktemp("whole") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def installed(course, whole):
    """The folder, its environment made and marked as up to date."""
    shutil.copytree(whole, course / ".venv", symlinks=True)
    (course / ".venv" / ".installed").touch()
    return course


def without_pip(venv):
    shutil.rmtree(next(venv.glob("lib/*/site-packages/pip")))


def python_is_gone(venv):
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/nowhere/python3.12")


def python_is_broken(venv):
    (venv / "bin" / "python").unlink()
    script(venv / "bin" / "python", "echo 'no libpython' >&2; exit 127")


def a_package_was_cut_off(venv):
    place = next(venv.glob("lib/*/site-packages")) / "half-1.0.dist-info"
    place.mkdir()
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: half\nVersion: 1.0\n")


def made_by_an_old_python(venv):
    real = (venv / "bin" / "python").resolve()
    (venv / "bin" / "python").unlink()
    pretend(venv / "bin" / "python", (3, 10, 2), real)


def pretend(path, version, real=sys.executable):
    """A Python that says it is of another version."""
    name = "Python " + ".".join(map(str, version))
    lie = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
    return script(
        path,
        f'[ "$1" = -V ] && echo "{name}" && exit\n'
        f'[ "$2" = -c ] && exec "{real}" "$1" -c "{lie}" "$3"\n'
        f'exec "{real}" "$@"',
    )


@pytest.mark.parametrize(
    ("damage", "marked"),
    [
        (without_pip, False),
        (without_pip, True),
        (python_is_gone, True),
        (python_is_broken, True),
        (a_package_was_cut_off, False),
        (made_by_an_old_python, True),
    ],
)
def test_half_made_is_made_anew(installed, tmp_path, whole, damage, marked):
    damage(installed / ".venv")
    if not marked:
        (installed / ".venv" / ".installed").unlink()
    # a Python whose `-m venv --clear` is quick: it copies one that was made before
    copying = script(
        tmp_path / "python",
        f'[ "$2" = venv ] && [ "$3" = --clear ] && rm -r "$4" && '
        f'cp -R "{whole}" "$4" && exit\nexec "{sys.executable}" "$@"',
    )
    done = install(installed, copying)
    assert done.returncode == 0, done.stderr
    fits = "import sys, pip; print(sys.version_info >= (3, 11))"
    assert in_venv(installed, fits) == "True"
    assert not list(installed.glob(".venv/lib/*/site-packages/half*"))
    assert "up to date" in install(installed, "/no/python").stdout


def test_a_new_environment(course):
    (course / ".venv").mkdir()  # `python -m venv` was interrupted at once
    done = install(course)
    assert done.returncode == 0, done.stderr
    assert Path(in_venv(course, "import sys; print(sys.prefix)")) == course / ".venv"
    assert "up to date" in install(course).stdout


@pytest.mark.parametrize("version", [(3, 14, 0), (3, 10, 2), (2, 7, 18)])
def test_a_python_that_does_not_fit_is_refused(course, tmp_path, version):
    python = pretend(tmp_path / "python", version)
    before = sorted(course.rglob("*"))
    done = make(course, "lab", f"PYTHON={python}")
    name = ".".join(map(str, version))
    assert done.returncode and sorted(course.rglob("*")) == before
    assert done.stderr.startswith("The course needs Python 3.11, 3.12 or 3.13; ")
    assert f"python is: Python {name}.\n" in done.stderr
    assert "such as: make lab PYTHON=python3.12\n" in done.stderr


def test_no_python_at_all(course):
    done = make(course, "test", "PYTHON=python9.9")
    assert done.returncode and not (course / ".venv").exists()
    assert done.stderr.startswith("The course needs Python 3.11, 3.12 or 3.13; ")
    assert "not found" in done.stderr


@pytest.fixture
def wheel(installed, tmp_path):
    """A requirement that is not installed yet; settings by which pip finds it."""
    info = "course_extra-1.0.dist-info"
    metadata = "Metadata-Version: 2.1\nName: course-extra\nVersion: 1.0\n"
    kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(tmp_path / "course_extra-1.0-py3-none-any.whl", "w") as file:
        file.writestr("course_extra.py", "")
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(f"{info}/WHEEL", kind)
        file.writestr(f"{info}/RECORD", "")
    elsewhere = tmp_path / "elsewhere" / info
    elsewhere.mkdir(parents=True)
    (elsewhere / "METADATA").write_text(metadata)
    (installed / "requirements.txt").write_text("# one\ncourse-extra>=1.0,<2\n")
    return {"PIP_FIND_LINKS": str(tmp_path)}


@pytest.mark.parametrize(
    "settings",
    [
        {"PIP_USER": "1"},
        {"PIP_TARGET": "{elsewhere}"},
        {"PIP_PREFIX": "{elsewhere}", "PIP_ROOT": "{elsewhere}"},
        {"PYTHONPATH": "{elsewhere}", "PYTHONSAFEPATH": "1"},
        {"PYTHONHOME": "{elsewhere}"},
        {"pip.conf": "[install]\nuser = true\n"},
    ],
    ids=lambda settings: " ".join(settings),
)
def test_a_users_settings_do_no_harm(installed, wheel, tmp_path, settings):
    elsewhere = tmp_path / "elsewhere"
    before = sorted(elsewhere.rglob("*"))
    settings = {k: v.format(elsewhere=elsewhere) for k, v in settings.items()}
    if "pip.conf" in settings:
        (tmp_path / "pip.conf").write_text(settings.pop("pip.conf"))
        settings["PIP_CONFIG_FILE"] = str(tmp_path / "pip.conf")
    done = install(installed, "/no/python", HOME=str(tmp_path), **settings, **wheel)
    assert done.returncode == 0, done.stderr
    show = "import course_extra; print(course_extra.__file__)"
    assert Path(in_venv(installed, show)).is_relative_to(installed / ".venv")
    assert sorted(elsewhere.rglob("*")) == before


def test_a_configured_target_is_named(installed, wheel, tmp_path):
    target = f"[install]\ntarget = {tmp_path / 'elsewhere'}\n"
    (tmp_path / "pip.conf").write_text(target)
    for _ in range(2):
        settings = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), **wheel}
        done = install(installed, "/no/python", **settings)
        assert done.returncode
        assert "pip put packages elsewhere than into .venv" in done.stderr


@pytest.fixture
def recorded(course):
    """The folder with a Python that only writes down how it is called."""
    note = 'echo "$@" "| $KERAS_BACKEND $KERAS_HOME" >> calls'
    script(course / ".venv/bin/python", f'[ "$1" = -I ] || {note}')
    (course / ".venv" / ".installed").touch()
    return course


def calls(folder):
    lines = (folder / "calls").read_text().splitlines()
    return [line.split(" | ") for line in lines]


def test_test_runs_everything_whatever_keras_json_says(recorded):
    theirs = {"KERAS_BACKEND": "jax", "KERAS_HOME": "/theirs"}
    assert make(recorded, "test", **theirs).returncode == 0
    ran = calls(recorded)
    assert [call[0].split()[:2] for call in ran] == [
        ["-m", "ruff"],
        ["-m", "ruff"],
        ["-m", "pytest"],
        ["-m", "pytest"],
    ]
    assert ran[2][0] == SIDE_BY_SIDE and ran[3][0].endswith(" notebooks")
    assert {call[1] for call in ran} == {f"tensorflow {recorded / 'build' / 'keras'}"}


def test_only_some_notebooks(recorded):
    assert make(recorded, "test", "ONLY=06 04_One 06").returncode == 0
    *others, (last, _) = calls(recorded)
    assert [call for call, _ in others][-1] == SIDE_BY_SIDE and len(others) == 3
    assert last.split()[-2:] == ["notebooks/04_One.ipynb", "notebooks/06_Three.ipynb"]


def test_lab_asks_for_no_news(recorded):
    """As the installed JupyterLab reads the options that it is called with."""
    pytest.importorskip("jupyterlab", reason=NO_LAB)
    from jupyterlab.handlers.announcements import NeverCheckForUpdate
    from jupyterlab.labapp import LabApp

    assert make(recorded, "lab").returncode == 0
    ((call, _),) = calls(recorded)
    arguments = call.split()
    assert arguments[:3] == ["-m", "jupyterlab", "notebooks"]
    lab = LabApp()
    lab.parse_command_line(arguments[3:])
    assert lab.news_url is None  # its page then asks for no news at all
    assert lab.check_for_updates_class is NeverCheckForUpdate


def test_an_unknown_notebook_is_named(recorded):
    done = make(recorded, "test", "ONLY=04 7")
    assert done.returncode and not (recorded / "calls").exists()
    assert 'No notebook begins with "7". There are: 04_One 05_Two 06_' in done.stderr
