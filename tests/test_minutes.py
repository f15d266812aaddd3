"""The minutes of a lesson follow from what is in it, counted by hand here."""

from functools import cache

import minutes
import nbformat
import pytest
import refresh
import stamps
from course import notebook_paths, tagged
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def text(source, **metadata):
    return new_markdown_cell(source, metadata=metadata)


def code(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


FIGURE = new_output("display_data", {"image/png": "", "text/plain": "a figure"})


@cache
def readme_rows():
    return refresh.table().splitlines()


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_card_and_readme_say_the_same(path):
    notebook = nbformat.read(path, 4)
    stamps.stamp(notebook, path)
    shown = minutes.core(notebook).rounded
    card = tagged(notebook, "cost-card").source
    (row,) = [row for row in readme_rows() if f"[{path.stem}]" in row]
    assert f"**Cost**: {shown} minutes of reading and doing" in card
    assert row.split(" | ")[2] == str(shown)


def test_the_formula():
    lesson = minutes.Minutes(
        words=180,
        lines=12,
        figures=2,
        bets=1,
        exercises=1,
        computing=1.5,
    )
    assert lesson.total == 1 + 1 + 1 + 1 + 7 + 1.5


@pytest.mark.parametrize(
    ("total", "shown"),
    [(0, 5), (7.4, 5), (7.5, 10), (82.4, 80), (92.5, 95)],
)
def test_minutes_are_shown_to_the_nearest_five(total, shown):
    assert minutes.Minutes(computing=total).rounded == shown


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Two words", 2),
        ("# A title\n\nand **more**", 4),
        ("| a | b |\n|---|---|\n| 1 | – |", 3),
        ("[three short words](https://example.org/a/b)", 3),
        ("![what it shows](figure.png) one", 1),
        ("one <details><summary>two</summary>three</details>", 1),
        ("<!-- badges -->\n[Colab](x) · [File](y)\n<!-- /badges -->\none", 1),
        ("<!-- a remark --> one", 1),
        ("one\n\n## References\n\n- A. Author, a book.\n\n## Next\n\nfour five", 4),
    ],
)
def test_words(source, words):
    notebook = new_notebook(cells=[text(source)])
    assert minutes.core(notebook).words == words


def test_references_go_on_in_the_next_cell():
    sources = ("## References", "- A. Author, a book.", "## Next", "one")
    notebook = new_notebook(cells=[text(source) for source in sources])
    assert minutes.core(notebook).words == 2


def test_the_cost_card_is_not_read():
    notebook = new_notebook(cells=[text("one two", tags=["cost-card"])])
    assert minutes.core(notebook).words == 0


def test_lines_are_counted_as_they_are_laid_out():
    wide = "answer = function(" + ", ".join(f"argument_{i}" for i in range(9)) + ")"
    short = new_notebook(cells=[code("x=1\n\n\ny=2")])
    assert minutes.core(short).lines == 2
    assert minutes.core(new_notebook(cells=[code(wide)])).lines > 3
    assert minutes.core(new_notebook(cells=[code("a=1;b=2;c=3")])).lines == 3


def test_lines_for_ipython_are_lines():
    notebook = new_notebook(cells=[code("%matplotlib inline\n!ls\nx = 1")])
    assert minutes.core(notebook).lines == 3


def test_set_up_and_imports_are_given():
    cells = [code("x = 1", tags=["setup"]), code("import os", tags=["imports"])]
    assert minutes.core(new_notebook(cells=cells)).lines == 0


def test_a_cell_that_is_not_python_is_named():
    notebook = new_notebook(cells=[code("x = = 1")])
    with pytest.raises(ValueError, match="ruff cannot lay out"):
        minutes.core(notebook)


def test_figures_bets_and_exercises():
    cells = [
        code("draw()", FIGURE, FIGURE),
        text("![a drawing](drawing.png)"),
        code("my_share = None  # from 0 to 1"),
        code('order = ("a", "b")', tags=["bet"]),
        code("my_bytes = None", tags=["exercise"]),
        code("my_bytes = 5"),
    ]
    counted = minutes.core(new_notebook(cells=cells))
    assert (counted.figures, counted.bets, counted.exercises) == (3, 2, 1)


def lesson():
    """Core 2 lines, More 4, of a notebook that computes three minutes when warm."""
    cells = [
        text("Cost", tags=["cost-card"], cost={"first": 300, "again": 180}),
        text("## What?"),
        code("x = 1"),
        text("## More: Why?", part="more"),
        code("a = 1\nb = 2\nc = 3", part="more"),
        text("## More: How?", part="more"),
        code("d = 4", part="more"),
        text("## Recap\n\nDone."),
        code("y = 2"),
    ]
    return new_notebook(cells=cells)


def test_computing_is_shared_by_lines_of_code():
    notebook = lesson()
    whole = minutes.spent(notebook, lambda cell: True)
    sections = [spent for _, spent in minutes.more(notebook)]
    assert whole.computing == pytest.approx(3)
    assert minutes.core(notebook).computing == pytest.approx(1)
    assert [spent.computing for spent in sections] == pytest.approx([1.5, 0.5])
    parts = [minutes.core(notebook), *sections]
    assert sum(spent.total for spent in parts) == pytest.approx(whole.total)


def test_without_parts_all_is_core():
    notebook = lesson()
    for cell in notebook.cells:
        cell.metadata.pop("part", None)
    assert minutes.core(notebook) == minutes.spent(notebook, lambda cell: True)
    assert minutes.more(notebook) == []


def test_contents_list_more_sections_with_minutes():
    assert minutes.contents(lesson()).splitlines() == [
        "**Core path**, 5 minutes:",
        "",
        "1. What?",
        "",
        "**More**, for those who stay:",
        "",
        "- Why? (5 minutes)",
        "- How? (5 minutes)",
    ]


def test_what_is_stamped_does_not_change_the_minutes():
    notebook = lesson()
    before = minutes.core(notebook)
    block = f"<!-- contents -->\n{minutes.contents(notebook)}\n<!-- /contents -->"
    notebook.cells.insert(1, text(block, tags=["contents"]))
    assert minutes.core(notebook) == before
    assert minutes.contents(notebook) in block


def test_ruff_runs_once_a_notebook():
    minutes._laid_out.cache_clear()
    notebook = nbformat.from_dict(lesson())
    for _ in range(3):
        minutes.core(notebook)
    assert minutes._laid_out.cache_info().misses == 1
