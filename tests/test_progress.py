"""`exercises.progress()`: what is kept, and that a check never fails because of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from utils.exercises import progress, text_from_images
from utils.files import ROOT

NAMES = ["fewest", "likeliest", "report", "distance", "attend", "beam", "repaired"]


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """As in a new kernel of a notebook; returns where its progress file will be."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(progress, "in_a_notebook", lambda: True)
    monkeypatch.setattr(progress, "_passed_here", set())
    return tmp_path / "cache-progress.txt"


def passes(name):
    exercise = getattr(text_from_images, name)
    exercise.check(exercise.solution)


def told(capsys):
    capsys.readouterr()
    text_from_images.progress()
    return capsys.readouterr().out.splitlines()


def new_kernel(monkeypatch):
    monkeypatch.setattr(progress, "_passed_here", set())


def test_a_pass_is_kept_and_told_by_the_next_kernel(notebook, capsys, monkeypatch):
    passes("fewest")
    passes("fewest")
    text_from_images.distance.check(lambda truth, read: 0)  # wrong
    assert notebook.read_text() == "text_from_images.fewest\n"
    new_kernel(monkeypatch)
    passes("fewest")
    assert notebook.read_text() == "text_from_images.fewest\n"
    lines = told(capsys)
    assert lines[0] == f"Passed: 1 of {len(NAMES)}."
    marks = {line.split("  ")[2].strip(): line for line in lines[1:-2]}
    assert list(marks) == NAMES
    assert [n for n in NAMES if marks[n].startswith("  passed ")] == ["fewest"]
    assert "delete it" in lines[-2]
    assert lines[-1] == str(notebook)
    assert max(map(len, lines[:-1])) <= 88


def test_tests_and_scripts_are_no_progress(notebook, monkeypatch):
    monkeypatch.undo()
    passes("fewest")
    assert not notebook.exists()


def test_every_notebook_says_its_exercises_sections():
    for path in (ROOT / "utils" / "exercises").glob("*.py"):
        names = re.findall(r"^(\w+) = Exercise\(", path.read_text("utf-8"), re.M)
        sections = progress._sections(path.stem)
        assert set(sections) == set(names), path.stem
        assert all(sections.values()), path.stem


@pytest.mark.parametrize(
    "broken",
    [b"\xff\xfe\x00", b"text_from_images.fewe", b"[1, 2\n\n\n", b"x" * 2_000_000, None],
    ids=["bytes", "torn", "other text", "huge", "a folder"],
)
def test_a_broken_file_breaks_nothing(notebook, capsys, broken):
    if broken is None:
        notebook.mkdir()
    else:
        notebook.write_bytes(broken)
    passes("fewest")
    passes("distance")
    assert capsys.readouterr().out.count("Right. ") == 2
    lines = told(capsys)
    assert lines[0] == f"Passed: 2 of {len(NAMES)}."  # this kernel knows
    if broken is None or len(broken) > 1_000_000:
        assert "cannot be read" in lines[-2]
    else:
        assert broken in notebook.read_bytes()
        kept = notebook.read_text(errors="replace").splitlines()
        assert kept[-2:] == ["text_from_images.fewest", "text_from_images.distance"]


def test_a_disk_that_cannot_be_written_is_told(notebook, capsys, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    passes("fewest")
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_CACHE", str(notebook.with_name("cache")))
    monkeypatch.setattr(progress, "_passed_here", {"text_from_images.fewest"})
    lines = told(capsys)
    assert lines[0] == f"Passed: 1 of {len(NAMES)}."
    assert "forgotten when the kernel ends" in lines[-2]


def test_without_the_notebooks_the_names_suffice(notebook, capsys, monkeypatch):
    monkeypatch.setattr(progress, "ROOT", notebook.parent)
    lines = told(capsys)
    assert [line.split()[-1] for line in lines[1:-2]] == NAMES


def test_kernels_at_once_lose_nothing(notebook):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from utils.exercises import progress;"
        "progress.in_a_notebook = lambda: True;"
        "[progress.record(sys.argv[2], str(i)) for i in range(100)]"
    )
    kernels = [
        subprocess.Popen([sys.executable, "-c", code, str(ROOT), name])
        for name in ("one", "other")
    ]
    assert not any(kernel.wait() for kernel in kernels)
    kept = notebook.read_text().splitlines()
    assert sorted(kept) == sorted(
        f"{k}.{i}" for k in ("one", "other") for i in range(100)
    )
