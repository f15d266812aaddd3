"""The errata in the notebooks have the form that their page needs."""

import errata
import nbformat
import pytest

ONE = {"deck": "Fosco 2018", "says": "150129", "right": "150,529"}


def store(folder, name, *metadata):
    """A notebook with a section whose code cells have these metadata."""
    cells = [nbformat.v4.new_markdown_cell("# Title\n\n## Counting")]
    for number, entry in enumerate(metadata):
        cell = nbformat.v4.new_code_cell("224 * 224 * 3 + 1", id=f"{name[:2]}-{number}")
        cells.append(cell)
        cell.metadata["erratum"] = entry
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")


def test_the_notebooks_say_the_same_of_the_same_error():
    known = [erratum for erratum, _ in errata.errata()]
    printed = [(e["deck"], e.get("slide"), e.get("lesson"), e["says"]) for e in known]
    assert len(printed) == len(set(printed))


def test_an_error_that_two_cells_prove_is_listed_once(tmp_path):
    other = ONE | {"says": "Waiber", "right": "Waibel"}
    store(tmp_path, "01_One", ONE)
    store(tmp_path, "02_Two", [ONE, other])
    (first, places), (second, _) = errata.errata(tmp_path)
    assert first == ONE and second == other
    assert [name for _, _, name in places] == ["01-0", "02-0"]
    text = errata.page(tmp_path)
    assert text.count("150129") == 1
    assert "[02_Two](../notebooks/02_Two.ipynb), *Counting*, cell `02-0`" in text
    assert "\n2 errors of the five decks" in text


def test_decks_come_in_their_order_and_lessons_last(tmp_path):
    deck, lesson = {"deck": "Santos 2022, Santos 2020"}, {"lesson": "AutoEncoder"}
    store(tmp_path, "01_One", ONE, ONE | deck | lesson, ONE | deck)
    titles = [x for x in errata.page(tmp_path).splitlines() if x.startswith("## ")]
    assert titles[:2] == ["## Santos 2022 and Santos 2020", "## Fosco 2018"]
    assert len(titles) == 3


def test_a_bar_does_not_break_the_table(tmp_path):
    store(tmp_path, "01_One", ONE | {"says": "Σ |W|", "page": "7"})
    assert r"| page 7 | Σ \|W\| | 150,529 |" in errata.page(tmp_path)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"deck": "Fosco 2018", "says": "x"}, r"Received: \['deck', 'says'\]"),
        (ONE | {"number": 3}, "Received: .*number"),
        (ONE | {"right": " "}, r"Empty: \['right'\]"),
        (ONE | {"deck": "Fosco"}, r"Received: \['Fosco'\]"),
    ],
)
def test_each_fault_is_named(tmp_path, entry, fault):
    store(tmp_path, "01_One", entry)
    with pytest.raises(ValueError, match=fault):
        errata.errata(tmp_path)
