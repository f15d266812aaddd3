"""How pytest-xdist runs files of tests and notebooks: how many at once, which first.

What takes longest starts first, or one worker would end with it alone.
"""

import functools

import nbformat
import pytest
from course import cost
from machines import side_by_side

# what 06 computes, others find if they come later; 07 and 08 need none of it
FIRST = ("06_FeatureExtraction3", "07_CNNFineTuning", "08_AutoEncoder")
EXERCISES = "tests/exercises"
LONG = ("exercises", "test_switch", "test_features", "test_runtime")


def pytest_configure(config):
    config.option.loadscopereorder = False  # else: by the number of tests in a file


# optional: not every run is one of pytest-xdist; first: xdist has an answer of its own
@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers():
    return side_by_side(spare=1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    if config.getvalue("dist") != "loadfile":
        return None  # xdist's own

    class ByFile(LoadFileScheduling):
        """Tests of exercises share a process: what trains a network does it once."""

        def _split_scope(self, nodeid):
            shared = nodeid.startswith(f"{EXERCISES}/")
            return EXERCISES if shared else super()._split_scope(nodeid)

    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (_turn(item.path), str(item.path)))


@functools.cache
def _turn(path):
    """A number that is small for what starts first."""
    if path.suffix != ".ipynb":
        name = path.parent.name if path.parent.name in LONG else path.stem
        return LONG.index(name) if name in LONG else len(LONG)
    if path.stem in FIRST:
        return -float("inf")
    return -cost(nbformat.read(path, 4)).get("first", 0)
