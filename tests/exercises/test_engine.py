"""How the engine judges: coincidences, values, draws, changed input, parts."""

import tempfile

import keras
import numpy as np
import pytest

from utils.exercises import Exercise, named
from utils.exercises.values import copied

from . import said


def spread(values):
    return values.max() - values.min()


def exercise(**options):
    defaults = {
        "cases": lambda rng: [(rng.normal(size=n),) for n in (5, 8, 3)],
        "mistakes": {"values.max() →": "hm", "values.std()": "that is the deviation"},
        "hints": ("Subtract.",),
        "lesson": "Done.",
    }
    return Exercise(spread, **{**defaults, **options})


def test_a_mistake_must_change_what_stands_once():
    with pytest.raises(ValueError, match="'values', found 3 times"):
        exercise(mistakes={"values → 1": ""})


def test_one_case_is_not_enough_for_a_reason():
    """Right but for one case, where it is what a mistake gives, too."""

    def answer(values):
        return values.std() if len(values) == 5 else np.ptp(values)

    assert "that is the deviation" not in said(exercise(), answer)
    assert "that is the deviation" in said(exercise(), np.std)


def test_general_slips_and_what_is_left_to_do():
    assert "percent" in said(exercise(), lambda v: 100 * np.ptp(v))
    assert "twice" in said(exercise(), lambda v: 2 * np.ptp(v))
    assert "the mean of these" in said(exercise(), lambda v: np.full(4, np.ptp(v)))
    assert "axis of length 1" in said(exercise(), lambda v: [np.ptp(v)])


def test_a_named_case_is_told():
    cases = exercise(cases=lambda rng: [named("two equal values", np.ones(2))])
    assert "for two equal values, 1 instead of 0" in said(cases, lambda v: v.max())


def test_errors_and_changed_input_are_told():
    def spoil(values):
        values.sort()
        return values[-1] - values[0]

    assert "argument `values` in place" in said(exercise(), spoil)
    assert "raised ZeroDivisionError" in said(exercise(), lambda v: 1 / 0)
    assert "must take 1 arguments" in said(exercise(), lambda: 1)


def my_sum():
    return 2 + 2


def test_a_value_is_asked():
    asked = Exercise(my_sum, mistakes={"2 + 2 → 2 * 3": "a product"}, lesson="Four.")
    assert said(asked, np.int64(4)) == said(asked, 4.0) == "Right. Four."
    assert said(asked, 6) == "Not yet: 6 instead of 4: a product."
    assert said(asked, None).startswith("Not attempted yet")
    assert asked.source() == "my_sum = 2 + 2"


def draw(n, rng):
    return rng.permutation(n)


def test_a_draw_is_judged_by_facts_and_must_repeat():
    def facts(drawn, n, rng):
        return {
            "different numbers": len(set(np.asarray(drawn).tolist())),
            "in order": bool(np.all(np.diff(drawn) > 0)),
        }

    asked = Exercise(
        draw,
        cases=lambda rng: [(20, np.random.default_rng(k)) for k in (1, 2)],
        mistakes={"rng.permutation(n) → np.arange(n)": "nothing was drawn"},
        view=facts,
        repeatable=True,
    )
    assert said(asked, lambda n, rng: rng.choice(n, n, replace=False)) == "Right."
    assert "in order: True instead of False: nothing was drawn" in said(
        asked, lambda n, rng: list(range(n))
    )
    again = np.random.default_rng(0)
    assert "called twice" in said(asked, lambda n, rng: again.permutation(n))


