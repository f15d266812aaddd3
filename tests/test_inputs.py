"""Every public function, given what a learner may hand in by mistake.

`TABLE` names each public function of `utils` with arguments that are right and the kind
of each. For each kind there is one list of bad values, made from the right one: a call
with any of them must end in a ValueError that names the argument and says what came.
Another list holds other forms of the same value: they must give the same result.
"""

import atexit
import dataclasses
import functools
import importlib
import inspect
import io
import pkgutil
import re
import shutil
import tempfile
import warnings
from importlib import resources
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import utils
from utils import backbones, garments, keep, pages, reading
from utils.datasets import Dataset, from_folder
from utils.evaluation import stratified_folds
from utils.feature_files import Parts
from utils.lessons.descriptors import VisualWords
from utils.lessons.transfer import CORAL, TCA, Domain
from utils.lessons.word_boxes import word_boxes
from utils.photographs.folders import Listing
from utils.photographs.lazy import Photographs
from utils.photographs.survey import Seen
from utils.photographs.tables import Table
from utils.runtime import Runtime

_rng = np.random.default_rng(0)
GRAY = _rng.integers(0, 256, (12, 20, 24), np.uint8)
COLOR = _rng.integers(0, 256, (12, 20, 24, 3), np.uint8)
LABELS = np.arange(12) % 2
ROWS = _rng.normal(size=(12, 3)) + LABELS[:, None]
LOCAL = _rng.random((12, 4 * 6))  # of each image, 2 x 2 places with 6 numbers
PICTURE = resources.files("elpv_dataset") / "data/images/cell0001.png"
CLASSIFIER = LogisticRegression().fit(np.abs(_rng.normal(size=(12, 16))), LABELS)
BOXES = np.array([[0, 0, 8, 9], [2.5, 3, 30, 31]])
PRINT = pages.markers().text
WORD_BOXES = word_boxes(PRINT, 2)[:3]
LOGITS = _rng.normal(size=(3, 6, 1 + len(reading.ALPHABET)))
RISKS = {(a, b): 0.1 for a in "st" for b in "st"}


@functools.cache
def network():
    return backbones.load(image_size=32, weights=None)


@functools.cache
def joined():
    return keep.one_model(network(), "block1", CLASSIFIER)


def kept():
    return keep.Kept(joined(), ("even", "odd"))


@functools.cache
def kept_file():
    path = Path(tempfile.mkdtemp()) / "kept.keras"
    keep.save(kept(), path)
    return path


def small_model():
    image = keras.Input((8, 8, 4))
    return keras.Model(image, keras.layers.Conv2D(2, 3)(image))


def data():
    return Dataset("made up", COLOR, LABELS, ("even", "odd"), "MIT", "nowhere")


def domains():
    first, last = np.arange(6), np.arange(6, 12)
    return [Domain(name, ROWS + k, LABELS, first, last, "three numbers")
            for k, name in enumerate("st")]  # fmt: skip


def canvases():
    return garments.several("test", 3)


def small_image():
    axes = Figure().subplots()
    axes.imshow([[0, 1]])
    return axes


def words():
    return VisualWords(2, 2, (2, 2, 6)).fit(LOCAL)


@functools.cache
def own_folder():
    """Six small pictures in two class folders, kept until the tests are over."""
    kept = tempfile.TemporaryDirectory()
    for number in range(6):
        path = Path(kept.name) / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(COLOR[number]).save(path)
    atexit.register(kept.cleanup)
    return Path(kept.name)


def own_archive():
    path = own_folder().with_suffix(".zip")
    if not path.exists():
        shutil.make_archive(str(own_folder()), "zip", own_folder())
        atexit.register(path.unlink)
    return path


def own_photographs():
    return from_folder(own_folder(), n_splits=2).images


def own_listing():
    return Listing(own_folder(), ["a/0.png", "b/1.png"], ["a", "b"])


def own_table():
    return Table("t.csv", {"a/0.png": ["0.png", "a"]}, ["file", "class"], 0)


def parts():
    return Parts({"block3": own_folder() / "nowhere.npz"})


