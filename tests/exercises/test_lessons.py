"""Stub, solution and check of every notebook belong together, and to the package."""

import ast

import pytest

from . import EXERCISES
from .lessons import LESSONS


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_a_stub_is_no_attempt_and_a_solution_is_right(lesson):
    assert lesson.prints().startswith("Not attempted yet")
    assert lesson.prints(lesson.solution).startswith("Right. ")


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_a_stub_has_the_name_and_the_parameters_of_the_solution(lesson):
    exercise = EXERCISES[lesson.module, lesson.name]
    assert lesson.answer == exercise.solution.__name__
    functions = [
        node
        for node in ast.parse(lesson.stub).body
        if isinstance(node, ast.FunctionDef) and node.name == lesson.answer
    ]
    found = [ast.unparse(function.args) for function in functions]
    solution = ast.parse(exercise.program.source).body[0]
    assert found == ([ast.unparse(solution.args)] if exercise.parameters else [])


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_an_answer_takes_no_name_that_the_lesson_uses(lesson):
    """Else cells that a reader runs again after the exercise would break."""
    assert lesson.answer not in lesson.uses


def test_every_exercise_stands_in_a_notebook():
    assert {(lesson.module, lesson.name) for lesson in LESSONS.values()} == set(
        EXERCISES
    )
