"""The glossary agrees with the notebooks, and each kind of fault is named."""

import glossary
import nbformat
import pytest

ROW = {
    "term": "feature map",
    "sentence": "The table of numbers that one filter gives.",
    "notebook": "02",
    "section": "One",
    "portuguese": "mapa de características",
    "also": [],
}
TEXTS = {"02": {"One": "Each *feature map* shrinks."}}


def test_the_table_agrees_with_the_notebooks():
    rows = glossary.terms()
    texts = {
        number: glossary.sections(nbformat.read(glossary.notebook_path(number), 4))
        for number in sorted({row["notebook"] for row in rows})
    }
    assert glossary.faults(rows, texts) == []
    assert len(rows) > 120


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sentence": "No period"}, "feature map: needs one sentence"),
        ({"sentence": "Word " * 25 + "end."}, "feature map: needs one sentence"),
        ({"portuguese": " "}, "feature map: has no Portuguese term"),
        ({"notebook": "77"}, "feature map: there is no notebook 77"),
        ({"section": "Two"}, "feature map: 02 has no section 'Two'"),
        ({"term": "logit"}, "logit: does not stand in 02, 'One'"),
    ],
)
def test_each_fault_is_named(change, fault):
    assert glossary.faults([ROW], TEXTS) == []
    (found,) = glossary.faults([ROW | change], TEXTS)
    assert found.startswith(fault)


def test_order_and_doubles_are_named():
    other = ROW | {"term": "logit", "also": ["feature map"]}
    assert glossary.faults([ROW, other], TEXTS) == []
    assert glossary.faults([other, ROW], TEXTS) == ["the terms are not sorted"]
    assert glossary.faults([ROW, ROW], TEXTS) == ["feature map: stands twice"]


@pytest.mark.parametrize(
    ("spelling", "text", "expected"),
    [
        ("loss", "Losses fall.", True),
        ("loss", "a lossless code", False),
        ("class_weight", "SVC(class_weight='balanced')", True),
        ("feature map", "a **feature**\nmap", True),
        ("C", "the price c", False),
        ("R²", "scored by R²: 1 is perfect", True),
        ("one-hot", "One-hot labels", True),
        ("fold", "Five folds", True),
        ("fold", "unfold a k-fold", False),
        ("PCA", "pca", False),
    ],
)
def test_a_spelling_stands_as_a_whole_word(spelling, text, expected):
    assert glossary.stands({"term": spelling, "also": []}, text) is expected


def test_a_heading_inside_a_cell_begins_a_section():
    cells = [
        nbformat.v4.new_markdown_cell("the end of one\n\n## Two\nthe start of two"),
        nbformat.v4.new_code_cell("## no heading"),
    ]
    texts = glossary.sections(nbformat.v4.new_notebook(cells=cells))
    assert list(texts) == ["", "Two"]
    assert texts["Two"].endswith("## no heading\n")


def test_an_unknown_number_is_named(tmp_path):
    with pytest.raises(ValueError, match="needs the number '02'"):
        glossary.notebook_path("02", tmp_path)


def test_other_columns_are_refused(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("term,meaning\n", "utf-8")
    with pytest.raises(ValueError, match="Received: term, meaning"):
        glossary.terms(table)


def test_every_term_has_a_row_with_a_link():
    lines = glossary.page().splitlines()
    for row in glossary.terms():
        (line,) = [x for x in lines if x.startswith(f"| **{row['term']}**")]
        assert f"(../notebooks/{row['notebook']}_" in line
        assert line.count("|") == 5
