"""What must be known of a model to use it, in one object that nobody can change."""

from dataclasses import dataclass, field

import keras
import numpy as np

from utils.checks import check_fraction, check_mapping, check_names
from utils.photographs.decoding import check_way

NOT_SURE = "not sure"


@dataclass(frozen=True)
class Kept:
    """A model that predicts, and what must be known to use it.

    `model` is what `joining.one_model` returns, `class_names` its classes in order.
    `way` is how photographs become squares: one of `decoding.WAYS`. An answer
    below the probability `threshold` is "not sure". `scores` says what it reached,
    on pictures that it had not seen: `{measure: number}`. To change one of them:
    `dataclasses.replace(kept, threshold=0.8)`.

    Raises:
        ValueError: if these do not fit together.
    """

    model: keras.Model
    class_names: tuple
    way: str = "squash"
    threshold: float = 0.0
    scores: dict = field(default_factory=dict)

    def __post_init__(self):
        classes = classes_of(self.model)
        names = check_names(self.class_names, "class_names", classes, "a class")
        text = all(isinstance(name, str) for name in names)
        unordered = isinstance(self.class_names, (set, frozenset))
        if not text or unordered or len(set(names)) < classes:
            raise ValueError(
                f"`class_names` must be {classes} different str, in the order of the "
                f"labels. Received: {self.class_names}."
            )
        if NOT_SURE in names:
            raise ValueError(
                f"`class_names` must leave {NOT_SURE!r} to answers below the "
                f"threshold. Received: {names}. Give that class another name."
            )
        scores = {} if self.scores is None else self.scores
        if not isinstance(scores, dict) or scores:
            scores = check_mapping(scores, "scores", _number)
        made = {
            "class_names": tuple(map(str, names)),
            "way": check_way(self.way),
            "threshold": check_fraction(self.threshold, "threshold"),
            "scores": {str(name): score for name, score in scores.items()},
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)  # the one way in a frozen dataclass

    def __repr__(self):
        side, scores = self.image_size, self.scores.items()
        said = [f"{self.model.name}: {', '.join(self.class_names)}"]
        said.append(f"pictures of {side} × {side} pixels ({self.way})")
        if self.threshold:
            said.append(f"not sure below {self.threshold:.3g}")
        return "; ".join([*said, *(f"{name} {score:.3g}" for name, score in scores)])

    @property
    def image_size(self):
        """Side of the square that the model takes, in pixels."""
        return self.model.input_shape[1]


def classes_of(model):
    """How many classes a joined model tells apart.

    Raises:
        ValueError: if it is something else.

    Example:

    >>> classes_of(keras.Sequential())
    Traceback (most recent call last):
    ValueError: `model` must be a Keras model that `joining.one_model` returns. \
Received: Sequential.
    """
    outputs = getattr(model, "output_names", ())
    if sorted(outputs) != ["map", "probabilities"] or model.inputs[0].dtype != "uint8":
        raise ValueError(
            "`model` must be a Keras model that `joining.one_model` returns. "
            f"Received: {type(model).__name__}."
        )
    return model.get_layer("probabilities").output.shape[-1]


def _number(value, name):
    return check_fraction(value, name, -np.inf, np.inf, open_ends=True)