# {function: {argument: (its kind, a right value)}}; of kind "made" is what is made anew
# for each call, of kind "other" what nobody is likely to get wrong.
TABLE = {
    "annotated.trees": {"part": ("other", "test")},
    "annotated.nuclei": {},
    "detectors.blazeface": {},
    "detectors.blazeface_anchors": {},
    "detectors.mtcnn": {},
    "detectors.pyramid": {
        "image": ("RGB", COLOR[0]),
        "smallest_face": ("count", 12),
        "factor": ("open fraction", 0.7),
    },
    "detectors.proposal_windows": {
        "rows": ("count", 2),
        "columns": ("count", 3),
        "scale": ("positive", 0.5),
    },
    "detectors.move_sides": {
        "boxes": ("boxes", BOXES),
        "offsets": ("offsets", BOXES / 10),
    },
    "detectors.to_squares": {"boxes": ("boxes", BOXES)},
    "detectors.crops": {
        "image": ("RGB", COLOR[0]),
        "boxes": ("boxes", BOXES),
        "side": ("count", 4),
    },
    "pages.huckleberry_finn": {},
    "pages.markers": {},
    "reading.word_reader": {},
    "reading.build_word_reader": {},
    "reading.word_image": {"crop": ("gray picture", PRINT)},
    "reading.word_images": {
        "text": ("gray picture", PRINT),
        "boxes": ("whole boxes", WORD_BOXES),
    },
    "reading.check_written": {
        "words": ("written", ["a", "29"]),
        "name": ("other", "words"),
    },
    "reading.encode": {"words": ("written", ["a", "29"])},
    "reading.decode": {"logits": ("logits", LOGITS)},
    "reading.edits": {"truth": ("text", "old"), "read": ("text", "oId")},
    "reading.character_error": {
        "truths": ("words", ["old", "page"]),
        "reads": ("words", ["oId", "pag"]),
    },
    "photographs.archives.unpack": {
        "path": ("made", own_archive),
        "limit": ("other", 10**6),
    },
    "backbones.available": {},
    "backbones.imagenet_classes": {},
    "backbones.load": {
        "name": ("other", backbones.BUNDLED),
        "image_size": ("count or None", 32),
        "weights": ("other", None),
    },
    "backbones.Backbone.shapes": {"self": ("made", network)},
    "datasets.load": {"name": ("other", "digits")},
    "datasets.solar_cells": {"threshold": ("fraction", 0.5)},
    "datasets.mnist": {"part": ("other", "test")},
    "datasets.fashion_mnist": {"part": ("other", "test")},
    "datasets.digits": {},
    "datasets.cifar10": {"part": ("other", "test"), "size": ("count", 100)},
    "datasets.emoji": {"vendor": ("other", "twitter")},
    "datasets.scenes": {
        "n": ("count", 4),
        "seed": ("seed", 0),
        "dusk": ("fraction", 0.5),
        "side": ("count", 16),
    },
    "datasets.from_folder": {
        "path": ("made", own_folder),
        "groups": ("other", None),
        "label": ("other", None),
        "way": ("other", "squash"),
        "n_splits": ("count", 2),
        "skip_unreadable": ("other", False),
    },
    "datasets.Dataset": {
        "name": ("other", "made up"),
        "images": ("8 bits", COLOR),
        "labels": ("indices", LABELS),
        "class_names": ("other", ("even", "odd")),
        "license": ("other", "MIT"),
        "source": ("other", "nowhere"),
        "groups": ("other", None),
        "details": ("other", {}),
    },
    "datasets.Dataset.take": {"self": ("made", data), "positions": ("other", [0, 1])},
    "datasets.Dataset.sample": {
        "self": ("made", data),
        "size": ("count", 6),
        "seed": ("seed", 0),
    },
    "efficientnet_lite.build_efficientnet_lite0": {"image_size": ("count", 32)},
    "evaluation.mean_and_range": {"values": ("numbers alone", [0.8, 0.9])},
    "evaluation.stratified_folds": {
        "labels": ("labels alone", LABELS),
        "n_splits": ("count", 3),
        "seed": ("seed", 0),
        "groups": ("other", None),
    },
    "evaluation.fold_scores": {
        "estimator": ("other", KNeighborsClassifier(1)),
        "features": ("rows", ROWS),
        "labels": ("labels", LABELS),
        "n_splits": ("count", 3),
        "seed": ("seed", 0),
        "groups": ("other", None),
    },
    "evaluation.wilson_interval": {
        "correct": ("count from 0", 3),
        "total": ("count", 4),
        "confidence": ("open fraction", 0.95),
    },
    "evaluation.equal_error_rate": {
        "labels": ("indices", LABELS),
        "scores": ("numbers", ROWS[:, 0]),
    },
    "evaluation.expect": {
        "value": ("other", 0.5),
        "low": ("other", 0.4),
        "high": ("other", 0.6),
        "what": ("other", "share"),
    },
    "features.extract": {
        "backbone": ("made", network),
        "images": ("any", COLOR),
        "layers": ("other", "block3"),
        "pooling": ("other", "avg"),
        "cache": ("other", False),
        "strategy": ("other", None),
    },
    "feature_files.stored": {  # `features.extract` has checked them, up to `Parts`
        "path": ("other", Path("nowhere.npz")),
        "shape": ("other", (2, 3)),
        "stacklevel": ("other", 2),
    },
    "feature_files.store": {
        "path": ("other", Path("nowhere.npz")),
        "values": ("other", ROWS),
        "stacklevel": ("other", 2),
    },
    "feature_files.Parts.read": {
        "self": ("made", parts),
        "rows": ("other", slice(0, 4)),
        "found": ("other", {"block3": ROWS}),
    },
    "feature_files.Parts.keep": {
        "self": ("made", parts),
        "rows": ("other", slice(0, 4)),
        "found": ("other", {"block3": ROWS}),
    },
    "feature_files.Parts.remove": {"self": ("made", parts)},
    "features.resize": {"images": ("any", COLOR), "side": ("count", 16)},
    "files.data_file": {
        "name": ("other", "mnist.npz"),
        "folder": ("other", Path(utils.__file__).parent.parent / "data"),
    },
    "files.cache_folder": {},
    "files.write_atomically": {"path": ("other", None), "write": ("other", None)},
    "files.fill_atomically": {"folder": ("other", None), "fill": ("other", None)},
    "photographs.folders.list_folder": {
        "path": ("made", own_folder),
        "label": ("other", None),
        "groups": ("other", None),
    },
    "photographs.folders.group_names": {
        "groups": ("other", ["left", "right"]),
        "listing": ("made", own_listing),
    },
    "photographs.folders.in_order": {"class_names": ("other", ["elm", "oak"])},
    "folding.fold": {"model": ("made", small_model)},
    "folding.float32_copy": {"layer": ("made", lambda: keras.layers.Dense(2))},
    "garments.Canvases.labels": {"self": ("made", canvases)},
    "garments.several": {
        "part": ("other", "test"),
        "n": ("count", 3),
        "counts": ("other", (1, 2)),
        "seed": ("seed", 0),
        "shrink": ("count", 2),
    },
    "garments.pairs": {
        "part": ("other", "test"),
        "n": ("count", 3),
        "allowed": ("other", ((0, 1), (2, 3))),
        "seed": ("seed", 0),
        "shrink": ("count", 2),
    },
    "heat.enlarge": {
        "heat": ("square", np.eye(3)),
        "rows": ("count", 8),
        "columns": ("count", 9),
        "way": ("other", "squash"),
    },
    "heat.show_heat": {
        "images": ("pictures", COLOR),
        "heats": ("other", np.zeros((12, 20, 24))),
        "titles": ("other", None),
        "title": ("other", "nothing"),
        "columns": ("count", 2),
        "side": ("amount", 1.4),
        "label": ("other", "evidence"),
    },
    "keeping.joining.one_model": {
        "backbone": ("made", network),
        "layer": ("other", "block1"),
        "classifier": ("other", CLASSIFIER),
    },
    "keep.join": {
        "backbone": ("made", network),
        "layer": ("other", "block1"),
        "classifier": ("other", CLASSIFIER),
        "class_names": ("other", ("even", "odd")),
        "way": ("other", "squash"),
        "threshold": ("fraction", 0.5),
        "scores": ("other", None),
    },
    "keep.save": {"kept": ("other", None), "path": ("other", None)},
    "keep.load": {"path": ("made", kept_file)},
    "keep.probabilities": {
        "kept": ("made", kept),
        "photographs": ("pictures", COLOR),
    },
    "keep.predict": {"kept": ("made", kept), "photographs": ("pictures", COLOR)},
    "keep.explain": {
        "kept": ("made", kept),
        "photograph": ("one picture", COLOR[0]),
        "class_name": ("other", "odd"),
    },
    "keep.choose_threshold": {
        "probabilities": ("rows", np.eye(2)[LABELS]),
        "labels": ("indices", LABELS),
        "mistakes": ("fraction", 0.05),
    },
    "keeping.kept.Kept": {
        "model": ("made", joined),
        "class_names": ("other", ("even", "odd")),
        "way": ("other", "squash"),
        "threshold": ("fraction", 0.5),
        "scores": ("other", {"accuracy": 0.5}),
    },
    "keeping.kept.classes_of": {"model": ("made", joined)},
    "photographs.opening.listed": {
        "photographs": ("pictures", COLOR),
        "name": ("other", "photographs"),
    },
    "photographs.opening.is_path": {"value": ("other", "a.jpg")},
    "photographs.opening.opened": {"photograph": ("other", COLOR[0])},
    "keeping.keras_files.write": {
        "model": ("other", None),
        "path": ("other", None),
        "notes": ("other", None),
    },
    "keeping.keras_files.read_metadata": {"path": ("made", kept_file)},
    "keeping.keras_files.read_model": {"path": ("made", kept_file)},
    "photographs.decoding.read": {"path": ("other", PICTURE)},
    "photographs.decoding.glance": {
        "path": ("other", PICTURE),
        "shape": ("other", (4, 4)),
    },
    "photographs.decoding.to_square": {
        "image": ("picture", COLOR[0]),
        "side": ("count", 16),
        "way": ("other", "squash"),
    },
    "photographs.decoding.check_way": {"way": ("other", "pad")},
    "photographs.lazy.stamp_of": {"path": ("other", PICTURE)},
    "photographs.lazy.Photographs.take": {
        "self": ("made", own_photographs),
        "positions": ("other", [0, 1]),
    },
    "photographs.lazy.Photographs.square": {
        "self": ("made", own_photographs),
        "position": ("count from 0", 1),
        "side": ("count", 8),
    },
    "photographs.gathering.gather": {  # `datasets.from_folder` hands them on
        "path": ("made", own_folder),
        "groups": ("other", None),
        "label": ("other", None),
        "way": ("other", "squash"),
        "n_splits": ("count", 2),
        "skip_unreadable": ("other", False),
    },
    "photographs.gathering.check_classes": {
        "classes": ("other", ["elm", "oak"] * 2),
        "n_splits": ("other", 2),
    },
    "photographs.survey.survey": {
        "root": ("made", own_folder),
        "names": ("other", ["a/0.png", "b/1.png"]),
    },
    "photographs.survey.Seen.gray": {"self": ("other", Seen((), "", look="00" * 256))},
    "photographs.survey.look_alikes": {
        "looks": ("other", GRAY[:, :16, :16]),
        "digests": ("other", list("abcdefghijkl")),
    },
    "photographs.tables.find_table": {
        "root": ("made", own_folder),
        "names": ("other", ["a/0.png", "b/1.png"]),
    },
    "photographs.tables.tables": {"folder": ("made", own_folder)},
    "photographs.tables.composed": {"name": ("other", "sã")},
    "photographs.tables.some": {"names": ("other", ["a", "b"]), "most": ("other", 5)},
    "photographs.tables.Table.column": {
        "self": ("made", own_table),
        "name": ("other", "class"),
        "pictures": ("other", ["a/0.png"]),
    },
    "photographs.tables.Table.label": {
        "self": ("made", own_table),
        "label": ("other", None),
        "groups": ("other", None),
        "in_folders": ("other", False),
    },
    "plots.use_style": {},
    "plots.titles": {"figure": ("made", Figure)},
    "plots.show_images": {
        "images": ("pictures", COLOR),
        "titles": ("other", None),
        "columns": ("count", 4),
        "title": ("other", "noise"),
        "side": ("amount", 1.4),
    },
    "plots.show_scores": {
        "scores": ("other", {"k-NN": [0.7, 0.8]}),
        "title": ("other", "k-NN"),
        "xlabel": ("other", "accuracy"),
        "reference": ("other", None),
        "limits": ("other", (0, 1)),
    },
    "plots.show_confusion": {
        "matrix": ("other", np.eye(2)),
        "class_names": ("other", ("even", "odd")),
        "title": ("other", "all right"),
    },
    "plots.write_numbers": {
        "axes": ("made", small_image),
        "form": ("other", "g"),
        "numbers": ("other", None),
        "fontsize": ("other", None),
    },
    "plots.show_curves": {
        "curves": ("other", {"loss": [2, 1]}),
        "title": ("other", "it falls"),
        "xlabel": ("other", "epoch"),
        "ylabel": ("other", "loss"),
        "x": ("other", None),
    },
    "plots.show_feature_maps": {
        "maps": ("other", np.zeros((4, 4, 8))),
        "channels": ("other", None),
        "scale": ("other", "layer"),
        "title": ("other", "zeros"),
        "side": ("amount", 1.2),
    },
    "plots.show_plane": {
        "points": ("rows", ROWS[:, :2]),
        "labels": ("indices", LABELS),
        "class_names": ("other", ("even", "odd")),
        "title": ("other", "two classes"),
        "classifier": ("other", None),
        "axis_names": ("other", ("a", "b")),
    },
    "runtime.in_colab": {},
    "runtime.setup": {"seed": ("seed", 0), "packages": ("other", ())},
    "runtime.Runtime.pick": {
        "self": ("other", Runtime("CPU", 1, 0)),
        "cpu": ("other", 1),
        "gpu": ("other", 2),
    },
    "runtime.Runtime.strategy": {"self": ("other", Runtime("CPU", 1, 0))},
    "runtime.Runtime.versions": {"self": ("other", Runtime("CPU", 1, 0))},
    "lessons.defects.paint": {
        "images": ("gray", GRAY),
        "kinds": ("other", "crack"),
        "seed": ("seed", 0),
        "size": ("fraction", 1.0),
        "darkness": ("fraction", 0.7),
    },
    "lessons.descriptors.two_colors": {
        "images": ("color", COLOR),
        "levels": ("count", 3),
    },
    "lessons.descriptors.gradient_histograms": {
        "images": ("gray", GRAY),
        "cell": ("count", 4),
    },
    "lessons.descriptors.pattern_histograms": {
        "images": ("gray", GRAY),
        "radius": ("count", 1),
        "grid": ("count", 2),
    },
    "lessons.descriptors.VisualWords": {
        "words": ("count", 2),
        "levels": ("count", 2),
        "shape": ("other", (2, 2, 6)),
        "seed": ("seed", 0),
    },
    "lessons.descriptors.VisualWords.fit": {
        "self": ("made", lambda: VisualWords(2, 2, (2, 2, 6))),
        "X": ("X", LOCAL),
        "y": ("other", None),
    },
    "lessons.descriptors.VisualWords.assign": {
        "self": ("made", words),
        "X": ("X", LOCAL),
    },
    "lessons.descriptors.VisualWords.transform": {
        "self": ("made", words),
        "X": ("X", LOCAL),
    },
    "lessons.diagrams.wiring": {"model": ("made", small_model)},
    "lessons.diagrams.show_network": {
        "model": ("made", small_model),
        "title": ("other", "one convolution"),
        "shapes": ("other", True),
    },
    "lessons.figures.show_folds": {
        "folds": ("other", stratified_folds(LABELS, 3)),
        "labels": ("labels", LABELS),
        "title": ("other", "three folds"),
    },
    "lessons.depths.show_sizes": {
        "quantities": ("other", {"signal": [[1.0, 0.1], [0.01, 0.0]]}),
        "title": ("other", "sinks"),
    },
    "lessons.figures.show_descents": {
        "loss": ("other", lambda a, b: a**2 + b**2),
        "paths": ("other", {"half": [[2, 1], [1, 0.5]]}),
        "title": ("other", "down"),
        "limits": ("other", (-2.2, 2.2)),
    },
    "lessons.figures.show_borders": {
        "points": ("rows", ROWS[:, :2]),
        "labels": ("indices", LABELS),
        "models": ("other", {"right half": lambda rows: rows[:, 0] > 0}),
        "title": ("other", "one line"),
    },
    "lessons.rendered_words.words": {"part": ("other", "test")},
    "lessons.rendered_words.render": {
        "texts": ("written", ["page", "29"]),
        "seed": ("seed", 0),
    },
    "lessons.word_training.lesson": {
        "epoch": ("seed", 0),
        "size": ("count", 2),
        "seed": ("seed", 0),
    },
    "lessons.word_training.untrained": {"steps": ("count", 9), "seed": ("seed", 0)},
    "lessons.word_boxes.word_boxes": {
        "text": ("gray picture", PRINT),
        "gap": ("count", 2),
    },
    "lessons.scenes.paint": {  # `datasets.scenes` has checked them
        "labels": ("other", LABELS),
        "seed": ("other", 0),
        "dusk": ("other", 0.5),
        "side": ("other", 16),
    },
    "lessons.transfer.TCA": {
        "n_components": ("count", 2),
        "kernel": ("other", "rbf"),
        "gamma": ("amount or None", 0.5),
        "mu": ("amount", 1e-3),
    },
    "lessons.transfer.TCA.fit": {
        "self": ("made", TCA),
        "X": ("X", ROWS),
        "y": ("other", None),
        "target": ("X", ROWS + 1),
    },
    "lessons.transfer.TCA.transform": {
        "self": ("made", lambda: TCA().fit(ROWS, target=ROWS + 1)),
        "X": ("X", ROWS),
    },
    "lessons.transfer.TCA.transform_target": {
        "self": ("made", lambda: TCA().fit(ROWS, target=ROWS + 1)),
        "X": ("X", ROWS),
    },
    "lessons.transfer.CORAL": {"regularization": ("amount", 0.1)},
    "lessons.transfer.CORAL.fit": {
        "self": ("made", CORAL),
        "X": ("X", ROWS),
        "y": ("other", None),
        "target": ("X", ROWS + 1),
    },
    "lessons.transfer.CORAL.fit_transform": {
        "self": ("other", CORAL()),
        "X": ("other", ROWS),
        "y": ("other", None),
    },
    "lessons.transfer.CORAL.transform": {
        "self": ("made", lambda: CORAL().fit(ROWS, target=ROWS + 1)),
        "X": ("X", ROWS),
    },
    "lessons.transfer.CORAL.transform_target": {
        "self": ("made", lambda: CORAL().fit(ROWS, target=ROWS + 1)),
        "X": ("X", ROWS),
    },
    "lessons.transfer.Domain": {
        "name": ("other", "s"),
        "features": ("rows", ROWS),
        "labels": ("labels", LABELS),
        "train": ("other", np.arange(6)),
        "test": ("other", np.arange(6, 12)),
        "descriptors": ("other", "three numbers"),
    },
    "lessons.transfer.risk_matrix": {
        "domains": ("made", domains),
        "make_estimator": ("other", lambda: KNeighborsClassifier(1)),
        "mapping": ("other", None),
        "risk": ("other", "error"),
    },
    "lessons.transfer.cdfg_partial": {
        "risks": ("other", RISKS),
        "source": ("other", "s"),
        "target": ("other", "t"),
    },
    "lessons.transfer.cdfg_complete": {
        "risks": ("other", RISKS),
        "first": ("other", "s"),
        "second": ("other", "t"),
    },
}

