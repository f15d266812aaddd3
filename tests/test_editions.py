"""An edition is made and used in a copy of the repository."""

import os
import re
import subprocess
import sys

import edition
import nbformat
import pytest
import stamps
from bundle import check_committed
from course import ROOT, notebook_paths, tagged
from repositories import commit, copy_of_course, git

NAME = "1999-test"  # not that of an edition in which these tests may run
SECTION = f"# What changed\n\n## {NAME}\n\nA test.\n"


@pytest.fixture(autouse=True)
def identity(monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "course")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "course@example.org")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The course, its page of changes announcing an edition."""
    folder = copy_of_course(tmp_path_factory.mktemp("course"))
    (folder / edition.CHANGES).write_text(SECTION, "utf-8")
    git(folder, "commit", "-qam", "changes")
    return folder


@pytest.fixture
def small(tmp_path):
    """A repository with nothing but what an edition asks first."""
    folder = tmp_path / "small"
    (folder / "docs").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    (folder / "notebooks/00_One.ipynb").write_text("{}")
    (folder / "notebooks/01_Two.ipynb").write_text("{}")
    (folder / edition.CHANGES).write_text(SECTION, "utf-8")
    (folder / "docs/requirements.txt").touch()
    return commit(folder)


def state(folder):
    """All that an edition must leave as it is."""
    commands = ["rev-parse HEAD", "status --porcelain --branch", "worktree list"]
    return [git(folder, *command.split()) for command in [*commands, "branch --all"]]


def test_an_edition_from_making_to_use(repository, tmp_path):
    before = state(repository)
    edition.edition(NAME, repository)
    assert state(repository) == before

    # what the tag holds: names everywhere, and no cell but the stamped ones is touched
    for path in notebook_paths():
        text = git(repository, "show", f"{NAME}:notebooks/{path.name}")
        frozen, ours = nbformat.reads(text, 4), nbformat.read(path, 4)
        badge = tagged(frozen, "title").source
        assert badge.count(f"/blob/{NAME}/notebooks/{path.name}") == 2
        assert f" · Edition {NAME}\n" in badge
        setup = tagged(frozen, "setup").source
        assert f"--branch {NAME} " in setup and f"/docs/{NAME}.txt" in setup
        assert len(setup.splitlines()) <= 20
        assert max(map(len, setup.splitlines())) <= 88
        for cell, own in zip(frozen.cells, ours.cells, strict=True):
            stamped = {"title", "setup"} & set(cell.metadata.get("tags", []))
            assert stamped or cell == own
            assert cell.get("outputs") == own.get("outputs")
    readme = git(repository, "show", f"{NAME}:README.md")
    assert readme.count(f"/blob/{NAME}/") == len(notebook_paths())
    made = git(repository, "show", f"{NAME}:docs/{NAME}.txt")
    assert re.fullmatch(rf"Edition {NAME}, made from \w+ of [\d-]+\.", made)

    # a notebook downloaded alone, beside another copy of the course, gets its edition
    name = notebook_paths()[0].name
    lesson = nbformat.reads(git(repository, "show", f"{NAME}:notebooks/{name}"), 4)
    other = tmp_path / "from-pixels-to-features" / stamps.MARK
    other.parent.mkdir(parents=True)
    other.touch()
    git(repository, "commit", "-q", "--allow-empty", "-m", "main goes on")
    use = f"{tagged(lesson, 'setup').source}\nprint(course, runtime.versions())"
    out = subprocess.check_output(
        [sys.executable, "-c", use],
        cwd=tmp_path,
        env={**os.environ, "COURSE_REPOSITORY": repository.as_uri()},
        text=True,
        stderr=subprocess.DEVNULL,
    )
    place = tmp_path.resolve() / f"from-pixels-to-features-{NAME}"
    assert f"{place} course {NAME}, Python" in out

    with pytest.raises(ValueError, match=f"a tag {NAME} already"):
        edition.edition(NAME, repository)


@pytest.mark.parametrize(
    "name", ["", "2027 spring", "-f", "a/b", "a..b", "x.lock", "main;ls", "ü", "1" * 16]
)
def test_a_name_that_cannot_be_one(small, name):
    with pytest.raises(ValueError, match="such as NAME=2027-spring. Received: "):
        edition.edition(name, small)


def test_a_name_that_is_taken(small):
    git(small, "branch", "2026")
    with pytest.raises(ValueError, match="a branch 2026 already"):
        edition.edition("2026", small)
    with pytest.raises(ValueError, match="docs/requirements.txt is a file of"):
        edition.edition("requirements", small)


def test_what_is_not_committed_is_named(small):
    (small / "notebooks/00_One.ipynb").write_text("{ }")
    with pytest.raises(ValueError, match=r"00_One\.ipynb\nCommit them"):
        edition.edition(NAME, small)
    with pytest.raises(ValueError, match="is no git clone of the course"):
        check_committed(small / "docs")


def test_changes_must_be_told(small):
    with pytest.raises(ValueError, match="## 2028\n\n- This is the first edition"):
        edition.edition("2028", small)
    (small / "pyproject.toml").touch()  # what an edition's own commit changes
    git(small, "add", "-A")
    git(small, "commit", "-qm", "Edition")
    git(small, "tag", NAME)
    (small / "notebooks/01_Two.ipynb").write_text("{ }")
    git(small, "commit", "-qam", "Two")
    with pytest.raises(ValueError, match="## 2028\n\n- 01_Two: $"):
        edition.edition("2028", small)


def test_a_failure_leaves_nothing(small):
    before = state(small)
    with pytest.raises((ValueError, OSError)):
        edition.edition(NAME, small)  # there is no pyproject.toml to stamp
    assert state(small) == before and not git(small, "tag")


def test_the_page_of_changes():
    page = (ROOT / edition.CHANGES).read_text("utf-8")
    headings = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    assert len(set(headings)) == len(headings) > 0
    for heading in headings:
        assert edition.section(heading, page), heading
