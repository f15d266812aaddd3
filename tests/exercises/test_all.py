"""One test for all exercises: solution, stub, mistakes, hints, correct variants."""

import inspect
import itertools

import pytest

from . import EXERCISES, all_exercises, answer_of, bank, differ, said

VARIANTS = [
    pytest.param(exercise, answer, id=f"{module}.{name}: {label}")
    for (module, name), exercise in EXERCISES.items()
    for label, answer in bank(module).RIGHT.get(name, {}).items()
]


def stub(*arguments):
    """Not written yet."""
    ...


def bare_stub(*arguments): ...


@all_exercises
def test_solution_is_right_and_a_stub_is_no_attempt(module, name, exercise):
    solution = answer_of(exercise, exercise.solution)
    assert said(exercise, solution).startswith("Right. ")
    for empty in (None, ..., *([stub, bare_stub] if exercise.parameters else [])):
        assert said(exercise, empty).startswith("Not attempted yet"), empty


@all_exercises
def test_every_mistake_says_its_own_sentence(module, name, exercise):
    assert len(exercise.mistakes) >= 5
    for change in exercise.mistakes:
        message = exercise.reason(change)
        assert any(text in message for text in exercise.told(change)), message


@all_exercises
def test_no_two_mistakes_are_alike(module, name, exercise):
    """They differ in a case, and each differs from the solution in one."""
    for change in exercise.mistakes:
        assert exercise.reason(change), f"right: {change}"
    for one, other in itertools.combinations(exercise.mistakes, 2):
        assert differ(exercise, one, other), f"{one}\n{other}"


@all_exercises
def test_hints_come_one_at_a_time(module, name, exercise, capsys):
    exercise._hints_shown = 0
    for number in (*range(1, len(exercise.hints) + 1), 1):
        exercise.hint()
        assert capsys.readouterr().out.startswith(f"Hint {number} of")


@all_exercises
def test_there_are_six_correct_variants(module, name, exercise):
    assert len(bank(module).RIGHT[name]) >= 6
    assert all(inspect.signature(bank(module).INPUTS[name]).parameters)


@pytest.mark.parametrize(("exercise", "answer"), VARIANTS)
def test_correct_variant_is_accepted(exercise, answer):
    assert said(exercise, answer).startswith("Right. ")