# Not called rightly here, for the reason behind each.
ONLY_WRONGLY = {
    "datasets.cifar10",  # downloads
    "datasets.solar_cells",  # reads 2,624 files, as other tests do
    "runtime.setup",  # changes settings of the whole process
    "files.write_atomically",  # writes
    "files.fill_atomically",
    "feature_files.store",
    "feature_files.Parts.keep",
    "keep.save",  # as well
    "keeping.keras_files.write",  # as well
    "lessons.transfer.CORAL.fit_transform",  # is always refused
}


def changed(array, value):
    """An array as floats, its first number another one."""
    array = np.array(array, float)
    array.flat[0] = value
    return array


def first_from_0_to_1(images):
    images = images.astype(float)
    images[0] /= 255
    return images


def as_objects(images):
    array = np.empty(len(images), object)
    array[:] = list(images)
    return array


def as_data(images):
    return Dataset("a", images, np.zeros(len(images), int), ("b",), "c", "d")


def shorter(values):
    return values[:-1]


def uneven(images):
    return [images[0], images[1][:-1]]


IMAGES = {
    "without its batch axis": lambda images: images[0],
    "one axis more": lambda images: images[..., None],
    "one channel": lambda images: images.reshape(len(images), 20, -1, 1),
    "four channels": lambda images: np.repeat(images.reshape(12, 20, -1, 1), 4, -1),
    "channels first": lambda images: np.zeros((len(images), 3, 20, 24), np.uint8),
    "from 0 to 1": lambda images: images / 255,
    "from 0 to 1.01": lambda images: changed(images / 255, 1.01),
    "one image from 0 to 1": first_from_0_to_1,
    "a mask": lambda images: images > 127,
    "a mask of 0 and 1": lambda images: (images > 127).astype(np.uint8),
    "16 bits": lambda images: images.astype(np.uint16) * 257,
    "complex": lambda images: images.astype(complex),
    "objects": as_objects,
    "text": lambda images: images.astype(str),
    "no rows": lambda images: images[:, :0],
    "no image": lambda images: images[:0],
    "unequal sizes": uneven,
    "a data set": as_data,
    "NaN": lambda images: changed(images, np.nan),
    "infinite": lambda images: changed(images, np.inf),
    "from -1 to 1": lambda images: images / 127.5 - 1,
    "None": lambda images: None,
}
PICTURE_FREE = {
    "a batch": lambda image: image[None],
    "gray": lambda image: image[..., 0],
    "four channels": lambda image: np.concatenate([image, image[..., :1]], axis=-1),
    "from 0 to 1": lambda image: image / 255,
    "floats": lambda image: image.astype(float),
    "no rows": lambda image: image[:0],
    "a list": lambda image: image.tolist(),
    "its path": lambda image: PICTURE,
    "None": lambda image: None,
}
ONE_PICTURE = ("a batch", "four channels", "from 0 to 1", "no rows", "None")
LABELS_FREE = {
    "text": lambda labels: np.array(["even", "odd"])[labels],
    "one-hot": lambda labels: np.eye(2)[labels],
    "a column": lambda labels: labels[:, None],
    "probabilities": lambda labels: 0.1 + 0.8 * labels,
    "NaN": lambda labels: changed(labels, np.nan),
    "infinite": lambda labels: changed(labels, -np.inf),
    "no int": lambda labels: labels * 1e308,
    "empty": lambda labels: labels[:0],
    "a data set": lambda labels: data(),
    "None": lambda labels: None,
    "nested": lambda labels: [[0], [0, 1]],
}
SHORTER = {"another length": shorter}
FROM_1 = {"from 1": lambda labels: labels + 1}
ROWS_FREE = {
    "one axis": lambda rows: rows[:, 0],
    "maps": lambda rows: rows[:, None, None],
    "NaN": lambda rows: changed(rows, np.nan),
    "infinite": lambda rows: changed(rows, np.inf),
    "text": lambda rows: np.full(rows.shape, "a"),
    "complex": lambda rows: rows + 1j,
    "empty": lambda rows: rows[:0],
    "a data set": lambda rows: data(),
}
NONE = {"None": lambda value: None}
BOXES_FREE = NONE | {k: v for k, v in ROWS_FREE.items() if k != "empty"}
BOXES_FREE["three columns"] = lambda boxes: boxes[:, :3]
GRAY_PICTURE = {
    "color": lambda picture: np.stack([picture] * 3, axis=-1),
    "a batch": lambda picture: picture[None],
    "from 0 to 1": lambda picture: picture / 255,
    "no rows": lambda picture: picture[:0],
    "one row as a vector": lambda picture: picture[0],
    "NaN": lambda picture: changed(picture, np.nan),
    "None": lambda picture: None,
}
WHOLE_BOXES = {
    "none": lambda boxes: boxes[:0],
    "halves": lambda boxes: boxes + 0.5,
    "beyond the picture": lambda boxes: boxes + 1000,
    "left of the picture": lambda boxes: changed(boxes, -1),
    "corners swapped": lambda boxes: boxes[:, [2, 3, 0, 1]],
}
WORDS = {
    "one str": lambda words: words[0],
    "none": lambda words: [],
    "numbers": lambda words: [1, 2],
    "None": lambda words: None,
}
STRANGE = {"other characters": lambda words: [*words[:-1], "ñ"]}
TEXT = {
    "a list": lambda text: [text],
    "a number": lambda text: 3,
    "None": lambda text: None,
}
LOGITS_FREE = {
    "one word": lambda logits: logits[0],
    "decoded": lambda logits: logits.argmax(axis=-1),
    "fewer classes": lambda logits: logits[..., 1:],
    "NaN": lambda logits: changed(logits, np.nan),
    "None": lambda logits: None,
}
NUMBERS = {
    "two axes": lambda values: np.array(values)[:, None],
    "NaN": lambda values: changed(values, np.nan),
    "text": lambda values: ["a"] * len(values),
    "empty": lambda values: values[:0],
    **NONE,
}
WHOLE = {
    "-1": lambda count: -1,
    "0.5": lambda count: 0.5,
    "2.5": lambda count: 2.5,
    "text": lambda count: "3",
    "True": lambda count: True,
    "NaN": lambda count: float("nan"),
}
ZERO = {"0": lambda count: 0}
AMOUNT = {
    "-0.1": lambda amount: -0.1,
    "NaN": lambda amount: float("nan"),
    "text": lambda amount: "half",
    "an array": lambda amount: np.array([0.5, 0.5]),
}
FRACTION = {"percent": lambda share: 95, **AMOUNT, **NONE}
BAD = {
    "gray": {**IMAGES, "color": lambda images: COLOR},
    "color": {**IMAGES, "gray": lambda images: GRAY},
    "any": IMAGES,
    "pictures": {k: v for k, v in IMAGES.items() if v not in (uneven, as_objects)},
    "picture": PICTURE_FREE,
    "one picture": {k: v for k, v in PICTURE_FREE.items() if k in ONE_PICTURE},
    "RGB": {k: v for k, v in PICTURE_FREE.items() if k in ONE_PICTURE or k == "gray"},
    "boxes": BOXES_FREE,
    "offsets": BOXES_FREE | SHORTER,
    "gray picture": GRAY_PICTURE,
    "whole boxes": BOXES_FREE | WHOLE_BOXES,
    "words": WORDS,
    "written": WORDS | STRANGE,
    "text": TEXT,
    "logits": LOGITS_FREE,
    "positive": AMOUNT | ZERO | NONE,
    "square": {"oblong": shorter} | ROWS_FREE | NONE,
    "8 bits": IMAGES | {"floats": lambda images: images.astype(float)},
    "labels": LABELS_FREE | SHORTER,
    "labels alone": LABELS_FREE,
    "indices": LABELS_FREE | SHORTER | FROM_1,
    "rows": ROWS_FREE | SHORTER | NONE,
    "rows alone": ROWS_FREE | NONE,
    "X": ROWS_FREE | NONE,
    "numbers": NUMBERS | SHORTER,
    "numbers alone": NUMBERS,
    "count": WHOLE | ZERO | NONE,
    "count or None": WHOLE | ZERO,
    "count from 0": WHOLE | NONE,
    "seed": WHOLE | NONE,
    "fraction": FRACTION,
    "amount": AMOUNT | NONE,
    "amount or None": AMOUNT,
    "open fraction": FRACTION | ZERO | {"1": lambda share: 1},
    "made": {},
    "other": {},
}
OTHER_IMAGES = {"a list": list, "floats": lambda images: images.astype(float)}
OTHER_LABELS = {
    "a list": lambda labels: labels.tolist(),
    "whole floats": lambda labels: labels.astype(float),
    "8 bits": lambda labels: labels.astype(np.uint8),
}
A_LIST = {"a list": lambda rows: np.array(rows).tolist()}
SAME = {
    **dict.fromkeys(("gray", "color", "any"), OTHER_IMAGES),
    "pictures": OTHER_IMAGES | {"objects": as_objects},
    "8 bits": {"a list": list},
    **dict.fromkeys(("labels", "labels alone", "indices"), OTHER_LABELS),
    **dict.fromkeys(("rows", "rows alone", "X"), A_LIST),
    **dict.fromkeys(("numbers", "numbers alone"), A_LIST),
    **dict.fromkeys(
        ("count", "count or None", "count from 0", "seed"), {"of NumPy": np.int64}
    ),
    **dict.fromkeys(
        ("fraction", "open fraction", "amount", "amount or None"),
        {"of NumPy": np.float64},
    ),
    "one picture": {"a list": list, "floats": lambda image: image.astype(float)},
    **dict.fromkeys(("square", "boxes", "offsets"), A_LIST),
    **dict.fromkeys(("gray picture", "whole boxes", "logits"), A_LIST),
    **dict.fromkeys(("words", "written"), {"a tuple": tuple, "of NumPy": np.array}),
    "text": {"of NumPy": np.str_},
    "RGB": {"a list": list, "floats": lambda image: image.astype(float)},
    "positive": {"of NumPy": np.float64},
    **dict.fromkeys(("made", "other", "picture"), {}),
}


