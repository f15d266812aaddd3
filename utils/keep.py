"""One file that predicts: a network and its linear classifier, kept and asked.

The file is a Keras model and nothing but: no pickle, no class of the course. What it is
about stands in the `metadata.json` that Keras writes beside the model. So it predicts
without the course, with NumPy, Pillow, and a Keras no older than the one that wrote it:

    import json, zipfile
    import keras, numpy as np
    from PIL import Image, ImageOps

    path, photograph = "kept.keras", "photograph.jpg"
    about = json.loads(zipfile.ZipFile(path).read("metadata.json"))["kept"]
    picture = ImageOps.exif_transpose(Image.open(photograph))
    assert picture.mode in ("L", "P", "RGB", "CMYK") and about["way"] == "squash"
    assert "transparency" not in picture.info
    picture = picture.convert("RGB")
    square = picture.resize([about["image_size"]] * 2, Image.Resampling.BICUBIC)
    model = keras.saving.load_model(path)
    probabilities = model.predict(np.asarray(square)[None])["probabilities"][0]
    print(about["class_names"][probabilities.argmax()], probabilities.max())

They take what cameras make, 8 bits a color and nothing transparent, and a model of
squashed pictures; other ones `predict` reads as the training did.

Resize by Pillow, as here. What comes nearest in Keras, `keras.layers.Resizing` or
`keras.ops.image.resize` with "bicubic" and `antialias=True`, made the pixels of 1,312
solar cells (300 to 224 on a side) differ by 1 gray level at most, by 0.17 on average.
Even that moved the probabilities (EfficientNet-Lite0, block15) by 0.01 on average, by
0.07 at most, and changed 18 answers. Without `antialias` it is up to 14 gray levels, up
to 0.13, and 10 answers; bilinear, with it: 15 gray levels, 0.13, and 40 answers.
"""

import os
from dataclasses import fields
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from utils.checks import check_fraction, check_labels, check_rows
from utils.heat import enlarge
from utils.keeping import keras_files
from utils.keeping.joining import one_model
from utils.keeping.kept import NOT_SURE, Kept
from utils.photographs.decoding import to_square
from utils.photographs.opening import is_path, listed, opened

FORMAT = 1  # of what is written beside the model; goes up when its meaning changes
NOTE = "kept"  # its key in `metadata.json`
BATCH = 16  # photographs in memory at a time


class Answer(NamedTuple):
    """What `predict` says of one photograph: a class or "not sure"; how probable."""

    name: str
    probability: float


def join(
    backbone, layer, classifier, class_names, way="squash", threshold=0, scores=None
):
    """One model of a frozen network and a fitted linear classifier, ready to keep.

    The network is the plain one, not the folded one of `features.extract`. Of the same
    averages its probabilities are scikit-learn's within 1e-5; of those that `extract`
    rounds in its own way they were, on 1,312 solar cells, within 6e-6. A weak penalty
    makes rounding count more: with C=100, on few cells, 2e-4.

    Args:
        backbone: a `backbones.Backbone`.
        layer: name of the layer whose averaged maps the classifier was fitted on.
        classifier: fitted on labels 0, 1, 2 … or on the names themselves; see
            `joining.one_model` for which ones.
        class_names: sequence of str, one a class, in the order of the labels.
        way: how the photographs were brought to the network's input: `"squash"`, as
            `features.resize` does, `"crop"` or `"pad"`.
        threshold: below this probability, from 0 to 1, an answer is "not sure".
            `choose_threshold` finds one.
        scores: `{measure: number}` of pictures held out, or None.

    Returns:
        A `Kept`.

    Raises:
        ValueError: if one of them is not as said, or does not fit the others.

    Example:

    >>> import tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> from utils import backbones, datasets, features
    >>> network, scenes = backbones.load(image_size=64), datasets.scenes(40)
    >>> table = features.extract(network, scenes.images, "block8", cache=False)
    >>> classifier = LogisticRegression(max_iter=999)
    >>> classifier = classifier.fit(table["block8"], scenes.labels)
    >>> kept = join(network, "block8", classifier, scenes.class_names, threshold=0.7)
    >>> kept
    EfficientNetLite0_block8: desert, beach; pictures of 64 × 64 pixels (squash); \
not sure below 0.7
    >>> [answer.name for answer in predict(kept, datasets.scenes(4, seed=1).images)]
    ['desert', 'beach', 'desert', 'beach']
    >>> explain(kept, scenes.images[1], "beach").shape
    (48, 48)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(kept, f"{folder}/scenes.keras")
    ...     load(f"{folder}/scenes.keras").threshold
    0.7
    """
    model = one_model(backbone, layer, classifier)
    kept = Kept(model, class_names, way, threshold, scores)
    names, known = list(kept.class_names), np.asarray(classifier.classes_).tolist()
    if known not in (list(range(len(names))), names):
        raise ValueError(
            f"`classifier` must be fitted on the labels 0 to {len(names) - 1}, one a "
            f"name, or on the names in their order. Received: one fitted on {known}."
        )
    return kept


