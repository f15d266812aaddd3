"""Of the mutants that differ from a solution on valid inputs, 97 % are refused."""

import pytest

from . import CASES, all_exercises, bank
from .mutants import judged

COUNTS = []


@all_exercises
def test_mutants_are_refused(module, name, exercise):
    if reason := getattr(bank(module), "UNMUTATED", {}).get(name):
        COUNTS.append((0, 0))
        pytest.skip(reason)
    refused, survivors, equivalent = judged(module, name, exercise)
    COUNTS.append((len(refused), len(survivors)))
    for found, listed in ((survivors, "SURVIVORS"), (equivalent, "EQUIVALENT")):
        known = getattr(bank(module), listed, {}).get(name, set())
        assert set(found) == known, f"{listed}: {found}"
    assert len(refused) >= 3


def test_nearly_all_mutants_are_refused():
    if len(COUNTS) < len(CASES):
        pytest.skip("counts all exercises, and only some were chosen")
    refused, survivors = map(sum, zip(*COUNTS))
    assert refused >= 0.97 * (refused + survivors)