def public():
    """{name: function}: the public functions, methods and checked classes of `utils`.

    A class stands for its constructor where that checks what it is given; that of a
    scikit-learn estimator leaves it to `fit`.
    """
    found = {}
    for module in pkgutil.walk_packages(utils.__path__, "utils."):
        if module.ispkg or module.name.startswith(
            ("utils.exercises", "utils.checks", "utils.end_labels")
        ):
            continue
        place = module.name.removeprefix("utils.")
        for name, thing in vars(importlib.import_module(module.name)).items():
            own = getattr(thing, "__module__", None) == module.name
            if own and callable(thing) and not name.startswith("_"):
                found.update(_callable(f"{place}.{name}", thing))
    return found


def _callable(name, thing):
    if not inspect.isclass(thing):
        return {name: thing}
    found = {
        f"{name}.{method}": function
        for method, function in vars(thing).items()
        if inspect.isfunction(function) and not method.startswith("_")
    }
    if issubclass(thing, BaseEstimator):
        found[name] = functools.partial(_fitted, thing)
    elif hasattr(thing, "__post_init__"):
        found[name] = thing
    return found


def _fitted(estimator, **settings):
    if estimator is VisualWords:
        return estimator(**settings).fit(LOCAL)
    return estimator(**settings).fit(ROWS, target=ROWS + 1)


