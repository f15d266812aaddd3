"""Every exercise's solution is right under any precision that a notebook may choose."""

import keras
import pytest
from exercises.lessons import LESSONS

from utils.exercises import Exercise, Wrong


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16", "float16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_solution(policy, lesson):
    assert lesson.prints(lesson.solution).startswith("Right. ")
    assert keras.config.dtype_policy().name == policy


@pytest.mark.parametrize("error", [Wrong("no"), ZeroDivisionError("no")])
def test_precision_comes_back_after_an_error(policy, error):
    seen = []

    def verify(answer):
        seen.append(keras.layers.Dense(1).compute_dtype)
        raise error

    def one():
        return 1

    Exercise(one, verify=verify).check(1)
    assert seen == ["float32"]
    assert keras.config.dtype_policy().name == policy
