"""Reading what a learner computed, whatever it is: as numbers, or in a few words.

An answer may be a list, a tensor, a pandas column, a generator without end, or an
object that raises when it is looked at. Nothing here raises anything but `Wrong`.
"""

import copy
import numbers
import re

import numpy as np

LARGEST = 1_000_000  # items of a list that are still looked at


class Wrong(Exception):
    """What is wrong with an answer, told in terms of the learner's value."""


class Elsewhere:
    """What stands for a value in another process: what is said of it, and its numbers.

    Args:
        told: str, what `describe` says of it there.
        numbers: array, what `as_numbers` makes of it there; or str, why it is none.
        typed: whether it has a dtype, as arrays and tensors have.

    Example:

    >>> column = Elsewhere("the Series 0 1.5", np.array([1.5]), typed=True)
    >>> describe(column), as_numbers([column])
    ('the Series 0 1.5', array([[1.5]]))
    """

    def __init__(self, told, numbers, typed=False):
        self.told, self.numbers, self.typed = told, numbers, typed
        if typed:
            self.dtype = getattr(numbers, "dtype", None)
        if not isinstance(numbers, str):
            self.__array__ = lambda dtype=None, copy=None: numbers


def safely(function, value, otherwise):
    """What the function says of the value, or `otherwise` if it raises.

    >>> safely(len, 5, otherwise="no length")
    'no length'
    """
    try:
        return function(value)
    except BaseException:
        return otherwise


def has(value, name):
    """Whether a value has an attribute; False if the question raises.

    >>> has(1, "real"), has(1, "dtype")
    (True, False)
    """
    return safely(lambda asked: hasattr(asked, name), value, otherwise=False)


def as_numbers(value):
    """The value as an array of numbers.

    Lists, ranges, tensors, pandas columns and fractions are taken.

    Raises:
        Wrong: if it is something else, with what it is.

    Example:

    >>> as_numbers([1, 2.5])
    array([1. , 2.5])
    >>> as_numbers([])
    array([], dtype=float64)
    """
    if isinstance(value, Elsewhere) and isinstance(value.numbers, str):
        raise Wrong(value.numbers)
    needed = f"numbers are needed; received {describe(value)}"
    if hasattr(type(value), "__next__"):
        raise Wrong(f"{needed}. Make a list of what it yields, or use `return`")
    if issubclass(type(value), np.ndarray) and value.dtype.kind in "biuf":
        return np.asarray(value)  # a matrix or a masked array computes otherwise
    if isinstance(value, (str, bytes, dict, set, frozenset)) or callable(value):
        raise Wrong(needed)
    if safely(len, value, 0) > LARGEST and not has(value, "dtype"):
        raise Wrong(f"{needed}, too many to be looked at")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "V":  # bfloat16
            array = array.astype(np.float32)
        if array.dtype.kind == "O" and all(
            isinstance(item, numbers.Real) for item in array.flat
        ):
            array = np.array([float(item) for item in array.flat]).reshape(array.shape)
    except BaseException:
        ragged = " (rows of different lengths?)" * isinstance(value, list | tuple)
        raise Wrong(f"{needed}{ragged}") from None
    if array.dtype.kind not in "biuf":
        kinds = {"c": "complex numbers", "U": "text", "S": "text"}
        kind = kinds.get(array.dtype.kind, "other things than numbers")
        raise Wrong(f"{needed}, which holds {kind}")
    return array


def is_numeric(value):
    """True for a number, an array of numbers, and a list of numbers.

    >>> is_numeric(2), is_numeric([1, 2]), is_numeric("2"), is_numeric((1, 2))
    (True, True, False, False)
    """
    if isinstance(value, tuple) or type(value).__name__ == "KerasTensor":
        return False
    try:
        return as_numbers(value) is not None
    except Wrong:
        return False


def conform(value, like, names=()):
    """The value in the form of another: numbers as arrays, part by part.

    The names of the parts, if there are some, stand in the message.

    Raises:
        Wrong: if the parts are too many or too few, or are no numbers.

    Example:

    >>> conform([1, [2, 3]], like=(5.0, np.zeros(2)))
    (array(1), array([2, 3]))
    """
    if isinstance(like, tuple):
        if has(value, "dtype"):
            value = as_numbers(value)
        size = safely(len, value, None)
        if not isinstance(value, list | tuple | np.ndarray) or size != len(like):
            told = f" ({', '.join(names)})" * (len(names) == len(like))
            needed = f"{len(like)} results are needed{told}"
            raise Wrong(f"{needed}; received {describe(value)}")
        return tuple(conform(part, other) for part, other in zip(value, like))
    if not is_numeric(like):
        return value
    array, wanted = as_numbers(value), np.asarray(like)
    if array.ndim == 0 and array.dtype == bool != wanted.dtype:
        raise Wrong(f"a number is needed; received {describe(value)}")
    return array


