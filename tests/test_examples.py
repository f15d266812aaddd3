"""The examples in the docstrings of the maintainers' scripts."""

import doctest
import importlib

import pytest
from course import ROOT

MODULES = [
    ".".join(path.relative_to(ROOT / "tools").with_suffix("").parts)
    for path in sorted((ROOT / "tools").rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    tried = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
    assert tried.attempted and not tried.failed
