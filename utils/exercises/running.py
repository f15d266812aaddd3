"""How answers run: quietly, in float32; and whether there is an answer at all."""

import contextlib
import sys
import textwrap
import types
import warnings

import numpy as np


@contextlib.contextmanager
def quietly():
    """A block in which an overflow or a deprecated name says nothing."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


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

    Its compiled code is compared with that of bodies that do nothing.

    >>> def stub(x):
    ...     "A docstring is not an attempt."
    ...     ...
    >>> is_stub(stub), is_stub(lambda x: x), is_stub(None), is_stub(0)
    (True, False, True, False)
    """
    if answer is None or answer is ...:
        return True
    if not isinstance(answer, types.FunctionType):
        return False
    code, doc = answer.__code__, answer.__doc__
    for body in ("...", "pass", "return", "return None", "...; pass", "pass; ..."):
        text = f"def stub():\n    {doc!r}\n    {body}" if doc else f"def stub(): {body}"
        idle = compile(text, "", "exec").co_consts[0]
        constants = [c for c in code.co_consts if c != doc]
        if idle.co_code == code.co_code and constants == [None]:
            return True
    return False


def without_decorators(source):
    """The source of a function from its `def` on, at the left margin."""
    text = textwrap.dedent(source)
    return text[text.index("def ") :] if text.startswith("@") else text
