"""The exercises' tests: one for all, correct variants, odd answers, mutants."""

import contextlib
import importlib
import io
import pkgutil

import pytest

import utils.exercises
from utils.exercises import Exercise

from . import banks


def exercises():
    """{(module, name): Exercise} of all modules."""
    found = {}
    for module in pkgutil.iter_modules(utils.exercises.__path__):
        members = vars(importlib.import_module(f"utils.exercises.{module.name}"))
        for name, value in members.items():
            if isinstance(value, Exercise):
                found[module.name, name] = value
    return found


def bank(module):
    """What the tests know of a module: `RIGHT`, `INPUTS`, and more (see `banks`)."""
    return importlib.import_module(f"{banks.__name__}.{module}")


def said(exercise, answer):
    """What the check prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exercise.check(answer)
    return printed.getvalue().strip()


def answer_of(exercise, function):
    """A function as an answer: itself, or its value where a value is asked."""
    return function if exercise.parameters else function()


def differ(exercise, one, other):
    """Whether two mistakes differ in a case."""
    for i, case in enumerate(exercise.cases):
        a, b = exercise._outcome(one, i), exercise._outcome(other, i)
        if a.error != b.error or not (a.error or exercise._agree((a, case), b)):
            return True
    return False


EXERCISES = exercises()
CASES = [
    pytest.param(*key, value, id=".".join(key)) for key, value in EXERCISES.items()
]
all_exercises = pytest.mark.parametrize(("module", "name", "exercise"), CASES)
