"""Judge an answer that nobody trusts: it computes behind walls, the check elsewhere.

Two processes are forked for each answer. One runs the answer's cells behind walls
(`walls.py`) and hands over values (`handover.py`). The other holds the engine's check,
which calls the answer through a `Proxy`; nothing that the answer replaces, prints or
raises reaches it. Where an answer builds a network, which cannot be handed over, the
check runs in the answer's process, and the sentence says so.
"""

import contextlib
import inspect
import json
import os
import signal
import sys
from dataclasses import dataclass

import numpy as np
import walls
from handover import LARGEST, Broken, Channel, pack, stand_in, unpack, word

from utils.exercises.running import STUB, in_float32, is_stub, quietly
from utils.exercises.values import Elsewhere, safely

# Exercises that take or return networks.
NETWORKS = {
    "cnn_anatomy.digit_reader",
    "cnn_architectures.mended",
    "cnn_architectures.residual",
    "cnn_architectures.separable",
    "fine_tuning.mended",
}
TOGETHER = "(Its process judged itself, and may lie.) "


@dataclass(frozen=True)
class Limits:
    """What an answer may take: `seconds`, and `gigabytes` of memory; whether `walls`
    stand around it."""

    seconds: float = 60
    gigabytes: float = 2
    walls: bool = True

    def enclose(self, times=1, walled=True):
        """Enclose this process, or only limit it, to several times these limits."""
        seconds = times * (self.seconds + 1) * (os.cpu_count() or 1)
        memory = int(times * self.gigabytes * 1e9)
        walls.enclose(seconds, memory, filtered=walled and self.walls)


UNLESS_SAID = Limits()


def judge(exercise, given, sources, together=False, limits=UNLESS_SAID):
    """(whether an answer is right, what the check says of it).

    Args:
        exercise: the `Exercise`.
        given: list of str, the course's own cells that run before, imports first.
        sources: list of str, the answer's cells.
        together: True where the answer cannot be handed over.
        limits: `Limits` of the answer; its judge may take three times as much.
    """
    # Here, once: each answer finds them imported. Nothing here may compute with
    # TensorFlow: its threads would not survive the fork.
    exec(given[0], {})
    act = _together if together else _apart
    _ = None if together else exercise.wanted  # computed here, once
    reader, writer = os.pipe()
    process = _fork(
        lambda: _tell(writer, act, exercise, given, sources, limits),
        keep=(writer,),
    )
    os.close(writer)
    channel = Channel(reader, reader, 3 * limits.seconds, largest=100_000)
    try:
        right, said = json.loads(channel.receive())
        return right is True, TOGETHER * together + str(said)
    except (Broken, ValueError, TypeError) as reason:
        return False, f"Not judged: {reason}."
    finally:
        os.close(reader)
        _end(process)


def _fork(act, keep):
    """Do something in a process of its own, silent, with these descriptors only."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    process = os.fork()
    if process:
        return process
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        sys.stdout = sys.stderr = open(os.devnull, "w")
        kept = {*keep, 0, 1, 2, sys.stdout.fileno()}
        for low, high in zip(sorted(kept), [*sorted(kept)[1:], 2**20]):
            os.closerange(low + 1, high)
        act()
    finally:
        os._exit(0)


def _end(process):
    os.kill(process, signal.SIGKILL)  # not waited for yet: the number is still its own
    os.waitpid(process, 0)


def _tell(writer, act, exercise, given, sources, limits):
    right, said = act(exercise, given, sources, limits)
    Channel(writer, writer).send(json.dumps((bool(right), said[:2000])).encode())


def _together(exercise, given, sources, limits):
    limits.enclose()
    try:
        answer = _answer(exercise, given, sources)
    except BaseException as error:
        return False, _no_answer(*_error(error))
    return exercise.verdict(answer)


def _apart(exercise, given, sources, limits):
    (from_answer, to_judge), (from_judge, to_answer) = os.pipe(), os.pipe()

    def serve():
        limits.enclose()
        _serve(Channel(from_judge, to_judge), exercise, given, sources)

    process = _fork(serve, keep=(from_judge, to_judge))
    os.close(to_judge)
    os.close(from_judge)
    limits.enclose(times=3, walled=False)
    channel = Channel(from_answer, to_answer, limits.seconds, LARGEST)
    try:
        return _verdict(exercise, channel)
    except Broken as reason:
        return False, f"Not judged: {reason}."
    finally:
        _end(process)


# In the process of the answer


def _answer(exercise, given, sources):
    space = {"__name__": "__main__", "display": print}
    for source in (*given, *sources):
        exec(compile(source, "<the answer>", "exec"), space)
    name = exercise.solution.__name__
    return space.get(name)  # the course's stub, unless a cell defines or deletes it


def _serve(channel, exercise, given, sources):
    """Run the answer's cells; then call what they made as often as the judge asks."""
    try:
        answer = _answer(exercise, given, sources)
        stub = is_stub(answer)
    except BaseException as error:
        channel.send(pack(("broken", *_error(error))))
        return
    if stub:
        channel.send(pack(("stub",)))
    elif not exercise.parameters or not callable(answer):
        channel.send(_packed("value", answer))
    else:
        channel.send(pack(("function", *_told(answer))))
        with quietly(), in_float32():
            while True:
                channel.send(_called(channel, answer))