def save(kept, path):
    """Keep a model in one file, all of it or nothing.

    What it is about goes into the archive's `metadata.json`, under `"kept"`. Keras
    leaves that out if it saves the model once more.

    Args:
        kept: a `Kept`.
        path: a file name that ends in `.keras`; its folder is made when missing.

    Raises:
        ValueError: if `kept` is something else, or the name ends otherwise.
        OSError: if the file cannot be written.

    Example: see `join`.
    """
    about = {
        "format": FORMAT,
        "class_names": _kept(kept).class_names,
        "image_size": kept.image_size,
        "way": kept.way,
        "threshold": kept.threshold,
        "scores": kept.scores,
    }
    keras_files.write(kept.model, path, {NOTE: about})


def load(path):
    """A model that `save` has kept; also on a machine with a newer Keras.

    Args:
        path: of a `.keras` file.

    Returns:
        A `Kept`.

    Raises:
        FileNotFoundError: if there is no such file.
        OSError: if it is cut off or damaged.
        ValueError: if it was not written by `save`, or by a version of the course or
            of Keras that this one cannot read; with the remedy.

    Example: see `join`.
    """
    about = keras_files.read_metadata(path).get(NOTE)
    if not isinstance(about, dict):
        raise ValueError(
            f"{path} does not say what its classes are: it was not written by "
            "`keep.save`, or Keras has saved it once more since. Keep the model by "
            "`keep.save`; `keras.saving.load_model` reads it without."
        )
    if about.get("format") != FORMAT:
        raise ValueError(
            f"{path} was kept in format {about.get('format')}; this copy of the course "
            f"reads format {FORMAT}. Load it with the copy that kept it, or join and "
            "save it again with this one."
        )
    model = keras_files.read_model(path)
    try:
        said = {field.name: about[field.name] for field in fields(Kept)[1:]}
        return Kept(model, **said)
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"{path} says of itself what does not fit its model: {error} "
            "Join and save it again."
        ) from error


def probabilities(kept, photographs):
    """How probable each class is, for each photograph.

    Photographs are read, turned upright and resized as the course does it, a few at a
    time: memory does not grow with the number of files.

    Args:
        kept: a `Kept`.
        photographs: a path, a sequence of paths, the photographs of
            `datasets.from_folder`, or images: uint8 or float from 0 to 255,
            `(n, rows, columns)` or `(n, rows, columns, 3)`, or a sequence of `(rows,
            columns)` or `(rows, columns, 3)` that may differ in size.

    Returns:
        float32 array `(n, classes)`; each row adds up to 1.

    Raises:
        ValueError: if `kept` or `photographs` is something else; with the remedy.
        FileNotFoundError: if there is no such file.
        OSError: naming the file, if it cannot be read as a picture.

    Example: see `join`.
    """
    _kept(kept)
    photographs, found = listed(photographs), []
    quiet = bool(os.environ.get("TQDM_DISABLE")) or len(photographs) <= BATCH
    with tqdm(total=len(photographs), leave=False, disable=quiet) as bar:
        for start in range(0, len(photographs), BATCH):
            some = range(start, min(start + BATCH, len(photographs)))
            batch = _batch(kept, [opened(photographs[i]) for i in some])
            found.append(kept.model.predict_on_batch(batch)["probabilities"])
            bar.update(len(batch))
    return np.concatenate(found)


def predict(kept, photographs):
    """The class of each photograph, or "not sure".

    Args:
        kept: a `Kept`.
        photographs: as `probabilities` takes them.

    Returns:
        A list of `Answer`, pairs of a name and the probability of the likeliest class.
        The name is that class, or "not sure" if its probability lies below
        `kept.threshold`.

    Raises:
        As `probabilities`.

    Example: see `join`.
    """
    found = probabilities(kept, photographs)
    best, sure = found.argmax(axis=1), found.max(axis=1) >= kept.threshold
    names = [kept.class_names[i] if s else NOT_SURE for i, s in zip(best, sure)]
    return [Answer(name, float(p)) for name, p in zip(names, found.max(axis=1))]