FUNCTIONS = public()


def parameters(name):
    function = FUNCTIONS[name]
    of = function.args[0] if isinstance(function, functools.partial) else function
    named = inspect.signature(of).parameters.values()
    return [one.name for one in named if one.kind is not one.VAR_KEYWORD]


def call(name, change=None, argument=None):
    """A function's result, one argument of the right ones changed."""
    values = {
        each: value() if kind == "made" else value
        for each, (kind, value) in TABLE[name].items()
    }
    if change:
        values[argument] = change(values[argument])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return FUNCTIONS[name](**values)


@functools.cache
def called_rightly(name):
    return plain(call(name))


def plain(result):
    """A result as what can be compared number by number."""
    figure = getattr(result, "figure", result)
    if isinstance(figure, Figure):
        picture = io.BytesIO()
        figure.savefig(picture, format="raw")
        return picture.getvalue()
    if isinstance(result, keras.Model):
        return result.to_json()
    if isinstance(result, BaseEstimator):
        learned = {k: v for k, v in vars(result).items() if k.endswith("_")}
        return {k: plain(v) for k, v in learned.items() if not k.startswith("_")}
    if isinstance(result, Photographs):
        return result.key
    if isinstance(result, dict):
        return {name: plain(value) for name, value in result.items()}
    if dataclasses.is_dataclass(result):
        names = [field.name for field in dataclasses.fields(result)]
        return {name: plain(getattr(result, name)) for name in names}
    return result


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", pytest.fail)
    yield
    plt.close("all")


