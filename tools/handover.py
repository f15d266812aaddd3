"""Values from a process that nobody trusts to one that judges: bytes, and no pickle.

A message is a text in JSON, which holds numbers, words and the form, then the contents
of arrays. What is neither becomes an `Odd`: its kind's name and nothing else. To unpack
runs no code of the sender and takes little more memory than the message has bytes.
"""

import json
import math
import numbers
import os
import re
import select
import struct
import time

import numpy as np

LARGEST = 16_000_000  # bytes of a message that is taken from an answer
KINDS = "biufcUS"  # of arrays: numbers and texts


class Broken(Exception):
    """Why no message came: the sender is gone, too slow, or sent what is none."""


class Odd:
    """What stands for a value that cannot be handed over, such as a network."""


def odd(kind, name="", iterates=False):
    """An object that is described as the value would be: of this class, or a function.

    >>> from utils.exercises.values import describe
    >>> describe(odd("Sequential")), describe(odd("function", "my_psnr"))
    ('an object of the class Sequential', 'the function `my_psnr`')
    """
    members = {"__next__": lambda self: self} if iterates else {}
    if name:
        members = {"__call__": lambda self: self}
    made = type(word(kind), (Odd,), members)()
    if name:
        made.__name__ = word(name)
    return made


def pack(value, lend=None):
    """The bytes of a value.

    Args:
        value: anything.
        lend: function that receives a function and returns the number under which the
            other side can call it; without it, functions and generators are odd.

    >>> unpack(pack({"a": (1, [np.ones(2)])}))
    {'a': (1, [array([1., 1.])])}
    """
    contents = []
    text = json.dumps(_form(value, contents, lend)).encode()
    return b"".join([struct.pack("=I", len(text)), text, *contents])


def _form(value, contents, lend):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, *(_form(item, contents, lend) for item in value)]
    if isinstance(value, dict):
        pairs = [_form(pair, contents, lend) for pair in value.items()]
        return ["dict", *pairs]
    if isinstance(value, set | frozenset | range):
        kind = "list" if isinstance(value, range) else "set"
        return [kind, *(_form(item, contents, lend) for item in value)]
    if lend and isinstance(value, np.random.Generator):
        bits = value.bit_generator
        state = _form(bits.state, contents, lend)
        return ["generator", type(bits).__name__, state]
    if lend and callable(value):
        return ["function", lend(value)]
    array = _array(value)
    if array is None:
        name = str(getattr(value, "__name__", "")) if callable(value) else ""
        return ["odd", type(value).__name__, name, hasattr(type(value), "__next__")]
    contents.append(array.tobytes())
    scalar = isinstance(value, np.generic | numbers.Number)
    return ["array", array.dtype.str, list(array.shape), scalar]


def _array(value):
    """An array of numbers or texts, or None."""
    if isinstance(value, bytes | bytearray) or hasattr(type(value), "__next__"):
        return None
    if type(value).__name__ == "KerasTensor" or isinstance(value, type):
        return None
    if isinstance(value, numbers.Real) and not isinstance(value, np.generic):
        value = float(value)  # a fraction
    array = np.asarray(value)
    if array.dtype.kind == "V" and array.dtype.names is None:  # bfloat16
        array = array.astype(np.float32)
    if array.dtype.kind in "OT":
        items = array.ravel().tolist()
        for kind, made in ((numbers.Real, float), (str, str)):
            if all(isinstance(item, kind) for item in items):
                array = np.array(items, made).reshape(array.shape)
                break
    fits = array.dtype.kind in KINDS and array.dtype.itemsize
    return np.ascontiguousarray(array).reshape(array.shape) if fits else None


def unpack(message, borrow=None):
    """The value of a message.

    Args:
        message: bytes.
        borrow: function that receives the number of a lent function and returns what
            calls it; without it, messages hold neither functions nor generators.

    Raises:
        Broken: if the message is none.
    """
    try:
        (size,) = struct.unpack_from("=I", message)
        form = json.loads(message[4 : 4 + size])
        contents = _Contents(memoryview(message)[4 + size :])
        return _value(form, contents, borrow)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, MemoryError,
            OverflowError, AttributeError, struct.error) as error:  # fmt: skip
        raise Broken(
            f"it handed over what is no value ({type(error).__name__})"
        ) from None


class _Contents:
    def __init__(self, view):
        self.view = view

    def take(self, size):
        taken, self.view = self.view[:size], self.view[size:]
        if len(taken) != size:
            raise ValueError("too short")
        return taken


def _value(form, contents, borrow):
    if not isinstance(form, list):
        if isinstance(form, dict):
            raise ValueError("no form")
        return form
    kind, *rest = form
    if kind == "array":
        return _filled(contents, *rest)
    if kind == "odd":
        return odd(*rest)
    if kind == "function" and borrow:
        return borrow(*rest)
    if kind == "generator" and borrow:
        bits = getattr(np.random, rest[0])()
        bits.state = _value(rest[1], contents, borrow)
        return np.random.Generator(bits)
    items = [_value(item, contents, borrow) for item in rest]
    return {"list": list, "tuple": tuple, "set": set, "dict": dict}[kind](items)


def _filled(contents, kind, shape, scalar):
    if not re.fullmatch(r"[<>=|][a-zA-Z]\d+", kind) or kind[1] not in KINDS:
        raise ValueError("not numbers, not texts")
    dtype = np.dtype(kind)
    if not dtype.itemsize or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("no shape")
    taken = contents.take(math.prod(shape) * dtype.itemsize)
    array = np.frombuffer(bytearray(taken), dtype).reshape(shape)
    return array[()] if scalar else array


def word(text):
    """A name that may stand in a sentence."""
    return re.sub(r"\W", "", str(text))[:60] or "object"


class Channel:
    """Messages over two pipes, to and from a process.

    Args:
        reader, writer: descriptors; closed by nobody here.
        seconds: float, how long all waiting together may last, or None.
        largest: int, bytes of a message that are still taken, or None.
    """

    def __init__(self, reader, writer, seconds=None, largest=None):
        self.reader, self.writer = reader, writer
        self.left, self.largest = seconds, largest
        if seconds is not None:
            os.set_blocking(reader, False)
            os.set_blocking(writer, False)

    def send(self, message):
        """Send bytes.

        Raises:
            Broken: if nobody takes them (in time).
        """
        rest = memoryview(struct.pack("=Q", len(message)) + message)
        while rest:
            self._wait(self.writer, select.POLLOUT)
            try:
                rest = rest[os.write(self.writer, rest[:65536]) :]
            except BrokenPipeError:
                raise Broken("its process ended") from None
            except BlockingIOError:
                continue

    def receive(self):
        """The next message, bytes.

        Raises:
            Broken: if there is none (in time), or if it is too large.
        """
        (size,) = struct.unpack("=Q", self._read(8))
        if self.largest is not None and size > self.largest:
            raise Broken(f"it handed over more than {self.largest // 1_000_000} MB")
        return self._read(size)

    def _read(self, size):
        parts = bytearray()
        while len(parts) < size:
            self._wait(self.reader, select.POLLIN)
            try:
                part = os.read(self.reader, min(size - len(parts), 2**20))
            except BlockingIOError:
                continue
            if not part:
                raise Broken("its process ended")
            parts += part
        return bytes(parts)

    def _wait(self, descriptor, event):
        if self.left is None:
            return
        start, poll = time.monotonic(), select.poll()
        poll.register(descriptor, event)
        ready = self.left > 0 and poll.poll(max(1, self.left * 1000))
        self.left -= time.monotonic() - start
        if not ready:
            raise Broken("it ran for too long")
