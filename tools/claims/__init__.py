"""Claims of the notebooks, and what an opponent would vary first.

A sentence that compares ("A is better than B", "X does not help") is a claim. It is
stated in one cell of a notebook, whose metadata names a function::

    "claim": {"says": "a large k misses more defects", "function": "large_k"}

(or a list of these), and the function stands in the notebook's module of this package,
which is called as its exercises are. `make claims ONLY=04` computes every variation
that has no row in docs/claims.csv yet, and writes docs/claims.md from it. A whole
claim::

    NOTEBOOK = "04_FeatureExtraction1"

    @needs(gigabytes=1.5)
    def large_k():
        \"""The scaling, how cells are held out, the measure.\"""
        for name, settings in one_at_a_time(
            scaling=("length 1", "standardized"),
            held_out=("cells", "modules"),
            measure=("balanced accuracy", "AUC"),
        ):
            yield name, partial(_few_against_many, **settings)

    def _few_against_many(scaling, held_out, measure):
        few, many = (_scores(k, scaling, held_out, measure) for k in (3, 31))
        lead = paired(few, many)
        words = f"k = 3 {few.mean():.3f}, k = 31 {many.mean():.3f}: {lead}"
        return Row(words, lead.above)

The rules:

- A claim is a public function of the module. Its docstring says what an opponent would
  vary, and yields `(name, compute)`: a variation in words, and a function without
  arguments that returns its `Row`. Listing the variations must be quick.
- Every variation must hold, or the claim has fallen. A sentence that is true of some
  variations only has to say so, and its function varies the rest.
- Both sides are tuned alike, inside the folds, and judged on the same folds; `paired`
  gives their difference and its interval. `measuring` has what 04 to 06 share.
- A row is kept as long as the source of its function, and of what that uses of this
  package, says the same; comments, docstrings and line breaks do not count.
- Each row is computed by a process with one thread; `needs` says with how much memory.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

# What several processes would compute alike is computed by one: `with alone():`.
lock = nullcontext()
recalled = 0.0  # seconds that this row's remembered parts took when they were computed


@dataclass(frozen=True)
class Row:
    """How one variation fared: both sides in words, and whether the sentence holds."""

    result: str
    holds: bool


@dataclass(frozen=True)
class Paired:
    """A difference over folds, with its 95 % interval; all are fractions."""

    mean: float
    low: float
    high: float

    @property
    def above(self):
        """The first side is ahead, and the interval says so."""
        return bool(self.low > 0)

    @property
    def level(self):
        """The interval cannot tell which side is ahead."""
        return bool(self.low <= 0 <= self.high)

    def __str__(self):
        mean, low, high = 100 * self.mean, 100 * self.low, 100 * self.high
        return f"{mean:+.1f} points ({low:+.1f} to {high:+.1f})"


def paired(first, second, held_out=1 / 5):
    """The difference of two scores fold by fold, with the corrected interval.

    Folds share training images, so their differences are not independent and a plain
    interval is too narrow. The correction adds the ratio of held-out to training images
    to the variance.

    Args:
        first, second: float arrays `(folds,)`, on the same folds; repetitions of
            cross-validation follow each other.
        held_out: share of the images that a fold holds out.

    Returns:
        `Paired`.

    Raises:
        ValueError: if the folds are not the same in number, or fewer than two.

    Source:
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning
        52, 2003.

    Example:

    >>> lead = paired(np.array([0.83, 0.84, 0.86]), np.array([0.80, 0.82, 0.84]))
    >>> print(lead, lead.above, lead.level)
    +2.3 points (+0.4 to +4.2) True False
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError(
            "Both sides need one score for each of at least two folds. "
            f"Received shapes: {first.shape} and {second.shape}"
        )
    steps = first - second
    ratio = held_out / (1 - held_out)
    error = np.sqrt((1 / len(steps) + ratio) * steps.var(ddof=1))
    half = stdtrit(len(steps) - 1, 0.975) * error
    return Paired(steps.mean(), steps.mean() - half, steps.mean() + half)


def one_at_a_time(**choices):
    """The usual settings, then each other value alone.

    Args:
        **choices: for each setting its values; the first is the usual one.

    Yields:
        `(name, settings)`: the variation in words, and all settings as a dict.

    Example:

    >>> for name, settings in one_at_a_time(side=(224, 96), held_out=("cells", "runs")):
    ...     print(name, settings)
    as in the notebook {'side': 224, 'held_out': 'cells'}
    side: 96 {'side': 96, 'held_out': 'cells'}
    held out: runs {'side': 224, 'held_out': 'runs'}
    """
    usual = {setting: values[0] for setting, values in choices.items()}
    yield "as in the notebook", dict(usual)
    for setting, values in choices.items():
        for value in values[1:]:
            yield f"{setting.replace('_', ' ')}: {value}", {**usual, setting: value}


def needs(gigabytes):
    """State how much memory one variation of a claim takes; 2 GB where nothing is said.

    Args:
        gigabytes: float, with the libraries and the data that it loads.

    Example:

    >>> @needs(gigabytes=6)
    ... def all_layers():
    ...     yield "as in the notebook", lambda: Row("1 and 1", True)
    >>> all_layers.gigabytes
    6
    """

    def stated(claim):
        claim.gigabytes = gigabytes
        return claim

    return stated


def alone():
    """For a computation that all processes need and one of them shall do.

    Example:

    >>> with alone():
    ...     total = sum(range(10))
    """
    return lock