def cases(lists, leave=()):
    return [
        pytest.param(name, argument, change, id=f"{name}-{argument}-{what}")
        for name, arguments in TABLE.items()
        for argument, (kind, _) in arguments.items()
        for what, change in lists[kind].items()
        if name not in leave
    ]


def test_the_table_names_every_public_function_and_no_other():
    assert sorted(TABLE) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() & TABLE.keys()))
def test_the_table_names_every_argument(name):
    assert list(TABLE[name]) == parameters(name)


@pytest.mark.parametrize(("name", "argument", "change"), cases(BAD))
def test_a_bad_value_is_explained(name, argument, change):
    with pytest.raises(ValueError) as error:
        call(name, change, argument)
    # of two that do not fit each other, the other one may be at fault
    named = TABLE[name] if change is shorter else [argument]
    found = re.search(rf"\b({'|'.join(named)})\b", str(error.value))
    assert found and "Received" in str(error.value)


@pytest.mark.parametrize(("name", "argument", "change"), cases(SAME, ONLY_WRONGLY))
def test_another_form_of_a_value_gives_the_same(name, argument, change):
    found = plain(call(name, change, argument))
    np.testing.assert_equal(found, called_rightly(name))


@pytest.mark.parametrize("name", sorted(TABLE.keys() - ONLY_WRONGLY))
def test_the_right_values_are_right(name):
    called_rightly(name)
