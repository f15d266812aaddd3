"""A frozen network and the linear classifier behind it, as one Keras model."""

import contextlib
import warnings

import keras
import numpy as np
from keras import layers
from scipy.special import log_expit, softmax
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from utils.backbones import Backbone
from utils.checks import check_methods
from utils.folding import float32_copy

NEEDED = (
    "`classifier` must be a fitted linear classifier with probabilities. Received: "
)
REMEDY = (
    "Hand in `make_pipeline(StandardScaler(), LogisticRegression())`, fitted; "
    "RidgeClassifier and LinearSVC have no probabilities."
)
DIGITS = 1e-3  # probabilities that differ by more are other ones


def one_model(backbone, layer, classifier):
    """One Keras model from pictures to probabilities and to the map behind them.

    A linear classifier on averaged features gives the same score if it first weighs
    the features of each place and then averages what it found there. So the model
    is: preprocessing, the network up to `layer`, one 1 × 1 convolution that holds
    scaler, PCA and classifier, the average over places, and a softmax. The network is
    a plain copy in float32, without folding, whatever the precision of the original;
    later changes of the original do not reach it. All layers are Keras' own, and
    each keeps computing in float32 under any dtype policy.

    Args:
        backbone: a `backbones.Backbone`.
        layer: name of the layer whose maps are averaged; `"avg_pool"` stands for
            the one before it.
        classifier: fitted on the averages of that layer; anything of scikit-learn
            whose probabilities come from a linear score, alone or in a pipeline behind
            linear steps such as `StandardScaler` and `PCA`.

    Returns:
        A `keras.Model` from uint8 `(n, side, side, 3)`, 0 to 255, to a dict of
        float32: `"probabilities"`, `(n, classes)`, and `"map"`, `(n, rows, columns,
        classes)`, the class activation map. Its mean over places is the
        classifier's score, bias included; of two classes, the first has the score
        of the second with the other sign.

    Raises:
        ValueError: if backbone, layer and classifier do not fit together, if score or
            preprocessing is not linear, or if float32 is too coarse for the classifier.

    Source:
        Zhou et al., "Learning Deep Features for Discriminative Localization",
        CVPR 2016.

    Example:

    >>> from sklearn.linear_model import LogisticRegression
    >>> from utils import backbones
    >>> rows, labels = np.random.default_rng(0).random((30, 192)), np.arange(30) % 3
    >>> classifier = LogisticRegression().fit(rows, labels)
    >>> model = one_model(backbones.load(image_size=64), "block15", classifier)
    >>> found = model.predict(np.zeros((1, 64, 64, 3), np.uint8), verbose=0)
    >>> found["probabilities"].shape, found["map"].shape
    ((1, 3), (1, 2, 2, 3))
    """
    maps = _maps(backbone, layer)
    weights, bias, link = _scores(classifier, maps.shape[-1], backbone, layer)
    side = backbone.image_size
    picture = keras.Input((side, side, 3), dtype="uint8", name="picture")
    network = _plain_copy(keras.Model(backbone.model.input, maps, name=backbone.name))
    tensor = network(_preprocessed(picture, backbone))
    classes = layers.Conv2D(len(bias), 1, dtype="float32", name="map")
    evidence = classes(tensor)
    classes.set_weights([weights[None, None], bias])
    pool = layers.GlobalAveragePooling2D(dtype="float32", name="score")
    tensor = pool(evidence)
    if link == "sigmoid":  # each class for itself, then brought to the sum 1
        each = layers.Activation("log_sigmoid", dtype="float32", name="log_sigmoid")
        tensor = each(tensor)
    last = layers.Activation("softmax", dtype="float32", name="probabilities")
    outputs = {"probabilities": last(tensor), "map": evidence}
    model = keras.Model(picture, outputs, name=f"{backbone.name}_{layer}")
    model.trainable = False
    _compare(model, network, backbone, classifier)
    return model


def _maps(backbone, layer):
    """Symbolic tensor `(n, rows, columns, channels)`: its averages are features."""
    if not isinstance(backbone, Backbone):
        raise ValueError(
            "`backbone` must be what `backbones.load` returns. "
            f"Received: {type(backbone).__name__}."
        )
    mapped = [name for name, shape in backbone.shapes().items() if len(shape) == 3]
    if not isinstance(layer, str) or layer not in (*mapped, "avg_pool"):
        raise ValueError(
            f"`layer` must be one of {backbone.name} that has a map: "
            f"{', '.join(mapped)}, or 'avg_pool'. Received: {layer!r}."
        )
    found = backbone.model.get_layer(layer)
    return found.input if layer == "avg_pool" else found.output


def _plain_copy(network):
    """The same network in float32, with weights of its own."""
    copy = keras.models.clone_model(
        network, clone_function=float32_copy, recursive=True
    )
    copy.set_weights(network.get_weights())
    for layer in copy.layers:
        if hasattr(layer, "finalize_state"):  # Normalization prepares its weights
            layer.finalize_state()
    return copy


