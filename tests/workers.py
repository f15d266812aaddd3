"""How many files of tests or notebooks pytest-xdist runs side by side."""

import pytest
from machines import side_by_side


@pytest.hookimpl(optionalhook=True)  # not every run is one of pytest-xdist
def pytest_xdist_auto_num_workers():
    return side_by_side()
