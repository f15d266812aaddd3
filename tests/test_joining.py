"""One Keras model says what network and classifier say one after the other."""

import dataclasses
import re

import keras
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    Normalizer,
    StandardScaler,
)
from sklearn.svm import LinearSVC

from utils import backbones
from utils.features import extract, resize
from utils.keeping.joining import one_model

rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (30, 50, 70, 3), np.uint8)
IMAGES //= rng.integers(1, 9, (30, 1, 1, 1), np.uint8)  # some are dark
SQUARES = resize(IMAGES, 64)
LABELS = IMAGES.mean(axis=(1, 2, 3)).argsort().argsort() % 3


@pytest.fixture(scope="module")
def backbone():
    return backbones.load(image_size=64)


@pytest.fixture(scope="module")
def table(backbone):
    return averages(backbone, "block5")


def averages(backbone, layer):
    """What a classifier is fitted on, by the network itself and NumPy."""
    maps = keras.Model(backbone.model.input, backbone.model.get_layer(layer).output)
    found = np.asarray(maps(backbone.preprocess(SQUARES), training=False))
    return found.mean(axis=(1, 2)) if found.ndim == 4 else found


def ask(model):
    found = model(SQUARES, training=False)
    return {name: np.asarray(tensor) for name, tensor in found.items()}


def logistic(**settings):
    return LogisticRegression(max_iter=5000, **settings)


CLASSIFIERS = {
    "alone": logistic(),
    "scaled": make_pipeline(StandardScaler(), logistic(C=0.1)),
    "only centered": make_pipeline(StandardScaler(with_std=False), logistic()),
    "PCA": make_pipeline(StandardScaler(), PCA(8), logistic()),
    "whitened": make_pipeline(PCA(8, whiten=True), logistic()),
    "from 0 to 1": make_pipeline(MinMaxScaler(), logistic()),
    "one against the rest": OneVsRestClassifier(logistic()),
    "descent": make_pipeline(StandardScaler(), SGDClassifier("log_loss", alpha=0.1)),
    "discriminant": make_pipeline(PCA(8), LinearDiscriminantAnalysis()),
    "searched": GridSearchCV(
        make_pipeline(StandardScaler(), logistic()),
        {"logisticregression__C": [0.01, 0.1]},
        cv=2,
    ),
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_it_says_what_scikit_learn_says(backbone, table, name, classes):
    classifier = CLASSIFIERS[name].fit(table, LABELS % classes)
    model = one_model(backbone, "block5", classifier)
    found = ask(model)
    assert all(array.dtype == np.float32 for array in found.values())
    wanted = classifier.predict_proba(table)
    np.testing.assert_allclose(found["probabilities"], wanted, atol=1e-5)
    score = found["map"].mean(axis=(1, 2))
    decided = classifier.decision_function(table)
    if classes == 2:
        decided = np.stack([-decided, decided], axis=1)
    np.testing.assert_allclose(score, decided, atol=1e-4)


def test_the_map_is_weights_times_features_plus_the_bias(backbone, table):
    """At each place; and its mean without the bias, plus the bias, is the score."""
    classifier = CLASSIFIERS["scaled"].fit(table, LABELS)
    model = one_model(backbone, "block5", classifier)
    features = backbone.model.get_layer("block5").output
    places = keras.Model(backbone.model.input, features)(backbone.preprocess(SQUARES))
    found = ask(model)["map"]
    scaler, logistic = classifier
    weights = (logistic.coef_ / scaler.scale_).T
    bias = logistic.intercept_ - scaler.mean_ @ weights
    alone = np.asarray(places, float) @ weights
    np.testing.assert_allclose(found, alone + bias, atol=1e-4)
    score = classifier.decision_function(table)
    np.testing.assert_allclose(alone.mean(axis=(1, 2)) + bias, score, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("MobileNetV2", "block_5_add"),  # from -1 to 1
        ("VGG16", "block2_pool"),  # blue first, less the mean color
        ("DenseNet121", "pool2_relu"),  # another scale for each color
        ("EfficientNetB0", "block2b_add"),  # prepares its input itself
    ],
)
def test_any_preprocessing_becomes_a_layer(name, layer):
    network = backbones.load(name, image_size=64, weights=None)
    rows = averages(network, layer)
    classifier = make_pipeline(StandardScaler(), logistic(C=0.01)).fit(rows, LABELS)
    found = ask(one_model(network, layer, classifier))
    wanted = classifier.predict_proba(rows)
    np.testing.assert_allclose(found["probabilities"], wanted, atol=1e-5)
    assert np.ptp(wanted, axis=0).max() > 0.01  # colors count


def test_avg_pool_stands_for_the_maps_before_it(backbone):
    rows = averages(backbone, "avg_pool")
    classifier = make_pipeline(StandardScaler(), logistic(C=0.01)).fit(rows, LABELS)
    found = [
        ask(one_model(backbone, layer, classifier)) for layer in ("avg_pool", "head")
    ]
    np.testing.assert_array_equal(found[0]["map"], found[1]["map"])
    wanted = classifier.predict_proba(rows)
    np.testing.assert_allclose(found[0]["probabilities"], wanted, atol=1e-5)


