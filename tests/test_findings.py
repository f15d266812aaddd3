"""Margins of asserts: recorded without changing what a cell does."""

import findings
import nbformat
import pytest
from execution import execute


def run(tmp_path, *sources):
    path = tmp_path / "00_New.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return execute(path)


def test_margins_are_recorded_and_outputs_are_not_touched(tmp_path):
    done = run(
        tmp_path,
        "import numpy as np\n1 + 1;",
        "a, b = np.float32(0.75), np.array([1, 2])\n"
        "assert 0.5 < a <= 1 and not a > b[1], f'{a}'\n"
        "assert (b > a).all()\n"
        "for i in range(2):\n    assert i < 5\n"
        "assert 'x' in 'xyz'\n"
        "print('fine')\na",
    )
    assert done.error == ""
    margins = sorted(m for values in done.margins.values() for m in values)
    assert margins == [-1.25, 0.25, 0.25, 0.25, 4.0, 5.0]
    first, second = done.notebook.cells
    assert first.outputs == [] and first.execution_count == 1
    assert first.source.endswith("1 + 1;")
    assert (
        second.outputs[0].text == "fine\n"
        and "0.75" in second.outputs[1].data["text/plain"]
    )


def test_a_failing_assert_still_fails_with_its_message(tmp_path):
    done = run(tmp_path, "assert 2 < 1, 'two is more'")
    assert "two is more" in done.error and "AssertionError" in done.error


def test_expect_is_recorded_on_both_ends(tmp_path):
    source = (
        "def expect(value, low, high, what):\n    pass\nexpect(0.5, 0.25, 1.0, 'x')"
    )
    assert list(run(tmp_path, source).margins.values()) == [[0.25, 0.5]]


@pytest.mark.parametrize(
    "source", ["%matplotlib inline", "assert x == 3", "print('a < b')", "x ="]
)
def test_what_cannot_move_is_left_alone(source):
    assert findings.watched(source, "c") == source


def test_weak_findings_are_named():
    usual = {"c:1": [0.05], "c:2": [0.5, 0.1], "c:3": [3.0], "c:4": [-1]}
    others = {
        "SSE4.1": {"c:1": [0.03], "c:2": [0.5, 0.04], "c:3": [3.0], "c:4": [-1.1]}
    }
    (found,) = findings.weak(usual, others)
    assert found == "finding c:2 holds by 0.1 and moves by 0.06 under SSE4.1"