def halves(n):
    order = np.random.default_rng(0).permutation(n)
    return order[: n // 2], order[n // 2 :]


def test_a_list_of_arrays_repeats_and_results_are_named():
    names = "one half", "the other half"
    asked = Exercise(
        halves, cases=lambda rng: [(3,), (7,)], parts=names, repeatable=True
    )
    again = np.random.default_rng(0)
    assert said(asked, lambda n: list(halves(n))) == "Right."
    assert "called twice" in said(asked, lambda n: [again.random(1), again.random(2)])
    assert "2 results are needed (one half, the other half)" in said(asked, range)


def test_an_answer_may_raise_where_a_right_change_raises():
    raising = "return values → if len(values) < 5: raise ValueError\n    return values"
    asked = exercise(also=(raising,))

    def strict(kind, factor=1):
        def answer(values):
            if len(values) < 5:
                raise kind("too short")
            return np.ptp(values) * factor

        return answer

    assert said(asked, np.ptp) == said(asked, strict(ValueError)) == "Right. Done."
    assert "raised KeyError" in said(asked, strict(KeyError))
    assert "twice too large" in said(asked, strict(ValueError, 2))


def test_a_view_may_leave_out_what_makes_no_sense():
    def facts(value, values):
        if np.ndim(value):
            return {"the number": value}
        return {"half of it": value / 2, "the number": value}

    message = said(exercise(view=facts), lambda v: [1, 2, 3])
    assert "the number: " in message and "one number is asked" in message


def test_numbers_that_no_mistake_explains_get_a_sentence():
    asked = exercise(parts="largest minus smallest")
    wrong = said(asked, lambda values: values[0])
    assert wrong.endswith(": largest minus smallest.")
    assert said(asked, lambda values: "1").endswith("received the str '1'.")


def test_what_no_mistake_explains_is_told_of_facts_as_well():
    asked = exercise(view=lambda v, x: {"twice it": 2 * v}, parts="largest - smallest")
    message = said(asked, lambda v: v.min() * 3)
    assert "twice it: " in message and "largest - smallest" in message


def mean_and_spread(values):
    middle = values.mean()
    return middle, values.max() - middle


def test_a_reason_for_a_part_has_the_earlier_parts_right():
    """A wrong middle makes both wrong; whose middle is right did something else."""
    asked = Exercise(
        mean_and_spread,
        lambda rng: [(rng.normal(size=n),) for n in (5, 8, 3)],
        {"values.mean() → 0.0": "no middle"},
        parts={"the middle": "the mean", "the reach": "from the middle to the top"},
    )
    assert "no middle" in said(asked, lambda v: (0.0, v.max()))
    message = said(asked, lambda v: (v.mean(), v.max()))
    assert "no middle" not in message and "from the middle to the top" in message
    assert "twice" in said(asked, lambda v: (v.mean(), 2 * (v.max() - v.mean())))


def longest(words):
    return max(words, key=len)


def test_of_few_texts_two_thirds_are_chance():
    """Two of three cases are as a mistake has them: enough for numbers only."""
    cases = [(["a", "bb", "a"],), (["c", "dd"],), (["ee", "fff", "g"],)]
    first = {"max(words, key=len) → words[0]": "that is the first"}
    asked = Exercise(longest, lambda rng: cases, first)
    assert "the first" in said(asked, lambda words: words[0])
    assert "the first" not in said(asked, lambda words: min(words, key=len))


def test_half_precision_is_no_excuse():
    asked = exercise()
    assert said(asked, lambda v: np.float16(np.ptp(v))) == "Right. Done."
    assert said(asked, lambda v: np.float16(np.ptp(v) / 2)).startswith("Not yet")


def test_what_is_masked_counts_and_a_matrix_is_an_array():
    hidden = exercise(cases=lambda rng: [(rng.normal(size=n),) for n in (5, 8)])
    assert "2 instead of" in said(hidden, lambda v: np.ma.array(2.0, mask=True))

    def doubled(values):
        return values * 2

    tables = Exercise(
        doubled,
        cases=lambda rng: [(rng.normal(size=(3, n)),) for n in (3, 4)],
        view=lambda result, values: result * result,
        lesson="Done.",
    )
    assert said(tables, lambda v: np.asmatrix(2 * v)) == "Right. Done."


def test_a_network_is_copied_without_a_file(monkeypatch):
    """The grader's walls let no file be written."""
    monkeypatch.delattr(tempfile, "mkdtemp")
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    network.layers[0].trainable = False
    twin = copied(network)
    assert not twin.layers[0].trainable
    np.testing.assert_array_equal(twin.get_weights()[0], network.get_weights()[0])
    twin.set_weights([np.ones((3, 2)), np.ones(2)])
    assert not (network.get_weights()[0] == 1).all()