def _preprocessed(picture, backbone):
    """What `backbone.preprocess` makes of uint8 pictures, by layers."""

    def preprocess(colors):
        images = np.asarray(colors, np.float32).reshape(1, -1, 1, 3)
        return np.asarray(backbone.preprocess(images), float).reshape(-1, 3)

    grays = np.repeat(np.arange(256), 3).reshape(-1, 3)
    colors = np.random.default_rng(0).integers(0, 256, (256, 3))
    found = _linear(preprocess, 3, 255, np.concatenate([grays, colors]), 1e-5)
    if found is None:
        raise ValueError(
            "`backbone.preprocess` must be a linear function of a pixel's three "
            f"colors, so that it can become a layer. Received: that of {backbone.name}."
        )
    weights, bias = found
    scale = np.diag(weights)
    settings = {"dtype": "float32", "name": "preprocessing"}
    if (weights == scale[0] * np.eye(3)).all() and (bias == bias[0]).all():
        return layers.Rescaling(float(scale[0]), float(bias[0]), **settings)(picture)
    if (weights == np.diag(scale)).all() and (scale > 0).all():  # each color for itself
        moments = (-bias / scale).tolist(), (1 / scale**2).tolist()
        return layers.Normalization(-1, *moments, **settings)(picture)
    as_float = layers.Rescaling(1.0, **settings)(picture)
    mix = layers.Conv2D(3, 1, dtype="float32", name="order_of_colors")
    mixed = mix(as_float)
    mix.set_weights([weights[None, None], bias])
    return mixed


def _scores(classifier, columns, backbone, layer):
    """Weights `(columns, classes)`, bias `(classes,)`, and what makes probabilities."""
    check_methods(classifier, ("decision_function", "predict_proba"), NEEDED, REMEDY)
    try:
        check_is_fitted(classifier)
    except NotFittedError:
        name = type(classifier).__name__
        raise ValueError(f"{NEEDED}{name}, not fitted. Call `fit` first.") from None
    trained = getattr(classifier, "n_features_in_", columns)
    if trained != columns:
        shapes = {k: s for k, s in backbone.shapes().items() if k != "predictions"}
        fits = [name for name, shape in shapes.items() if shape[-1] == trained]
        remedy = f"Hand in layer={fits[-1]!r}." if fits else "Fit it on that layer."
        raise ValueError(
            f"`classifier` must be fitted on the {columns:,} averages of {layer}. "
            f"Received: one that was fitted on {trained:,} columns. {remedy}"
        )

    def decide(rows):
        with _unnamed():
            scores = classifier.decision_function(rows)
        return np.stack([-scores, scores], 1) if scores.ndim == 1 else scores

    rows = np.random.default_rng(0).normal(size=(20, columns))
    rows *= 10.0 ** (np.arange(20) % 5 - 1)[:, None]  # small and large ones
    try:
        found = _linear(decide, columns, 1, rows, 1e-6)
    except ValueError:  # a step that takes no negative numbers, say
        found = None
    link = found and _link(classifier, *found)
    if link is None:
        raise ValueError(
            f"{NEEDED}{type(classifier).__name__}, whose probabilities do not come "
            f"from a linear score. {REMEDY}"
        )
    return *found, link


@contextlib.contextmanager
def _unnamed():
    """Without the warning that a classifier fitted on a table misses its names."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        yield


def _linear(function, columns, size, rows, tolerance):
    """`(weights, bias)` of a function of rows, or None if it is not linear there."""
    bias = function(np.zeros((1, columns)))[0]
    weights = (function(size * np.eye(columns)) - bias) / size
    wanted = function(rows)
    error = abs(rows @ weights + bias - wanted).max(axis=1)
    allowed = tolerance * abs(wanted).max(axis=1).clip(1)
    return (weights, bias) if (error <= allowed).all() else None


def _link(classifier, weights, bias):
    """How probabilities come from scores: "softmax", "sigmoid", or None: otherwise."""
    targets = np.random.default_rng(0).normal(size=(16, len(bias)))
    # rows whose scores lie where the links differ
    rows = (targets - bias) @ np.linalg.pinv(weights, 1e-6)
    with _unnamed():
        wanted, said = classifier.predict_proba(rows), classifier.predict(rows)
    if (classifier.classes_[wanted.argmax(axis=1)] != said).any():
        raise ValueError(
            f"{NEEDED}{type(classifier).__name__}, whose `predict` does not name the "
            "likeliest class. Hand in what is inside, its `estimator_`."
        )
    scores = rows @ weights + bias
    links = {"softmax": scores, "sigmoid": log_expit(scores)}
    for name, linked in links.items():
        if abs(softmax(linked, axis=1) - wanted).max() < 1e-6:
            return name
    return None


def _compare(model, network, backbone, classifier):
    """Refuse a model that does not say of pictures what its parts say."""
    side = backbone.image_size
    pictures = np.zeros((2, side, side, 3), np.uint8)
    pictures[0] = np.linspace(0, 255, side)[:, None, None]
    pictures[1] = np.random.default_rng(0).integers(0, 256, (side, side, 3))
    found = np.asarray(model(pictures, training=False)["probabilities"])
    batch = np.asarray(backbone.preprocess(pictures.astype(np.float32)))
    features = np.asarray(network(batch, training=False)).mean(axis=(1, 2))
    with _unnamed():
        wanted = classifier.predict_proba(features.astype(float))
    worst = abs(found - wanted).max()
    if not worst <= DIGITS:  # NaN, too
        raise ValueError(
            "`classifier` must give probabilities that float32 can follow. Received: "
            f"one whose probabilities move by {worst:.2g} in float32. Fit it with a "
            "stronger penalty (a smaller C), behind a StandardScaler."
        )
