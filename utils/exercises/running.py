"""How answers run: quietly, in float32; and whether there is an answer at all."""

import contextlib
import dataclasses
import inspect
import sys
import types
import warnings

import numpy as np

from utils.exercises.telling import raised
from utils.exercises.values import copied, describe, safely, unchanged

STUB = "Not attempted yet: fill in the cell above, run it, then run this one again."

IDLE = ("...", "pass", "return", "return None", "...\n    pass", "pass\n    ...")


class named(tuple):
    """A case with a name, for the message: `named("two images", images, labels)`.

    >>> named("a pair", 1, 2).name
    'a pair'
    """

    def __new__(cls, name, *arguments):
        case = super().__new__(cls, arguments)
        case.name = name
        return case


@dataclasses.dataclass
class Outcome:
    """What a function made of a case: a value and its view, or why there is none."""

    value: object = None
    facts: object = None
    failure: str = ""
    error: str = ""  # what was raised

    def raised_like(self, other):
        """Whether this raised what another did; with any text, if that had none."""
        return bool(other.error) and self.error.startswith(other.error)


def run(function, parameters, case, told):
    """The outcome of a learner's function on copies of a case's arguments.

    Args:
        function: the answer, whatever it is.
        parameters: list of str, what the arguments are called.
        case: tuple of arguments.
        told: the case in words.

    Example:

    >>> run(abs, ["x"], (-1,), "for x = -1, ").value
    1
    >>> run(len, ["x"], (-1,), "for x = -1, ").failure
    "for x = -1, `len` raised TypeError: object of type 'int' has no len()"
    """
    if not callable(function):
        return Outcome(failure=f"a function is needed; received {describe(function)}")
    name = str(safely(lambda asked: asked.__name__, function, "your function"))
    try:
        inspect.signature(function).bind(*case)
    except TypeError:
        return Outcome(
            failure=f"`{name}` must take {len(case)} arguments, "
            f"({', '.join(parameters)}); keep the first line as it was"
        )
    except BaseException:  # it has no signature
        pass
    given = tuple(map(copied, case))
    try:
        value = function(*given)
    except BaseException as error:
        return Outcome(**raised(name, error, told))
    if inspect.iscoroutine(value):
        value.close()
    if value is None:
        failure = f"`{name}` returned None. Is a `return` missing?"
        return Outcome(failure=failure, error="None")
    for parameter, before, after in zip(parameters, case, given):
        if not safely(lambda pair: unchanged(*pair), (before, after), False):
            return Outcome(
                failure=f"`{name}` changed its argument `{parameter}` in place; the "
                "caller still needs it. Compute a new array instead"
            )
    return Outcome(value)


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
    >>> def short(x): ...
    >>> is_stub(stub), is_stub(short), is_stub(None)
    (True, True, True)
    >>> is_stub(lambda x: x), is_stub(lambda x: 5), is_stub(0)
    (False, False, False)
    """
    if answer is None or answer is ...:
        return True
    if not isinstance(answer, types.FunctionType):
        return False
    code, doc = answer.__code__, answer.__doc__
    constants = [constant for constant in code.co_consts if constant is not None]
    if constants != ([doc] if doc else []):
        return False
    head = "def stub():\n    " + f"{doc!r}\n    " * bool(doc)
    idle = (compile(head + body, "", "exec").co_consts[0] for body in IDLE)
    return any(stub.co_code == code.co_code for stub in idle)
