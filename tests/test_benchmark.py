"""What `make benchmark` says of notebooks: runs, cells, sums and failures."""

from pathlib import Path

import nbformat
from benchmark import Cost, cost, report

SOURCES = ("import os; word = os.environ['COURSE_CACHE']", "word", "assert word == ''")


def lesson(folder, broken=False):
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}")
             for n, source in enumerate(SOURCES)]  # fmt: skip
    cells[2].metadata["part"] = "more"
    if not broken:
        cells[2].source = "len(word)"
    path = folder / "04_Lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_three_runs_and_the_seconds_of_each_cell(tmp_path):
    path = lesson(tmp_path)
    before = path.read_bytes()
    found = cost(path, tmp_path / "cache", seconds=0.1)
    assert not found.error and path.read_bytes() == before
    assert list(found.cells) == ["c0", "c1", "c2"]
    assert 0 < sum(found.cells.values()) < found.warm
    assert found.peak_bytes > 1e7 and min(found.cold, found.core) > 0
    assert min(found.processors, found.count) > 0


def test_a_failure_in_more_leaves_the_core(tmp_path):
    error = cost(lesson(tmp_path, broken=True), tmp_path / "cache", seconds=0.1).error
    assert "cold: " in error and "warm: " in error and "core alone" not in error


def test_the_report_adds_up_and_names_what_costs_and_what_failed():
    slow = Cost(50.4, 30.2, 20.1, int(1.26e9), {"quick": 1.0, "slow": 25.0}, 1.94, 9000)
    other = Cost(
        10, 5, 4, int(1e9), {"middle": 4.0}, 1.1, 8000, "warm: the kernel died"
    )
    text = report({Path("04_A.ipynb"): slow, Path("05_B.ipynb"): other})
    assert text[1].split() == ["04_A", "50", "30", "20", "1.3", "1.9", "9,000"]
    assert text[3].split() == ["all", "60", "35", "24"]
    assert text[5].endswith("measure again: 05")
    assert [line.split()[2] for line in text[8:11]] == ["slow", "middle", "quick"]
    assert "05_B failed warm: the kernel died" in text[-1]
