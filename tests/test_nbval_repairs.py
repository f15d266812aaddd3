"""Where nobody measured, a number outside its bounds is listed; words still fail."""

import nbformat
import nbval_repairs as repairs
import pytest


class Cell:
    """What `compare_outputs` needs of nbval's cell."""

    nodeid = "01_New.ipynb::Cell 3"

    def __init__(self):
        self.cell, self.listed = nbformat.v4.new_code_cell(), []

    def warn(self, warning):
        self.listed.append(str(warning))


def printed(text):
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]


@pytest.mark.parametrize(
    ("new", "measured", "elsewhere", "listed"),
    [
        ("up 0.50", True, True, 0),
        ("up 0.70", False, True, 1),
        ("down 0.50", False, False, 0),
    ],
)
def test_platforms(monkeypatch, new, measured, elsewhere, listed):
    for platform, verdict in ((True, measured), (False, elsewhere)):
        monkeypatch.setattr(repairs, "PLATFORM", platform)
        cell = Cell()
        assert (
            repairs.compare_outputs(cell, printed(new), printed("up 0.50")) is verdict
        )
        assert len(cell.listed) == (0 if platform else listed)
        assert bool(cell.comparison_traceback) is not verdict


def test_bounds_come_from_the_cell():
    cell = Cell()
    cell.cell.metadata["moved"] = {"0": 0.01}
    assert repairs.compare_outputs(cell, printed("up 0.53"), printed("up 0.50"))
    assert not repairs.compare_outputs(cell, printed("up 0.54"), printed("up 0.50"))
    assert "0.50 became 0.54" in cell.comparison_traceback[0]
