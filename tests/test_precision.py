"""Every exercise's solution is right under any precision that a notebook may choose."""

import keras
import pytest
from exercises.lessons import LESSONS

from utils.exercises import Exercise, Wrong


@pytest.fixture(autouse=True)
def usual():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_solution(lesson):
    """Under one of them: below, a check computes in float32 under each."""
    keras.config.set_dtype_policy("float16")
    assert lesson.prints(lesson.solution).startswith("Right. ")
    assert keras.config.dtype_policy().name == "float16"


@pytest.mark.parametrize("error", [Wrong("no"), ZeroDivisionError("no")])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_precision_comes_back_after_an_error(policy, error):
    keras.config.set_dtype_policy(policy)
    seen = []

    def verify(answer):
        seen.append(keras.layers.Dense(1).compute_dtype)
        raise error

    def one():
        return 1

    Exercise(one, verify=verify).check(1)
    assert seen == ["float32"]
    assert keras.config.dtype_policy().name == policy
