"""Not moved yet: every stub, solution and wrong answer of every notebook against its check cell."""

import contextlib
import importlib
import io
import pkgutil
import re

import nbformat
import numpy as np
import pytest
from course import notebook_paths, tags

import utils.exercises
from utils.exercises.old import Exercise, Wrong, array, call, number

MODULES = [module.name for module in pkgutil.iter_modules(utils.exercises.__path__)]


def bank(module):
    """{name: Exercise} of one notebook's module."""
    members = vars(importlib.import_module(f"utils.exercises.{module}"))
    return {
        name: value for name, value in members.items() if isinstance(value, Exercise)
    }


def is_old(imports, check):
    """True for an exercise that has not been moved to the engine yet."""
    module = re.search(r"from utils\.exercises import (\w+)", imports)[1]
    return re.match(r"exercises\.(\w+)", check)[1] in bank(module)


def exercises_of_notebooks():
    """(notebook, imports, stub, solution, check) of each exercise."""
    for path in notebook_paths():
        imports, stub, check = "", "", ""
        for cell in nbformat.read(path, 4).cells:
            if "imports" in tags(cell):
                imports = cell.source
            elif "exercise" in tags(cell):
                stub = cell.source
            elif "check" in tags(cell):
                check = cell.source
            elif "solution" in tags(cell):
                solution = re.search(r"```python\n(.*?)```", cell.source, re.S)[1]
                if is_old(imports, check):
                    yield pytest.param(
                        imports, stub, solution, check, id=f"{path.stem}:{check[:60]}"
                    )


def said(imports, answer, check):
    """What the check cell prints after the answer."""
    namespace, printed = {}, io.StringIO()
    exec(imports, namespace)
    exec(answer, namespace)
    with contextlib.redirect_stdout(printed):
        exec(check, namespace)
    return printed.getvalue()


EXERCISES = list(exercises_of_notebooks())


@pytest.mark.parametrize(("imports", "stub", "solution", "check"), EXERCISES)
def test_exercise(imports, stub, solution, check):
    assert said(imports, stub, check).startswith("Not attempted yet")
    assert said(imports, solution, check).startswith("Right. ")
    namespace = {}
    exec(imports, namespace)
    exercise = eval(re.match(r"[\w.]+(?=\.check\()", check)[0], namespace)
    assert len(exercise.wrong_answers) >= 5
    for answer, pattern in exercise.wrong_answers.items():
        message = said(imports, answer, check)
        assert message.startswith("Not yet: "), answer
        assert re.search(pattern, message), f"{answer}\n{message}"


def test_every_exercise_stands_in_a_notebook():
    checks = " ".join(parameters.values[3] for parameters in EXERCISES)
    known = {name for module in MODULES for name in bank(module)}
    assert known
    assert {name for name in known if f".{name}.check(" not in checks} == set()


@pytest.mark.parametrize("module", MODULES)
def test_hints_come_one_at_a_time(module, capsys):
    for exercise in bank(module).values():
        for number_shown in range(1, len(exercise.hints) + 1):
            exercise.hint()
            assert capsys.readouterr().out.startswith(f"Hint {number_shown} of")
        exercise.hint()
        assert capsys.readouterr().out.startswith("Hint 1 of")


def test_call_explains_an_exception():
    with pytest.raises(Wrong, match="raised ZeroDivisionError.*the int 0"):
        call(lambda x: 1 / x, 0)


def test_call_notices_a_changed_argument():
    def spoil(values):
        values += 1
        return values

    with pytest.raises(Wrong, match="in place"):
        call(spoil, np.zeros(3))


@pytest.mark.parametrize("value", [True, "3", [3], np.zeros(2), 1j])
def test_number_wants_one_number(value):
    with pytest.raises(Wrong, match="must be one number"):
        number(value, "answer")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.zeros(3), "has shape"),
        ([np.nan, 1.0], "not finite"),
        ("ab", "array of numbers"),
    ],
)
def test_array_says_what_came(value, reason):
    with pytest.raises(Wrong, match=reason):
        array(value, "answer", (2,))
