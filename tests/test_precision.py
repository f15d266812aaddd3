"""Every exercise's solution is right under any precision that a notebook may choose."""

import keras
import pytest
from test_exercises import EXERCISES, said

from utils.exercises.old import Exercise, Wrong


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16", "float16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(("imports", "stub", "solution", "check"), EXERCISES)
def test_solution(policy, imports, stub, solution, check):
    assert said(imports, solution, check).startswith("Right. ")
    assert keras.config.dtype_policy().name == policy


@pytest.mark.parametrize("error", [Wrong("no"), ZeroDivisionError("no")])
def test_precision_comes_back_after_an_error(policy, error):
    seen = []

    def verify(answer):
        seen.append(keras.layers.Dense(1).compute_dtype)
        raise error

    exercise = Exercise(verify, hints=(), wrong_answers={})
    if isinstance(error, Wrong):
        exercise.check(1)
    else:
        with pytest.raises(ZeroDivisionError):
            exercise.check(1)
    assert seen == ["float32"]
    assert keras.config.dtype_policy().name == policy
