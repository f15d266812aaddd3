"""What is said of arguments, errors, two results that differ; and general slips."""

import re

import numpy as np

from utils.exercises.values import (
    Wrong,
    as_numbers,
    close,
    describe,
    is_numeric,
    safely,
    show,
)

# Slips that fit any exercise: what was done to the right numbers, or is left to do.
SLIPS = {
    "that is in percent; a fraction is asked": lambda right: 100 * right,
    "that is a hundredth of it": lambda right: right / 100,
    "the sign is turned round": lambda right: -right,
    "that is the square of it": lambda right: right**2,
    "that is the square root of it": np.sqrt,
    "that is half of it": lambda right: right / 2,
    "it is twice too large": lambda right: 2 * right,
    "it is 1 too large": lambda right: right + 1,
    "it is 1 too small": lambda right: right - 1,
    "that is what is missing to 1": lambda right: 1 - right,
    "numerator and denominator are exchanged": lambda right: 1 / right,
    "that is the logarithm of it": np.log,
    "it is rounded; leave all digits": np.round,
    "it is rounded; leave all the digits": lambda right: np.round(right, 1),
    "it is rounded, but all digits are needed": lambda right: np.round(right, 2),
    "it is rounded, and all digits are needed": lambda right: np.round(right, 3),
    "the sign is lost": np.abs,
    "negative values are cut off": lambda right: np.maximum(right, 0),
    "the order is reversed": lambda right: right[::-1],
    "the last axis is reversed": lambda right: right[..., ::-1],
    "rows and columns are exchanged": np.transpose,
    "the values are sorted; keep their order": np.sort,
}
LEFT_TO_DO = {
    "an axis of length 1 is left over": np.squeeze,
    "the mean of these values is asked": np.mean,
    "the sum of these values is asked": np.sum,
}


def slippery(facts):
    """Facts as an array for `SLIPS`; None if these make no sense, as of True and False.

    >>> slippery(0.5), slippery(True), slippery("a")
    (array(0.5), None, None)
    """
    truth = isinstance(facts, bool | np.bool_)
    return np.asarray(facts) if is_numeric(facts) and not truth else None


def argument_told(parameter, value):
    """An argument in words; None for what has none, such as a random generator."""
    if callable(value) or isinstance(value, np.random.Generator):
        return None
    text = safely(repr, value, "").removeprefix("array(").removesuffix(")")
    if len(text) > 40 or "\n" in text or "<" in text:
        shape = getattr(value, "shape", None)
        text = describe(value) if shape is None else f"shape {tuple(shape)}"
        return f"{parameter} of {text}" if shape is not None else f"{parameter}: {text}"
    return f"{parameter} = {text}"


def parts_told(value):
    """What a value is; if it has parts, what each is.

    >>> parts_told((1, "a"))
    "(the int 1, the str 'a')"
    """
    if isinstance(value, tuple) and len(value) < 5:
        return f"({', '.join(map(describe, value))})"
    return describe(value)


def ordinal(key):
    names = ("the first result", "the second result", "the third result")
    return key if isinstance(key, str) else (*names, *[f"result {key + 1}"] * 99)[key]


def difference(seen, facts, tolerance, short):
    """Two results that differ, in words: shape, kind, finiteness, values."""
    if isinstance(facts, str) and isinstance(seen, str):
        return f"{seen} instead of {facts}"
    if not is_numeric(facts):
        return f"{describe(seen)} instead of {describe(facts)}"
    try:
        seen = as_numbers(seen)
    except Wrong as reason:
        return str(reason)
    facts = as_numbers(facts)
    if seen.shape != facts.shape:
        if not facts.shape and short:
            return f"{seen.size} value{'s' * (seen.size != 1)} came back"
        if not facts.shape:
            return f"one number is asked; it has shape {seen.shape}: {describe(seen)}"
        if not seen.shape:
            return f"one number, {show(seen)[0]}, instead of an array of {facts.shape}"
        return f"the result has shape {seen.shape} instead of {facts.shape}"
    finite = short or np.isfinite(seen).all() or not np.isfinite(facts).all()
    zero = "" if finite else "; is something divided by zero, or too large?"
    off = ~close(seen, facts, tolerance)
    if seen.ndim < 2 and seen.size <= 8:
        one, other = show(seen, facts)
        return f"{one} instead of {other}{zero}"
    place = tuple(int(i) for i in np.argwhere(off)[0])
    one, other = show(seen[place], facts[place])
    at = ", ".join(map(str, place))
    text = f"{one} instead of {other} at [{at}]{zero}"
    return text if short else f"{off.sum()} of {off.size} values are off, first {text}"


def raised(name, error, told):
    """What an outcome holds of an error; without addresses, and Keras' numbers."""
    text = str(safely(str, error, "")).split("\n")[0]
    text = re.sub(" at 0x[0-9a-fA-F]+", "", text)[:200]  # where it lay in memory
    kind = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return {"failure": f"`{name}` was stopped before it returned"}
    failure = f"{told}`{name}` raised {kind}: {text}".rstrip(": ")
    return {"failure": failure, "error": kind + re.sub(r"_\d+|<.*", "", text)}
