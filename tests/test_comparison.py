"""Words exactly, numbers within bounds: both sides of every edge."""

import nbformat
import pytest
from comparison import MULTIPLE, differences, digest, keep, movement, split, too_wide


def printed(text, name="stdout"):
    return [nbformat.v4.new_output("stream", name=name, text=text)]


def kinds(old, new, moved=None):
    return [found.kind for found in differences(printed(old), printed(new), moved)]


SAME = [
    ("39 of 2,624 cells", "39 of 2,624 cells"),
    ("0.755 balanced", "0.754 balanced"),  # one unit of the last digit
    ("0.743 to 0.755", "0.744 to 0.754"),
    ("-0.1 points", "-0.2 points"),  # a thousandth
    ("48%", "47%"),  # a rounding, though nothing in this cell was seen to move
    ("3 points", "4 points"),
    ("[0.1  0.25]\n [1.   0.5 ]", "[0.1  0.25]\n [1.   0.5 ]"),
    ("score  0.5", "score 0.5"),  # the width of a column follows its numbers
    ("-0.001", "0.000"),
    ("−0.50", "-0.50"),  # a minus sign is a minus
    ("1e-05", "1e-05"),
    ("loss nan", "loss nan"),
]
DIFFERENT = [
    ("39 cells", "38 cells", "number"),
    ("2,624", "2,625", "number"),
    ("0.755", "0.753", "number"),  # two units
    ("0.8", "0.9", "number"),  # one unit, but more than a rounding of an accuracy
    ("18.6 dB", "18.7 dB", "number"),
    ("86 %", "84 %", "number"),
    ("+1.6 points", "-1.6 points", "number"),
    ("3 points", "5 points", "number"),
    ("0.5", "nan", "words"),
    ("0.5", "inf", "words"),
    ("0.5 and 0.6", "0.5", "words"),
    ("0.5", "0.5 0.6", "words"),
    ("block5 wins", "block6 wins", "words"),  # a name, no number
    ("version 2.20.0", "version 2.21.0", "words"),
    ("A beats B", "B beats A", "words"),
    ("True", "False", "words"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_same(old, new):
    assert kinds(old, new) == []


@pytest.mark.parametrize(("old", "new", "kind"), DIFFERENT)
def test_different(old, new, kind):
    assert kinds(old, new) == [kind]


@pytest.mark.parametrize(
    ("old", "step", "inside", "outside"),
    [
        ("0.860", 0.01, "0.830", "0.829"),
        ("2.86", 0.02, "2.92", "2.93"),
        ("39 cells", 2, "45 cells", "46 cells"),
        ("86 %", 0.01, "83 %", "82 %"),
        ("1,234 steps", 10, "1,264 steps", "1,265 steps"),
        ("1.5e-07", 1e-8, "1.8e-07", "1.9e-07"),
        ("(± 4.6 points)", 0.001, "(± 4.9 points)", "(± 5.0 points)"),
    ],
)
def test_just_inside_and_just_outside_of_what_was_measured(old, step, inside, outside):
    assert MULTIPLE == 3
    assert kinds(old, inside, {"0": step}) == []
    assert kinds(old, outside, {"0": step}) == ["number"]


def test_a_cell_with_moving_numbers_rounds_its_other_decimals():
    moved = {"1": 0.001}
    assert kinds("18.6 dB, 0.811, 86 %", "18.7 dB, 0.814, 85 %", moved) == []
    assert kinds("18.6 dB, 0.811, 86 %", "18.8 dB, 0.811, 86 %", moved) == ["number"]
    assert kinds("40 cells of 0.811", "41 cells of 0.811", moved) == ["number"]
    assert kinds("0.8 of 0.811", "0.9 of 0.811", moved) == ["number"]


def test_decimals_of_one_fineness_move_together_and_counts_alone():
    assert kinds("0.50 and 0.50", "0.50 and 0.55", {"0": 0.02}) == []
    assert kinds("0.50 and 0.500", "0.50 and 0.555", {"0": 0.02}) == ["number"]
    assert kinds("38 of 656", "40 of 656", {"0": 2}) == []
    assert kinds("38 of 656", "38 of 655", {"0": 2}) == ["number"]


def test_the_message_names_number_movement_and_bound():
    (found,) = differences(
        printed("accuracy 0.860 of 40\n"), printed("accuracy 0.840 of 40\n")
    )
    assert "0.860 became 0.840" in str(found) and "moved by 0.02" in str(found)
    assert "0.001 is allowed" in str(found) and "accuracy 0.860 of 40" in str(found)


def test_the_message_shows_the_changed_line():
    (found,) = differences(printed("one\ntwo 0.1\n"), printed("one\nthree 0.1\n"))
    assert "'two 0.1'" in str(found) and "'three 0.1'" in str(found)


def test_order_counts_within_a_kind_only():
    figure = nbformat.v4.new_output(
        "display_data", {"text/plain": "Figure: up", "image/png": "a"}
    )
    line = printed("0.5")[0]
    assert differences([figure, line], [line, figure]) == []
    other = nbformat.v4.new_output(
        "display_data", {"text/plain": "Figure: down", "image/png": "b"}
    )
    assert [d.kind for d in differences([figure], [other])] == ["words"]
    assert differences([figure, other], [other, figure])


def test_streams_may_come_in_pieces():
    assert differences(printed("a\nb\n"), printed("a\n") + printed("b\n")) == []


def test_an_output_more_or_less_is_said():
    (found,) = differences(printed("a"), [])
    assert str(found) == "stored: stdout; now: nothing"
    (found,) = differences([], printed("a", "stderr"))
    assert "stderr" in str(found)


def test_errors_are_compared_by_name_and_value():
    one, two = (
        [nbformat.v4.new_output("error", ename="ValueError", evalue=v, traceback=[v])]
        for v in ("needs (8, 8)", "needs (8, 9)")
    )
    assert differences(one, one) == [] and differences(one, two)


def test_the_process_number_in_a_warning_does_not_count():
    one, two = (f"/x/ipykernel_{n}/{n}.py:3: careful" for n in (11, 222))
    assert kinds(one, two) == []


def test_movement_is_none_where_words_change():
    assert movement(printed("up 0.5"), printed("down 0.5")) is None
    assert movement(printed("up 0.5"), printed("up 0.75")) == [0.25]


def test_percent_is_a_fraction_and_thousands_are_one_number():
    _, numbers = split("83.2 % of 12,345.5 and -1.5e-3, 224x224, (3, 4)")
    values = [round(number.value, 9) for number in numbers]
    assert values == [0.832, 12345.5, -0.0015, 224, 3, 4]


def test_a_bound_wider_than_an_accuracy_bears_is_named():
    cell = nbformat.v4.new_code_cell("", outputs=printed("0.811 of 30 at 52 %"))
    assert too_wide(cell) == []
    cell.metadata["moved"] = {"0": 0.011}
    (fault,) = too_wide(cell)
    assert "0.811 may move by 0.033" in fault
    cell.metadata["moved"] = {"0": 0.01, "1": 5.0}
    assert too_wide(cell) == []


def drawn(picture, *sources):
    """A notebook whose last cell draws a picture with the same title."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    data = {"image/png": picture, "text/plain": "Figure: level"}
    cells[-1].outputs = [nbformat.v4.new_output("display_data", data)]
    for cell in cells:
        cell.metadata["ran"] = digest(cell)
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    "first, picture, count", [("n = 1", "old", 0), ("n = 2", "new", 1)]
)
def test_below_an_edited_cell_a_picture_is_new(first, picture, count):
    stored, fresh = drawn("old", "n = 1", "draw(n)"), drawn("new", first, "draw(n)")
    for old, cell in zip(stored.cells, fresh.cells):
        cell.metadata["ran"] = old.metadata["ran"]
    assert keep(stored, fresh) == count
    assert fresh.cells[-1].outputs[0].data["image/png"] == picture
    assert all(cell.metadata["ran"] == digest(cell) for cell in fresh.cells)


@pytest.mark.parametrize("first, text", [("n = 1", "AUC 0.94"), ("n = 2", "AUC 0.93")])
def test_below_an_edited_cell_a_number_within_its_bounds_is_new(first, text):
    stored, fresh = drawn("", "n = 1", "draw(n)"), drawn("", first, "draw(n)")
    stored.cells[-1].outputs = printed("AUC 0.94")
    fresh.cells[-1].outputs = printed("AUC 0.93")
    fresh.cells[0].metadata["ran"] = stored.cells[0].metadata["ran"]
    keep(stored, fresh)
    assert fresh.cells[-1].outputs == printed(text)


def test_above_an_edited_cell_a_number_is_of_the_same_run():
    """Two cells that tell one number, around the edited one, tell the same."""
    stored, fresh = drawn("", "score()", "n = 1"), drawn("", "score()", "n = 2")
    fresh.cells[1].metadata["ran"] = stored.cells[1].metadata["ran"]
    stored.cells[0].outputs = printed("AUC 0.94")
    fresh.cells[0].outputs = printed("AUC 0.93")
    fresh.cells[0].metadata["moved"] = {"0": 0.01}
    assert keep(stored, fresh) == 1
    assert fresh.cells[0].outputs == printed("AUC 0.93")
