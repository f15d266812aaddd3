"""What is derived from the notebooks and from pyproject.toml is up to date."""

import course
import pytest
import refresh
import stamps
from small_lesson import PATH, small_lesson


def test_up_to_date():
    stale = [p for p, wanted in refresh.derived().items() if p.read_bytes() != wanted]
    assert not stale, "run `make refresh`"


def test_address_stands_in_one_place():
    address = course.settings()["repository"]
    allowed = {"pyproject.toml", "README.md", "CITATION.cff"}
    folders = ("utils", "tools", "tests", "docs", ".github")
    for path in [
        p
        for folder in folders
        for p in (course.ROOT / folder).rglob("*")
        if p.is_file()
    ]:
        if path.suffix in {".py", ".md", ".yml"} and path.name not in allowed:
            assert address not in path.read_text("utf-8"), path


def test_a_route_that_no_longer_takes_a_cell_is_removed():
    lesson = small_lesson()  # on no route
    lesson.cells[0].metadata["route"] = ["workshop"]
    stamps.stamp(lesson, PATH)
    assert not any("route" in cell.metadata for cell in lesson.cells)


def test_missing_marker_is_named():
    with pytest.raises(ValueError, match="<!-- cost --> and <!-- /cost -->"):
        stamps.between("cost", "no markers", "x")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("exercises.hinge.check(f(1))", "needs `exercises.NAME.check"),
        ("exercises.nowhere.check(x)", "`exercises.nowhere` is not in utils"),
    ],
)
def test_a_solution_without_its_exercise_is_named(check, message):
    lesson = small_lesson()
    course.tagged(lesson, "check").source = check
    with pytest.raises(ValueError, match=message):
        stamps.stamp(lesson, PATH)


def test_a_lesson_without_its_module_is_named():
    lesson = small_lesson()
    course.tagged(lesson, "imports").source = "from utils.exercises import nothing"
    with pytest.raises(ValueError, match="is not in utils.exercises.nothing"):
        stamps.stamp(lesson, PATH)
