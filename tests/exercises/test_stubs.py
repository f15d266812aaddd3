"""The notebooks' stubs have the solutions' parameters."""

import ast
import re

import nbformat
import pytest
from course import notebook_paths, tags

from . import EXERCISES, said


def stubs():
    """(module, name of the exercise, what is checked, source of the stub)."""
    for path in notebook_paths():
        module, stub = "", ""
        for cell in nbformat.read(path, 4).cells:
            found = re.search(r"from utils\.exercises import (\w+)", cell.source)
            module = found[1] if found else module
            if "exercise" in tags(cell):
                stub = cell.source
            elif "check" in tags(cell):
                name, answer = re.match(
                    r"exercises\.(\w+)\.check\((\w+)\)", cell.source
                ).groups()
                yield module, name, answer, stub


STUBS = [stub for stub in stubs() if stub[:2] in EXERCISES]


@pytest.mark.parametrize(("module", "name", "answer", "stub"), STUBS)
def test_stub_has_the_parameters_of_the_solution(module, name, answer, stub):
    exercise = EXERCISES[module, name]
    functions = [
        node
        for node in ast.parse(stub).body
        if isinstance(node, ast.FunctionDef) and node.name == answer
    ]
    found = [ast.unparse(function.args) for function in functions]
    solution = ast.parse(exercise.program.source).body[0]
    space = {}
    exec(stub, space)
    assert said(exercise, space[answer]).startswith("Not attempted yet")
    assert found == ([ast.unparse(solution.args)] if exercise.parameters else [])


def test_every_exercise_stands_in_a_notebook():
    assert {stub[:2] for stub in STUBS} == set(EXERCISES)