def _told(answer):
    """What a function is called, and its parameters, if it has a signature."""
    try:
        parameters = [
            (p.name, int(p.kind), p.default is not p.empty)
            for p in inspect.signature(answer).parameters.values()
        ]
    except TypeError:
        parameters = []
    except BaseException:
        parameters = None
    name = safely(lambda asked: str(asked.__name__), answer, "your function")
    return name, parameters


def _called(channel, answer):
    def borrow(number):
        def ask(*arguments):
            channel.send(pack(("ask", number, arguments)))
            kind, value = unpack(channel.receive())
            if kind == "raised":
                raise ValueError(value)
            return value

        return ask

    arguments = unpack(channel.receive(), borrow)
    before = [pack(argument) for argument in arguments]
    try:
        value = answer(*arguments)
        changed = {
            i: argument
            for i, argument in enumerate(arguments)
            if pack(argument) != before[i]
        }
        return _packed("gave", value, changed)
    except BaseException as error:
        return pack(("raised", *_error(error)))


def _packed(kind, value, *rest):
    """A message; if the value resists, or is too large, one that tells what it is."""
    with contextlib.suppress(BaseException):
        message = pack((kind, value, *rest))
        if len(message) <= LARGEST:
            return message
    rest = [dict.fromkeys(changed) for changed in rest]
    return pack((kind, stand_in(value), *rest))


def _error(error):
    try:
        text = str(error)
    except BaseException:
        text = ""
    return type(error).__name__, text[:1000]


# In the process of the judge


def _no_answer(kind, text):
    text = " ".join(str(text).split())[:200]
    return f"Not yet: the answer's cell raised {word(kind)}: {text}".rstrip(": ") + "."


def _verdict(exercise, channel):
    kind, *rest = unpack(channel.receive())
    if kind == "broken":
        return False, _no_answer(*rest)
    if kind == "stub":
        return False, STUB
    if kind == "value":
        return exercise.verdict(rest[0])
    if kind != "function":
        raise Broken("it handed over what is no answer")
    proxy = Proxy(channel, *rest)
    right, said = exercise.verdict(proxy)
    return (False, f"Not judged: {proxy.lost}.") if proxy.lost else (right, said)


class Proxy:
    """Is called like the answer, and gives what the answer gives in its own process.

    Args:
        channel: the `Channel` to that process.
        name: what the function is called there.
        parameters: list of (name, kind, whether it has a default), or None.
    """

    def __init__(self, channel, name, parameters):
        self.channel, self.lost = channel, None
        self.__name__ = word(name)
        if parameters is not None:
            try:
                self.__signature__ = _signature(parameters)
            except (ValueError, TypeError) as error:
                raise Broken(f"its parameters cannot be read ({error})") from None

    def __call__(self, *arguments):
        try:
            if self.lost:
                raise self.lost
            return self._call(arguments)
        except Broken as reason:
            self.lost = reason
            raise

    def _call(self, arguments):
        lent = []

        def lend(function):
            lent.append(function)
            return len(lent) - 1

        self.channel.send(pack(arguments, lend))
        while True:
            try:
                kind, *rest = unpack(self.channel.receive())
                if kind == "ask":
                    function = lent[rest[0]]
                elif kind == "gave":
                    value, changed = rest
                    for i, new in changed.items():
                        spoil(arguments[i], new)
                    return value
                elif kind == "raised":
                    name, text = map(str, rest)
                else:
                    raise ValueError(kind)
            except (ValueError, TypeError, IndexError, AttributeError) as error:
                raise Broken(f"it handed over no result ({error})") from None
            if kind == "raised":
                base = KeyboardInterrupt if name == "KeyboardInterrupt" else Exception
                raise type(word(name), (base,), {})(text)
            try:
                reply = ("gave", function(*map(_plain, rest[1])))
            except Exception as error:
                reply = ("raised", str(error))
            self.channel.send(pack(reply))


def _signature(parameters):
    made = []
    for name, kind, has_default in parameters:
        default = None if has_default else inspect.Parameter.empty
        kind = inspect._ParameterKind(kind)
        made.append(inspect.Parameter(name, kind, default=default))
    return inspect.Signature(made)


def _plain(value):
    """The numbers of what stands for a tensor or a column."""
    return np.asarray(value) if isinstance(value, Elsewhere) else value


def spoil(value, new):
    """Change a value in place, as the answer did with its copy.

    What cannot be changed likewise, as when the answer gave an array another shape,
    gets larger: all that counts is that it is not as it was.

    >>> rows, flat = [np.zeros(2)], np.zeros((2, 2))
    >>> spoil(rows, [np.ones(2)])
    >>> spoil(flat, np.zeros(4))
    >>> rows, flat
    ([array([1., 1.])], array([0., 0., 0., 0., 0.]))
    """
    if isinstance(value, np.ndarray):
        if isinstance(new, np.ndarray) and new.shape == value.shape:
            value[...] = new
        else:
            value.resize(value.size + 1, refcheck=False)
    elif isinstance(value, list):
        value[:] = new if isinstance(new, list) else [*value, None]
    elif isinstance(value, dict):
        new = new if isinstance(new, dict) else {**value, "and more": None}
        value.clear()
        value.update(new)
    elif isinstance(value, tuple):
        for part, other in zip(value, new or value):
            spoil(part, other)