def test_it_takes_what_extract_gives(backbone):
    rows = extract(backbone, IMAGES, "block5", cache=False)["block5"]
    classifier = CLASSIFIERS["scaled"].fit(rows, LABELS)
    found = ask(one_model(backbone, "block5", classifier))
    wanted = classifier.predict_proba(rows)
    np.testing.assert_allclose(found["probabilities"], wanted, atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_any_policy_gives_the_answers_of_float32(backbone, table, policy, tmp_path):
    """At joining and at loading."""
    classifier = CLASSIFIERS["scaled"].fit(table, LABELS)
    wanted = ask(one_model(backbone, "block5", classifier))
    keras.config.set_dtype_policy(policy)
    try:
        network = backbones.load(image_size=64)
        model = one_model(network, "block5", classifier)
        found = model.predict(SQUARES, verbose=0)
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        again = loaded.predict(SQUARES, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    rounded = 1e-5 if policy.startswith("mixed") else 1e-2  # weights of 16 bits
    for name, array in wanted.items():
        assert found[name].dtype == again[name].dtype == np.float32
        np.testing.assert_array_equal(again[name], found[name])
    difference = found["probabilities"] - wanted["probabilities"]
    assert abs(difference).max() < rounded


@pytest.mark.parametrize("name", ["EfficientNetLite0", "DenseNet121", "VGG16"])
def test_settings_of_who_loads_it_change_nothing(name, tmp_path):
    network = backbones.load(name, image_size=64, weights=None)
    layer = {"VGG16": "block1_pool", "DenseNet121": "pool2_relu"}.get(name, "block5")
    rows = averages(network, layer)
    model = one_model(network, layer, CLASSIFIERS["scaled"].fit(rows, LABELS))
    model.save(tmp_path / "model.keras")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float64")
    try:
        found = ask(keras.saving.load_model(tmp_path / "model.keras"))
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
    for name, array in ask(model).items():
        np.testing.assert_array_equal(found[name], array)


def test_it_is_a_frozen_copy_of_keras_own_layers(table):
    network = backbones.load(image_size=64)
    model = one_model(network, "block5", CLASSIFIERS["scaled"].fit(table, LABELS))
    before = ask(model)["probabilities"]
    network.model.set_weights([0 * array for array in network.model.get_weights()])
    after = ask(model)["probabilities"]
    np.testing.assert_array_equal(before, after)
    assert not model.trainable_weights
    said = model.to_json()
    modules = set(re.findall(r'"module": "([^"]+)"', said))
    own = {"keras", "keras.layers", "keras.initializers", "keras.src.models.functional"}
    assert modules <= own and "Lambda" not in said
    registered = set(re.findall(r'"registered_name": ([^,}]+)', said))
    assert registered <= {"null", '"Functional"'}  # None but Keras' own


def without_predict_proba(found):
    return rf"classifier.*Received: {found}, without predict_proba.*LogisticRegression"


def bend(rows):
    return np.maximum(rows, -50)


REFUSED = {
    "no probabilities": (RidgeClassifier(), without_predict_proba("RidgeClassifier")),
    "in a pipeline": (
        make_pipeline(StandardScaler(), RidgeClassifier()),
        without_predict_proba("Pipeline"),
    ),
    "SVM": (LinearSVC(), without_predict_proba("LinearSVC")),
    "neighbors": (KNeighborsClassifier(), "without decision_function"),
    "curved": (
        make_pipeline(Normalizer(), logistic()),
        "Received: Pipeline, whose probabilities do not",
    ),
    "cut off": (
        make_pipeline(MinMaxScaler(clip=True), logistic()),
        "from a linear score",
    ),
    "bent far away": (
        make_pipeline(FunctionTransformer(bend), logistic()),
        "from a linear score",
    ),
    "of positive numbers only": (
        make_pipeline(MinMaxScaler(), FunctionTransformer(np.log1p), logistic()),
        "from a linear score",
    ),
    "other probabilities": (
        SGDClassifier("modified_huber"),
        "SGDClassifier, whose probabilities do not come from a linear score",
    ),
    "another threshold": (
        FixedThresholdClassifier(logistic(), threshold=0.9),
        "predict.*does not name the likeliest.*estimator_",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_it_cannot_follow_is_refused(backbone, table, name):
    classifier, said = REFUSED[name]
    with pytest.raises(ValueError, match=said):
        one_model(backbone, "block5", classifier.fit(table, LABELS % 2))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classifier": logistic()}, "LogisticRegression, not fitted. Call `fit`"),
        ({"classifier": LogisticRegression}, "Received: the class LogisticRegression"),
        ({"classifier": None}, "Received: NoneType, without decision_function"),
        ({"layer": "block3"}, "fitted on 40 columns. Hand in layer='block5'"),
        (
            {"layer": "predictions"},
            "`layer` must be one .* that has a map: stem, block1",
        ),
        ({"layer": ("block3", "block5")}, r"Received: \('block3', 'block5'\)"),
        ({"layer": None}, "Received: None"),
        ({"backbone": None}, "`backbone` must be what `backbones.load` returns"),
    ],
)
def test_what_does_not_fit_together_is_explained(backbone, table, change, said):
    classifier = CLASSIFIERS["alone"].fit(table, LABELS)
    right = {"backbone": backbone, "layer": "block5", "classifier": classifier}
    with pytest.raises(ValueError, match=said):
        one_model(**(right | change))


def test_a_preprocessing_that_is_not_linear_is_refused(backbone, table):
    classifier = CLASSIFIERS["alone"].fit(table, LABELS)
    curved = dataclasses.replace(backbone, preprocess=lambda images: images**0.5)
    with pytest.raises(ValueError, match="preprocess.* must be a linear function"):
        one_model(curved, "block5", classifier)
    each = dataclasses.replace(
        backbone, preprocess=lambda images: np.asarray(images, float) - images.mean()
    )
    with pytest.raises(ValueError, match="preprocess.* must be a linear function"):
        one_model(each, "block5", classifier)


def test_a_classifier_that_float32_cannot_follow_is_refused(
    backbone, table, monkeypatch
):
    monkeypatch.setattr("utils.keeping.joining.DIGITS", 0)
    with pytest.raises(ValueError, match="move by .* in float32. .*a smaller C"):
        one_model(backbone, "block5", CLASSIFIERS["alone"].fit(table, LABELS))