def close(one, other, tolerance=None):
    """Where two arrays of one shape agree, as exactly as the first one's kind can.

    Whole numbers must be equal; float32 is compared as float32.

    >>> close(np.float32([0.1, 5]), np.array([0.1, 5.01]))
    array([ True, False])
    """
    one, other = np.asarray(one), np.asarray(other)
    kinds = [array.dtype for array in (one, other) if array.dtype.kind == "f"]
    epsilon = max((float(np.finfo(kind).eps) for kind in kinds), default=0)
    if other.dtype.kind in "biu" and tolerance is None:
        relative = 4 * epsilon
        absolute = relative
    else:
        # 1e-5 for float64, 1e-4 for float32, 4e-3 for float16
        relative = tolerance or min(max(1e-5, 1000 * epsilon), 4e-3)
        sizes = np.abs(other[np.isfinite(other)]).astype(float)
        absolute = relative / (100 if epsilon < 1e-10 else 10) * sizes.max(initial=1e-6)
    if not kinds and tolerance is None:
        return one == other
    return np.isclose(one, other, relative, absolute, equal_nan=True)


def up_to(facts, part, instead=None):
    """The parts of a tuple or a dictionary up to one, perhaps with another last one.

    >>> up_to((1, 2, 3), 1), up_to({"a": 1, "b": 2}, "a"), up_to((1, 2), 1, instead=5)
    ((1, 2), {'a': 1}, (1, 5))
    """
    keys = list(facts) if isinstance(facts, dict) else list(range(len(facts)))
    keys = keys[: keys.index(part) + 1]
    values = [facts[key] for key in keys]
    if instead is not None:
        values[-1] = instead
    return dict(zip(keys, values)) if isinstance(facts, dict) else tuple(values)


def equal(one, other, tolerance=None):
    """Whether two results agree; the first has been brought into the second's form.

    >>> equal((np.array(1), np.array([2.0])), (1, [2.0]))
    True
    >>> equal(np.zeros(2), np.zeros((2, 1)))
    False
    """
    if isinstance(other, dict):
        return (
            isinstance(one, dict)
            and one.keys() == other.keys()
            and all(equal(one[key], other[key], tolerance) for key in other)
        )
    if isinstance(other, tuple):
        return (
            isinstance(one, tuple)
            and len(one) == len(other)
            and all(equal(a, b, tolerance) for a, b in zip(one, other))
        )
    if not is_numeric(other):
        return safely(lambda value: bool(value == other), one, otherwise=False)
    try:
        one, other = as_numbers(one), as_numbers(other)
    except Wrong:
        return False
    return one.shape == other.shape and bool(close(one, other, tolerance).all())


def copied(value):
    """A copy for the learner to spoil; what cannot be copied is handed out itself.

    >>> values = [1, 2]
    >>> copied(values) is values
    False
    """
    if type(value).__name__ == "KerasTensor":
        return value
    if type(value).__name__ in ("Functional", "Sequential"):
        return _twin(value)
    return safely(copy.deepcopy, value, otherwise=value)


def _twin(network):
    """A copy of a network; `deepcopy` writes a file, which the grader forbids."""
    from keras.models import clone_model

    twin = clone_model(network)
    twin.set_weights(network.get_weights())
    return twin


def unchanged(before, after):
    """False if numbers in arrays, lists or dictionaries were changed in place.

    >>> unchanged([np.zeros(2)], [np.array([0, 1])])
    False
    """
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(
            unchanged(before[key], after[key]) for key in before
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    return True


def describe(value):
    """A value in a few words: kind, shape, range.

    >>> describe(np.zeros((2, 3)))
    'an array of shape (2, 3), float64, values from 0 to 0'
    >>> describe("a"), describe([1, 2]), describe(len)
    ("the str 'a'", 'a list of 2', 'the function `len`')
    """
    return safely(_describe, value, f"an object of the class {type(value).__name__}")


def _describe(value):
    kind = type(value).__name__
    if isinstance(value, Elsewhere):
        return value.told
    if kind == "KerasTensor":
        return f"a Keras tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple, dict, set, range)):
        return f"a {kind} of {len(value):,}"
    if isinstance(value, type):
        return f"the class `{value.__name__}`"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        values = np.asarray(value)
        text = f"an array of shape {values.shape}, {values.dtype}"
        if values.size and values.dtype.kind in "iuf":
            text += f", values from {values.min():.4g} to {values.max():.4g}"
        return text
    if hasattr(type(value), "__next__"):
        return f"a {kind}"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function `{value.__name__}`"
    text = " ".join(repr(value).split())
    if re.search(" at 0x[0-9a-fA-F]", text):
        return f"an object of the class {kind}"
    return f"the {kind} {text if len(text) < 60 else text[:50] + '…'}"


def show(*values):
    """Numbers as text, with as many digits as tell them apart.

    >>> show(0.123411, 0.123412), show(34848, 1.5)
    (['0.123411', '0.123412'], ['34,848', '1.5'])
    """
    for digits in (4, 5, 7, 10, 17):
        texts = [_shown(np.asarray(value)[()], digits) for value in values]
        if len(set(texts)) == len(values):
            break
    return texts


def _shown(value, digits):
    if isinstance(value, np.ndarray):
        inside = ", ".join(_shown(item, digits) for item in value)
        return f"[{inside}]"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{float(value):.{digits}g}"
