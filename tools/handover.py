"""Values from a process that nobody trusts to one that judges: bytes, and no pickle.

A message is a text in JSON, which holds numbers, words and the form, then the contents
of arrays. Of anything else, what the check would say of it is handed over, and its
numbers: an `Elsewhere`. To unpack runs no code of the sender and takes little more
memory than the message has bytes.
"""

import json
import math
import os
import re
import select
import struct
import time

import numpy as np

from utils.exercises.values import Elsewhere, Wrong, as_numbers, describe, has

LARGEST = 16_000_000  # bytes of a message that is taken from an answer
LONGEST = 300  # letters of what is said of a value
ENDED = "its process ended; does it leave Python, or need more than `--gigabytes`?"
KINDS = "biufcUS"  # of arrays: numbers and texts


class Broken(Exception):
    """Why no message came: the sender is gone, too slow, or sent what is none."""


def pack(value, lend=None):
    """The bytes of a value.

    Args:
        value: anything.
        lend: function that receives a function and returns the number under which the
            other side can call it; without it, functions and generators are stood for.

    >>> unpack(pack({"a": (1, [np.ones(2)])}))
    {'a': (1, [array([1., 1.])])}
    """
    contents = []
    text = json.dumps(_form(value, contents, lend)).encode()
    return b"".join([struct.pack("=I", len(text)), text, *contents])


def _form(value, contents, lend):
    kind = type(value)
    if value is None or kind in (bool, float):
        return value
    if issubclass(kind, str) and kind is not np.str_:
        return str.__str__(value)
    if kind is int and value.bit_length() < 10_000:  # Python writes no longer ones
        return value
    if issubclass(kind, list | tuple):
        name = "tuple" if issubclass(kind, tuple) else "list"
        return [name, *(_form(item, contents, lend) for item in value)]
    if kind is dict:
        pairs = [_form(pair, contents, lend) for pair in value.items()]
        return ["dict", *pairs]
    if kind is set:
        return ["set", *(_form(item, contents, lend) for item in value)]
    if lend and kind is np.random.Generator:
        return ["generator", *_generator(value, contents)]
    if lend and callable(value):
        return ["function", lend(value)]
    if issubclass(kind, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind in KINDS and array.dtype.itemsize:
            contents.append(array.tobytes())
            scalar = issubclass(kind, np.generic)
            return ["array", array.dtype.str, list(array.shape), scalar]
    value = stand_in(value)
    return ["elsewhere", value.told, _form(value.numbers, contents, None), value.typed]


def _generator(value, contents):
    bits = value.bit_generator
    seed = {
        key: part if isinstance(part, int) else list(part)
        for key, part in bits.seed_seq.state.items()
    }
    return type(bits).__name__, *(_form(p, contents, None) for p in (bits.state, seed))


def stand_in(value):
    """The `Elsewhere` of a value: what the check says of it where it is.

    >>> stand_in({1: 2}.items()).told, stand_in(range(2)).numbers
    ('the dict_items dict_items([(1, 2)])', array([0, 1]))
    """
    told = describe(value)[:LONGEST]
    try:
        numbers = as_numbers(value)
        if numbers.nbytes > LARGEST:
            numbers = f"{told} is too large to hand over"
    except Wrong as reason:
        numbers = str(reason)[:LONGEST]
    return Elsewhere(told, numbers, has(value, "dtype"))


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
    if kind == "elsewhere":
        return _elsewhere(contents, *rest)
    if kind == "function" and borrow:
        return borrow(*rest)
    if kind == "generator" and borrow:
        state, seed = (_value(part, contents, borrow) for part in rest[1:])
        bits = getattr(np.random, rest[0])(np.random.SeedSequence(**seed))
        bits.state = state
        return np.random.Generator(bits)
    items = [_value(item, contents, borrow) for item in rest]
    return {"list": list, "tuple": tuple, "set": set, "dict": dict}[kind](items)


def _elsewhere(contents, told, numbers, typed):
    if not isinstance(numbers, str):
        numbers = _value(numbers, contents, None)
        if not isinstance(numbers, np.ndarray) or numbers.dtype.kind not in "biuf":
            raise ValueError("no numbers")
    return Elsewhere(str(told), numbers, typed is True)


def _filled(contents, kind, shape, scalar):
    if not re.fullmatch(r"[<>=|][a-zA-Z]\d+", kind) or kind[1] not in KINDS:
        raise ValueError("not numbers, not texts")
    dtype = np.dtype(kind)
    if not dtype.itemsize or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("no shape")
    taken = contents.take(math.prod(shape) * dtype.itemsize)
    array = np.frombuffer(taken, dtype).reshape(shape).copy()  # it owns its data
    return array[()] if scalar else array


def word(text):
    """A name that may stand in a sentence.

    >>> word("=my_sum()"), word("<lambda>")
    ('my_sum', '<lambda>')
    """
    return re.sub(r"[^\w<> ]", "", str(text))[:60] or "object"


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
                raise Broken(ENDED) from None
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
                raise Broken(ENDED)
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
            raise Broken("it ran for too long; `--seconds` gives it more")
