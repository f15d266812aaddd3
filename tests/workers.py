"""How pytest-xdist runs files of tests and notebooks: how many at once, which first.

What takes longest starts first, or one worker would end with it alone.
"""

import functools

import nbformat
import pytest
from course import cost
from machines import side_by_side

SHARED = ("04_FeatureExtraction1", "06_FeatureExtraction3")  # features for others
LONG = ("test_switch", "test_all", "test_mutants", "test_features", "test_odd")


def pytest_configure(config):
    config.option.loadscopereorder = False  # else: by the number of tests in a file


@pytest.hookimpl(optionalhook=True)  # not every run is one of pytest-xdist
def pytest_xdist_auto_num_workers():
    return side_by_side()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (_turn(item.path), str(item.path)))


@functools.cache
def _turn(path):
    """A number that is small for what starts first."""
    if path.suffix != ".ipynb":
        return LONG.index(path.stem) if path.stem in LONG else len(LONG)
    if path.stem in SHARED:
        return -float("inf")
    return -cost(nbformat.read(path, 4)).get("first", 0)
