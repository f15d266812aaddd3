"""Every notebook has the course's form."""

import concepts
import form
import nbformat
import pytest
from course import notebook_paths
from form.parts import knows_concepts

PATHS = notebook_paths()
INVENTORY = concepts.inventory()


def test_there_are_notebooks():
    assert PATHS


@pytest.mark.parametrize(
    ("path", "rule"),
    [(path, rule) for path in PATHS for rule in form.RULES],
    ids=lambda value: getattr(value, "stem", None) or value.__name__,
)
def test_form(path, rule):
    complaints = rule(nbformat.read(path, 4), path)
    assert not complaints, "\n".join([rule.__doc__.splitlines()[0], *complaints])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_concepts(path):
    assert knows_concepts(nbformat.read(path, 4), path, INVENTORY) == []


def test_inventory_is_whole():
    assert list(INVENTORY) == [f"C{number:03d}" for number in range(1, 521)]
