"""About fifty kinds of odd answers, as learners in a hurry make them."""

import decimal
import fractions
import itertools
import sys

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers


class Silent:
    """Nothing can be asked of it."""

    def _no(self, *_, **__):
        raise RuntimeError("no")

    __eq__ = __array__ = __len__ = __iter__ = __getitem__ = __bool__ = _no
    __repr__ = __float__ = __hash__ = __str__ = _no


class Endless:
    """A sequence without end."""

    def __len__(self):
        return sys.maxsize

    def __getitem__(self, _):
        return 0.0


class Numpyish:
    """Promises an array, and gives text."""

    def __array__(self, dtype=None, copy=None):
        return "an array"


class Nameless:
    """A callable without a name that returns itself."""

    def __call__(self, *_):
        return self

    def __getattr__(self, name):
        raise RuntimeError(name)


class Loud(BaseException):
    """Caught by no `except Exception`."""

    def __str__(self):
        raise RuntimeError("no text either")


def around():
    """A list in itself."""
    values = []
    values.append(values)
    return values


VALUES = {
    "text": lambda: "0.5",
    "empty text": lambda: "",
    "bytes": lambda: b"\x00",
    "True": lambda: True,
    "nan": lambda: float("nan"),
    "infinity": lambda: -np.inf,
    "a huge int": lambda: 10**5000,
    "a huge float": lambda: 1e308,
    "complex": lambda: 1 + 2j,
    "a fraction": lambda: fractions.Fraction(1, 3),
    "a decimal": lambda: decimal.Decimal("0.1"),
    "an empty list": lambda: [],
    "an empty tuple": lambda: (),
    "an empty array": lambda: np.zeros((0, 3)),
    "a dict": lambda: {"a": 1},
    "a set": lambda: {1, 2},
    "a ragged list": lambda: [[1, 2], [3]],
    "None inside": lambda: [1, None],
    "Nones": lambda: (None, None, None),
    "text inside": lambda: ["a", 1],
    "a list in itself": around,
    "a huge list": lambda: range(10**15),
    "objects": lambda: np.array([{}, None], object),
    "nan inside": lambda: np.array([np.nan, 1.0]),
    "many axes": lambda: np.zeros((1,) * 30),
    "dates": lambda: np.array(["2026-01-01"], "datetime64[D]"),
    "a record": lambda: np.zeros(2, [("a", int)]),
    "a masked array": lambda: np.ma.masked_all(3),
    "a table": lambda: pd.DataFrame({"a": ["x"]}),
    "a column": lambda: pd.Series([1, None]),
    "a tensor": lambda: tf.constant([[1.0], [2.0]]),
    "a text tensor": lambda: tf.constant("a"),
    "a ragged tensor": lambda: tf.ragged.constant([[1], [2, 3]]),
    "a sparse tensor": lambda: tf.sparse.from_dense([[1, 0]]),
    "a half tensor": lambda: tf.constant([1.0], tf.bfloat16),
    "a generator": lambda: (i for i in range(3)),
    "an endless generator": itertools.count,
    "an iterator": lambda: iter([1, 2]),
    "a map": lambda: map(str, [1]),
    "a class": lambda: int,
    "a module": lambda: np,
    "a function": lambda: len,
    "an object": object,
    "an object that raises": Silent,
    "an endless sequence": Endless,
    "no array": Numpyish,
    "a layer": lambda: layers.Dense(1),
    "a model": lambda: keras.Sequential([layers.Dense(1)]),
    "a symbol": lambda: keras.Input((3,)),
    "ellipsis inside": lambda: [...],
    "a slice": lambda: slice(1),
    "an exception": lambda: ValueError("x"),
    "NotImplemented": lambda: NotImplemented,
}


def _raising(error):
    def answer(*_):
        raise error

    return answer


def _yielding(*_):
    yield 1


async def _waiting(*_):
    return 1


def _deep(*arguments):
    return _deep(*arguments)


def _spoiling(*arguments):
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            argument[...] = 7
    return arguments[0]


FUNCTIONS = {
    "no arguments": lambda: 1,
    "too many arguments": lambda a, b, c, d, e, f, g, h: 1,
    "keywords only": lambda *, a=1: a,
    "the first argument": lambda *a: a[0] if a else 0,
    "all arguments": lambda *a: a,
    "itself": lambda *a: FUNCTIONS["itself"],
    "exits": lambda *a: sys.exit(1),
    "a keyboard interrupt": _raising(KeyboardInterrupt()),
    "stop iteration": _raising(StopIteration()),
    "loud": _raising(Loud()),
    "no memory": _raising(MemoryError()),
    "recursion": _deep,
    "yields": _yielding,
    "async": _waiting,
    "spoils its input": _spoiling,
    "nameless": Nameless(),
    "a class": Silent,
    "a built-in": print,
    "another built-in": max,
    "a partial method": "{}".format,
    "a NumPy function": np.sign,
}