def explain(kept, photograph, class_name=None):
    """Where in a photograph a class is seen: the map behind the score.

    The map is exact for this model, and coarse: its mean over places, before it is
    enlarged here, is the class's score, bias included. Above 0 a place speaks for the
    class, below 0 against it. `heat.show_heat` draws it beside the photograph.

    Args:
        kept: a `Kept`.
        photograph: a path or one image, as `probabilities` takes them.
        class_name: one of `kept.class_names`; by default the likeliest class.

    Returns:
        float32 array `(rows, columns)` of the photograph's size, upright; NaN where a
        crop was cut off.

    Raises:
        ValueError: if an argument is something else; with the remedy.
        OSError: naming the file, if it cannot be read as a picture.

    Example: see `join`.
    """
    _kept(kept)
    listing = isinstance(photograph, (list, tuple)) and any(map(is_path, photograph))
    if listing or getattr(photograph, "ndim", 0) == 4:
        raise ValueError(
            "`photograph` must be one: a path or an image (rows, columns, 3). "
            "Received: several. Hand in one after the other, such as `images[0]`."
        )
    (image,) = map(opened, listed([photograph], "photograph"))
    found = kept.model.predict_on_batch(_batch(kept, [image]))
    if class_name is None:
        label = found["probabilities"][0].argmax()
    elif class_name in kept.class_names:
        label = kept.class_names.index(class_name)
    else:
        raise ValueError(
            f"`class_name` must be one of {', '.join(kept.class_names)}. "
            f"Received: {class_name!r}."
        )
    rows, columns, _ = image.shape
    return enlarge(found["map"][0, :, :, label], rows, columns, kept.way)


def choose_threshold(probabilities, labels, mistakes=0.05):
    """The lowest threshold whose answers are wrong in at most a share of cases.

    Choose it on pictures that neither trained the classifier nor judge it. With few of
    them the share is a rough one: `evaluation.wilson_interval` says how rough.

    Args:
        probabilities: array `(n, classes)`, each row adds up to 1.
        labels: int array `(n,)`, 0 to `classes - 1`.
        mistakes: share of wrong answers among the answers given, from 0 to 1.

    Returns:
        A float: the probability from which on the likeliest class is believed.

    Raises:
        ValueError: if an argument is none of these, or if no threshold will do.

    Source:
        Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions on
        Information Theory 16, 1970.

    Example:

    >>> found = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.55, 0.45]]
    >>> choose_threshold(found, [0, 1, 0, 1])
    0.6
    """
    found = check_rows(probabilities, name="probabilities")
    sums = found.sum(axis=1)
    if found.min() < 0 or abs(sums - 1).max() > 1e-3 or found.shape[1] < 2:
        raise ValueError(
            "`probabilities` must be rows of one probability a class, which add up to "
            f"1. Received: shape {found.shape}, rows that add up to {sums.min():.3g} "
            f"to {sums.max():.3g}. Hand in what `predict_proba` returns."
        )
    labels = check_labels(labels, len(found), found.shape[1])
    mistakes = check_fraction(mistakes, "mistakes")
    order = np.argsort(-found.max(axis=1), kind="stable")
    sure = found.max(axis=1)[order]
    wrong = (found.argmax(axis=1) != labels)[order]
    shares = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    last = np.append(sure[1:] != sure[:-1], True)  # equals are believed together
    fits = np.flatnonzero(last & (shares <= mistakes))
    if not len(fits):
        raise ValueError(
            f"`mistakes` must be a share that some threshold reaches: at best, "
            f"{shares[last].min():.3g} of the answers are wrong. "
            f"Received: {mistakes:g}. Allow more, or improve the classifier first."
        )
    return float(sure[fits[-1]])


def _kept(kept):
    if not isinstance(kept, Kept):
        raise ValueError(
            "`kept` must be what `keep.join` or `keep.load` returns. "
            f"Received: {type(kept).__name__}."
        )
    return kept


def _batch(kept, images):
    return np.stack([to_square(image, kept.image_size, kept.way) for image in images])
