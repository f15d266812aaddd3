"""Exercises that say what is wrong: the engine. One module beside this file a notebook.

A learner writes an answer into a stub and runs a check. The check prints one
of three things: not attempted yet, right, or what is wrong with this very
answer. The tests run each notebook's stub, its solution and the bank of wrong
answers kept with the exercise against the same check cell.
"""

import contextlib
import copy
import dis
import numbers
import sys

import numpy as np


class Wrong(Exception):
    """What is wrong with an answer, told in terms of the learner's value."""


class Exercise:
    """A check, its hints, and the wrong answers that it must recognize.

    Args:
        verify: function that receives the answer, raises `Wrong` with a reason,
            or returns a sentence on what the right answer shows.
        hints: tuple of str, from a nudge to nearly the solution.
        wrong_answers: `{code: pattern}`: code that fills the stub wrongly, and a
            regular expression that the message must match.

    Example:

    >>> def verify(answer):
    ...     if number(answer, "my_sum") != 4:
    ...         raise Wrong(f"2 + 2 is not {answer}.")
    ...     return "Sums work."
    >>> exercise = Exercise(verify, hints=("Count on.",), wrong_answers={"my_sum = 5": "not 5"})
    >>> exercise.check(...)
    Not attempted yet: fill in the cell above, run it, then run this one again.
    >>> exercise.check(5)
    Not yet: 2 + 2 is not 5.
    >>> exercise.check(4)
    Right. Sums work.
    >>> exercise.hint()
    Hint 1 of 1: Count on.
    """

    def __init__(self, verify, hints, wrong_answers):
        self.verify, self.hints, self.wrong_answers = verify, hints, wrong_answers
        self._hints_shown = 0

    def check(self, answer):
        """Print whether the answer is missing, right, or what is wrong with it.

        The answer computes in float32, whatever precision the notebook chose.
        """
        if is_stub(answer):
            print(
                "Not attempted yet: fill in the cell above, run it, then run this one again."
            )
            return
        try:
            with in_float32():
                print(f"Right. {self.verify(answer)}")
        except Wrong as reason:
            print(f"Not yet: {reason}")

    def hint(self):
        """Print the next hint; after the last one, start over."""
        shown = self._hints_shown % len(self.hints)
        self._hints_shown += 1
        print(f"Hint {shown + 1} of {len(self.hints)}: {self.hints[shown]}")


@contextlib.contextmanager
def in_float32():
    """A block whose Keras layers are float32; then the precision is as it was before.

    >>> import keras
    >>> keras.config.set_dtype_policy("mixed_float16")
    >>> with in_float32():
    ...     keras.layers.Dense(1).compute_dtype
    'float32'
    >>> keras.config.dtype_policy().name
    'mixed_float16'
    >>> keras.config.set_dtype_policy("float32")
    """
    keras = sys.modules.get("keras")  # to import it takes seconds; not all need it
    if keras is None:
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def is_stub(answer):
    """True for None, `...`, and a function whose body does nothing.

    >>> def stub(x):
    ...     "A docstring is not an attempt."
    ...     ...
    >>> is_stub(stub), is_stub(lambda x: x), is_stub(None), is_stub(0)
    (True, False, True, False)
    """
    if answer is None or answer is ...:
        return True
    if not hasattr(answer, "__code__"):
        return False
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    steps = [step for step in dis.get_instructions(answer) if step.opname != "RESUME"]
    constants = [
        step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")
    ]
    return {step.opname for step in steps} <= idle and constants == [None]


def call(function, *arguments):
    """Run the learner's function on copies of the arguments and explain what goes wrong.

    Returns:
        What the function returned.

    Raises:
        Wrong: if it is no function, raises, returns nothing, or changes its input.

    Example:

    >>> call(len, [1, 2])
    2
    """
    if not callable(function):
        raise Wrong(f"a function is needed; received {describe(function)}.")
    name = getattr(function, "__name__", "your function")
    given = copy.deepcopy(arguments)
    try:
        result = function(*given)
    except Exception as error:
        shapes = ", ".join(describe(argument) for argument in arguments)
        raise Wrong(
            f"`{name}` raised {type(error).__name__}: {error}. It was called with {shapes}."
        ) from error
    if result is None:
        raise Wrong(f"`{name}` returned None. Is a `return` missing?")
    for position, (before, after) in enumerate(zip(arguments, given), 1):
        if isinstance(before, np.ndarray) and not np.array_equal(
            before, after, equal_nan=True
        ):
            raise Wrong(
                f"`{name}` changed its argument number {position} in place; the caller still "
                "needs it. Compute a new array instead."
            )
    return result


def number(value, name):
    """The value as a float, if it is one number.

    Raises:
        Wrong: if it is something else, with what it is.

    Example:

    >>> number(np.float32(0.5), "share")
    0.5
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise Wrong(f"`{name}` must be one number; it is {describe(value)}.")
    if not np.isfinite(value):
        raise Wrong(f"`{name}` is {value}. Is something divided by zero?")
    return float(value)


def array(value, name, shape):
    """The value as an array of numbers of the given shape.

    Args:
        value: what the learner computed; lists are taken as well.
        name: what to call it.
        shape: tuple of ints.

    Raises:
        Wrong: if the shape differs, or a value is not a finite number.

    Example:

    >>> array([1, 2], "pair", (2,))
    array([1, 2])
    """
    try:
        values = np.asarray(value)
        finite = np.isfinite(values).all()
    except (TypeError, ValueError):
        raise Wrong(
            f"`{name}` must be an array of numbers of shape {shape}; it is {describe(value)}."
        ) from None
    if values.shape != tuple(shape):
        raise Wrong(f"`{name}` has shape {values.shape}; {tuple(shape)} is needed.")
    if not finite:
        raise Wrong(
            f"`{name}` holds values that are not finite. Is something divided by zero?"
        )
    return values


def describe(value):
    """A value in a few words: type, shape, range.

    >>> describe(np.zeros((2, 3))), describe("a"), describe([1, 2])
    ('an array of shape (2, 3), float64, values from 0 to 0', "the str 'a'", 'a list of 2')
    """
    if isinstance(value, np.ndarray) or hasattr(value, "numpy"):
        values = np.asarray(value)
        text = f"an array of shape {values.shape}, {values.dtype}"
        if values.size and values.dtype.kind in "iuf":
            text += f", values from {values.min():.4g} to {values.max():.4g}"
        return text
    if isinstance(value, (list, tuple, dict, set)):
        return f"a {type(value).__name__} of {len(value)}"
    if callable(value):
        return f"the function `{getattr(value, '__name__', value)}`"
    return f"the {type(value).__name__} {value!r}"
