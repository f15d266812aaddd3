"""What public functions ask of their arguments: errors that say how to mend them.

Each check is given what the caller was given and the name of that argument. It returns
the value in the form that is said, or raises a ValueError that says what is needed,
what came and, where it can be told, the remedy.
"""

import operator
from collections.abc import Mapping
from reprlib import repr as short

import numpy as np
from sklearn.utils.validation import validate_data

GRAY, COLOR = "(n, rows, columns)", "(n, rows, columns, 3)"
LAYOUTS = {"gray": GRAY, "color": COLOR, "any": f"{GRAY} or {COLOR}"}
EXACT = 2.0**53  # up to here floats, and the ints made of them, are exact
NOT_CLASSES = {
    "regressor": "a regressor, which predicts amounts. "
    "Hand in a classifier, such as `RidgeClassifier()` in place of `Ridge()`.",
    "clusterer": "a clusterer, whose numbers name no class. Hand in a classifier.",
    "outlier_detector": "a detector, which answers 1 or -1. Score it by "
    "`equal_error_rate(labels, -detector.score_samples(features))`.",
}


def check_images(images, kind="any", name="images"):
    """A batch of images as an array, if layout and scale are the course's.

    Every image must be on the scale from 0 to 255. One whose brightest value lies
    above 0 and below 2 is refused: on that scale it would be black, so it is one
    from 0 to 1, or a mask.

    Args:
        kind: `"gray"`, `"color"`, or `"any"` of the two.

    Returns:
        Array `(n, rows, columns)` or `(n, rows, columns, 3)`, of the dtype that came.

    Example:

    >>> check_images(np.zeros((2, 50, 50, 1)), "gray")
    Traceback (most recent call last):
    ValueError: `images` must have shape (n, rows, columns). Received shape: \
(2, 50, 50, 1). Hand in `images[..., 0]`.
    """
    array = _array(images, name, "images")
    if array.dtype.kind == "b":
        raise ValueError(
            f"`{name}` must hold values from 0 to 255. Received: a mask of True and "
            f"False. Hand in `{name} * 255`."
        )
    remedy = _layout_remedy(array.shape, kind, name)
    if remedy is not None:
        raise ValueError(
            f"`{name}` must have shape {LAYOUTS[kind]}. "
            f"Received shape: {array.shape}.{remedy}"
        )
    if 0 in array.shape:
        raise ValueError(
            f"`{name}` must hold at least one image of at least one pixel. "
            f"Received shape: {array.shape}."
        )
    _check_scale(array, name)
    return array


def check_pictures(images, name="images"):
    """Images to look at, as a list of arrays; those of a sequence may differ in size.

    A sequence says where its images end, so a gray one may be as narrow as three or
    four pixels. Beside a bright image, a tenth of a gray level is no fault: neither a
    rounding error at the ends of the scale nor an image that is as good as black.

    Example:

    >>> [image.shape for image in check_pictures([np.zeros((2, 3)), np.zeros((4, 4))])]
    [(2, 3), (4, 4)]
    """
    uneven = None in getattr(images, "shape", ())  # photographs on disk
    listed = np.iterable(images) and (uneven or getattr(images, "dtype", "O") == "O")
    if listed:
        images = [_array(one, f"{name}[{i}]", "images") for i, one in enumerate(images)]
    if not listed or not images:
        batches = {name: _array(images, name, "images")}
    elif len({image.shape for image in images}) == 1:
        batches = {f"np.stack({name})": np.stack(images)}
    else:
        batches = {f"{name}[{i}]": image[None] for i, image in enumerate(images)}
    bright = any(batch.max(initial=0) >= 2 for batch in batches.values())
    for part, batch in batches.items():
        if listed and batch.ndim == 3:
            batch = np.repeat(batch[..., None], 3, axis=-1)
        rounds = bright and batch.dtype.kind == "f"
        check_images(batch.round(1) if rounds else batch, name=part)
    return images if listed else list(batches[name])


def check_labels(labels, n=None, classes=None, name="labels"):
    """Class labels as an int array, one for each image.

    Args:
        n: how many there must be, or None.
        classes: how many class names there are, so that labels must lie from 0 to
            `classes - 1`; None admits every whole number.

    Returns:
        Int array `(n,)`.

    Example:

    >>> check_labels([[0, 1], [1, 0]])
    Traceback (most recent call last):
    ValueError: `labels` must have shape (n,). Received shape: (2, 2). \
One-hot rows? Hand in `labels.argmax(axis=1)`.
    """
    array = _array(labels, name, "labels", "UST")
    if array.dtype.kind in "UST":
        raise ValueError(
            f"`{name}` must be whole numbers. "
            f"Received: text such as {str(array.flat[0])!r}. "
            f"Hand in `np.unique({name}, return_inverse=True)[1]`."
        )
    if array.ndim != 1:
        one_hot = f"One-hot rows? Hand in `{name}.argmax(axis=1)`."
        column = array.ndim == 2 and array.shape[1] == 1
        remedy = {
            0: f"Hand in `[{name}]`.",
            2: f"Hand in `{name}[:, 0]`." if column else one_hot,
        }
        raise ValueError(
            f"`{name}` must have shape (n,). Received shape: {array.shape}. "
            + remedy.get(array.ndim, "Hand in one number each.")
        )
    if array.dtype.kind in "fu":
        odd = (array != np.floor(array)) | (array > EXACT) | (array < -EXACT)
        if odd.any():  # NaN and infinity, too
            found = array[odd][0]
            remedy = f" Probabilities? Hand in `({name} >= 0.5).astype(int)`."
            raise ValueError(
                f"`{name}` must be whole numbers. Received: {found:.3g}."
                + (remedy if 0 < found < 1 else "")
            )
    if not len(array) or (n is not None and len(array) != n):
        needed = "at least one label" if n is None else f"{n:,} labels, one an image"
        raise ValueError(f"`{name}` must hold {needed}. Received: {len(array):,}.")
    array = array.astype(int)
    if classes is not None and not 0 <= array.min() <= array.max() < classes:
        counted = array.min() == 1 and array.max() == classes
        remedy = f" Hand in `{name} - 1`." if counted else ""
        raise ValueError(
            f"`{name}` must lie from 0 to {classes - 1}. "
            f"Received: {array.min()} to {array.max()}.{remedy}"
        )
    return array


def check_groups(groups, n, least, name="groups"):
    """What each image was taken from, as an array.

    Args:
        n: how many there must be.
        least: how many different ones there must be, a fold each.

    Returns:
        Int array `(n,)`: groups numbered in the order in which they appear, so that
        folds do not depend on their names.

    Example:

    >>> check_groups(["b", "b", "a"], 3, 2)
    array([0, 0, 1])
    >>> check_groups(["a", "a", "b"], 3, 5)
    Traceback (most recent call last):
    ValueError: `groups` must hold at least 5 groups, one a fold. Received: 2. Ask for \
fewer folds.
    """
    array = _array(groups, name, "groups", "UST")
    if array.dtype.kind not in "UST":
        array = check_labels(array, n, name=name)
    if array.shape != (n,):
        raise ValueError(
            f"`{name}` must have shape ({n:,},), one group an image. "
            f"Received shape: {array.shape}. Hand in a column such as "
            '`data.details["likely_module"]`.'
        )
    _, first, numbers = np.unique(array, return_index=True, return_inverse=True)
    if len(first) < least:
        raise ValueError(
            f"`{name}` must hold at least {least} groups, one a fold. "
            f"Received: {len(first)}. Ask for fewer folds."
        )
    return np.argsort(np.argsort(first))[numbers]


def check_positions(positions, n, name="positions"):
    """Positions from 0 to n - 1 as an int array `(k,)`, k from 1.

    Example:

    >>> check_positions([0, 4], 4, "test")
    Traceback (most recent call last):
    ValueError: `test` must be positions from 0 to 3. Received: 0 to 4.
    """
    if _array(positions, name, "labels", "UST").dtype.kind == "b":
        raise ValueError(
            f"`{name}` must be positions. Received: a mask of True and False. "
            f"Hand in `np.flatnonzero({name})`."
        )
    array = check_labels(positions, name=name)
    if not 0 <= array.min() <= array.max() < n:
        raise ValueError(
            f"`{name}` must be positions from 0 to {n - 1:,}. "
            f"Received: {array.min():,} to {array.max():,}."
        )
    return array


def check_rows(rows, n=None, name="features"):
    """Features as a table: one row an image, finite numbers.

    Args:
        n: how many rows there must be, or None.

    Returns:
        Float or int array `(n, columns)`, of the dtype that came.

    Example:

    >>> check_rows(np.zeros((2, 7, 7, 320)))
    Traceback (most recent call last):
    ValueError: `features` must have shape (n, columns). Received shape: \
(2, 7, 7, 320). Hand in `features.mean(axis=(1, 2))` or `features.reshape(2, -1)`.
    """
    array = _array(rows, name)
    if array.ndim != 2:
        pooled = f"`{name}.mean(axis=(1, 2))` or " if array.ndim == 4 else ""
        remedy = {
            1: f"`{name}[:, None]` (one number an image) or `{name}[None]` (one image)"
        }
        whole = f"{pooled}`{name}.reshape({len(array) if array.ndim else 1}, -1)`"
        raise ValueError(
            f"`{name}` must have shape (n, columns). Received shape: {array.shape}. "
            f"Hand in {remedy.get(array.ndim, whole)}."
        )
    if n is not None and len(array) != n:
        raise ValueError(f"`{name}` must hold {n:,} rows. Received: {len(array):,}.")
    return _finite(array, name)


def check_points(points, name="points"):
    """Points in a plane: finite numbers `(n, 2)`.

    Example:

    >>> check_points(np.eye(3))
    Traceback (most recent call last):
    ValueError: `points` must have shape (n, 2). Received shape: (3, 3). \
Hand in two columns, `points[:, :2]`; of two rows, `points.T`.
    """
    remedy = f"Hand in two columns, `{name}[:, :2]`; of two rows, `{name}.T`."
    return check_numbers(points, name, ("n", 2), remedy)


def check_numbers(values, name="values", shape=("n",), remedy=None):
    """Finite real numbers, at least one, in an array of the shape that is needed.

    Args:
        shape: for each axis its length, or a word where any will do.
        remedy: a sentence on what to do about another shape.

    Returns:
        Array of the dtype that came.

    Example:

    >>> check_numbers([0.7, np.nan], "scores")
    Traceback (most recent call last):
    ValueError: `scores` must be finite. Received: nan at `scores[1]`. \
Leave it out, or look where it comes from.
    """
    array = _array(values, name)
    fits = [isinstance(n, str) or n == came for n, came in zip(shape, array.shape)]
    if array.ndim != len(shape) or not all(fits):
        needed = str(tuple(shape)).replace("'", "")
        remedy = remedy or "Hand in one row of numbers, such as `[0.7, 0.8]`."
        raise ValueError(
            f"`{name}` must have shape {needed}. Received shape: {array.shape}. "
            + remedy
        )
    return _finite(array, name)


def check_count(value, name, low=1, high=None):
    """A whole number within its limits, as an int.

    Example:

    >>> check_count(0.2, "size")
    Traceback (most recent call last):
    ValueError: `size` must be a whole number from 1. Received: 0.2.
    """
    try:
        whole = operator.index(value)
    except TypeError:
        whole = None
    limits = f"from {low:,}" + ("" if high is None else f" to {high:,}")
    fits = whole is not None and not isinstance(value, (bool, np.bool_))
    if not (fits and low <= whole and (high is None or whole <= high)):
        raise ValueError(
            f"`{name}` must be a whole number {limits}. Received: {value!r}."
        )
    return whole


def check_fraction(value, name, low=0, high=1, open_ends=False):
    """A finite number within its limits, as a float.

    Args:
        low, high: the limits.
        open_ends: True refuses the limits themselves.

    Example:

    >>> check_fraction(95, "confidence", open_ends=True)
    Traceback (most recent call last):
    ValueError: `confidence` must be a number between 0 and 1. Received: 95. \
Hand in 0.95.
    """
    try:
        number = float(value) if np.ndim(value) == 0 else np.nan
    except (TypeError, ValueError):
        number = np.nan
    fits = low < number < high if open_ends else low <= number <= high
    if not fits or isinstance(value, (bool, np.bool_, str, bytes)):
        limits = f"{low:g} and {high:g}" if open_ends else f"{low:g} to {high:g}"
        percent = high == 1 and 1 < number <= 100
        remedy = f" Hand in {number / 100:g}." if percent else ""
        joint = "between" if open_ends else "from"
        raise ValueError(
            f"`{name}` must be a number {joint} {limits}. Received: {value!r}.{remedy}"
        )
    return number


def check_limits(limits, name="limits"):
    """Two finite numbers, the smaller first, as a tuple.

    Example:

    >>> check_limits((1, 0))
    Traceback (most recent call last):
    ValueError: `limits` must be two numbers, the smaller first. Received: (1, 0).
    """
    low, high = check_numbers(limits, name, (2,), "Hand in a pair, such as `(0, 1)`.")
    if low >= high:
        raise ValueError(
            f"`{name}` must be two numbers, the smaller first. "
            f"Received: {short(limits)}."
        )
    return low, high


def check_names(names, name, n=None, each="each"):
    """A list of str, n of them, or at least one.

    Example:

    >>> check_names("ab", "titles", 2, "an image")
    Traceback (most recent call last):
    ValueError: `titles` must be a list of 2 str, one an image. Received: 'ab'.
    """
    listed = np.iterable(names) and not isinstance(names, (str, bytes))
    found = list(names) if listed else []
    if not found or n not in (None, len(found)):
        came = f"a list of {len(found)}" if listed else short(names)
        raise ValueError(
            f"`{name}` must be a list of {n or 'at least one'} str, one {each}. "
            f"Received: {came}."
        )
    return found


def check_mapping(entries, name, check=None):
    """A dict with at least one entry, all of them checked.

    Args:
        check: function of an entry and its name that returns what is to be used.

    Example:

    >>> check_mapping([0.7, 0.8], "scores")
    Traceback (most recent call last):
    ValueError: `scores` must be a dict with at least one entry. \
Received: [0.7, 0.8]. Hand in `{name: …}`.
    """
    if not isinstance(entries, Mapping) or not entries:
        raise ValueError(
            f"`{name}` must be a dict with at least one entry. "
            f"Received: {short(entries)}. Hand in `{{name: …}}`."
        )
    check = check or (lambda entry, name: entry)
    return {key: check(entry, f"{name}[{key!r}]") for key, entry in entries.items()}


def check_classifier(estimator, name="estimator"):
    """Something that scikit-learn can clone and fit, and that predicts classes.

    Example:

    >>> from sklearn.linear_model import Ridge
    >>> check_classifier(Ridge)
    Traceback (most recent call last):
    ValueError: `estimator` must be a scikit-learn classifier. \
Received: the class Ridge. Hand in `Ridge()`.
    """
    needed = f"`{name}` must be a scikit-learn classifier. Received: "
    remedy = "Hand in a classifier, or a pipeline that ends in one."
    check_methods(estimator, ("get_params", "fit", "predict"), needed, remedy)
    tags = getattr(estimator, "__sklearn_tags__", None)
    kind = tags().estimator_type if tags else None
    if kind in NOT_CLASSES:
        raise ValueError(needed + NOT_CLASSES[kind])


def check_methods(thing, methods, needed, remedy):
    """An instance, not its class, that has these methods.

    Args:
        needed: how the message begins, up to "Received: ".
        remedy: how it ends, where methods are missing.

    Example:

    >>> check_methods(3, ["fit"], "`mapping` must fit. Received: ", "Hand in PCA.")
    Traceback (most recent call last):
    ValueError: `mapping` must fit. Received: int, without fit. Hand in PCA.
    """
    if isinstance(thing, type):
        found = thing.__name__
        raise ValueError(f"{needed}the class {found}. Hand in `{found}()`.")
    missing = [method for method in methods if not hasattr(thing, method)]
    if missing:
        found = f"{type(thing).__name__}, without {' and '.join(missing)}"
        raise ValueError(f"{needed}{found}. {remedy}")


def check_table(estimator, X, name="X", reset=False, **settings):
    """Rows for an estimator of ours: scikit-learn's checks, in words that name them.

    Args:
        estimator: the one that is fitted or used.
        reset: True in `fit`, which remembers number and names of the columns.
        settings: of `sklearn.utils.validation.validate_data`.

    Returns:
        Array `(n, columns)`.

    Example:

    >>> from sklearn.decomposition import PCA
    >>> check_table(PCA(), np.zeros((2, 6, 6)), reset=True)
    Traceback (most recent call last):
    ValueError: `X` must have shape (n, columns). Received shape: (2, 6, 6). \
Hand in `X.reshape(2, -1)`.
    """
    if not hasattr(X, "shape") or len(X.shape) > 2:
        check_rows(X, name=name)  # it knows the remedy
    try:
        return validate_data(estimator, X, reset=reset, **settings)
    except ValueError as error:
        raise ValueError(
            f"`{name}` must be rows that {type(estimator).__name__} can take. "
            f"Received shape: {np.shape(X)}. {error}"
        ) from None


def _array(value, name, part=None, also=""):
    """The value as a numeric array; `also` names further kinds of dtype."""
    if hasattr(value, "images") and hasattr(value, "labels"):
        wanted = f"its `{part}`" if part else "what `extract` returns"
        raise ValueError(
            f"`{name}` must be an array. Received: a data set. Hand in {wanted}."
        )
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        array = None
    if array is None or array.dtype.kind == "O":
        raise ValueError(
            f"`{name}` must be one array of numbers. Received: {_objects(value)}"
        )
    if array.dtype.kind not in "biuf" + also:
        raise ValueError(f"`{name}` must be real numbers. Received: {array.dtype}.")
    return array


def _finite(array, name):
    """The array, if it holds at least one number and all of them are finite."""
    if not array.size:
        raise ValueError(
            f"`{name}` must hold at least one number. Received shape: {array.shape}."
        )
    if not (finite := np.isfinite(array)).all():
        first = np.unravel_index(finite.argmin(), array.shape)
        raise ValueError(
            f"`{name}` must be finite. Received: {array[first]} at "
            f"`{name}[{', '.join(map(str, first))}]`. "
            "Leave it out, or look where it comes from."
        )
    return array


def _objects(value):
    """What cannot be one array, and what to do about it."""
    if not hasattr(value, "__len__"):
        return f"{type(value).__name__}."
    try:
        shapes = list(dict.fromkeys(np.shape(item) for item in value))
    except (ValueError, TypeError):
        return f"{type(value).__name__}."
    if len(shapes) > 1:
        return (
            f"items of different shapes, such as {shapes[0]} and {shapes[1]}. "
            "Bring all to one shape first."
        )
    return "an array of objects. Hand in `np.stack(list(…))` of it."


def _layout_remedy(shape, kind, name):
    """None if the layout is right, else what to do, if it can be told."""
    ends = shape[-1] if shape else 0
    colors = {"gray": (), "color": (3,), "any": (3,)}[kind]
    if len(shape) == 4:
        if ends in colors:
            return None
        if ends == 1:
            gray = (
                f"np.repeat({name}, 3, axis=-1)"
                if kind == "color"
                else f"{name}[..., 0]"
            )
            return f" Hand in `{gray}`."
        if ends == 4 and colors:
            return f" Hand in `{name}[..., :3]`."
        if ends == 3:
            return f" Gray is asked for: `{name}.mean(axis=-1)`."
        if shape[1] in (1, 3, 4):
            return f" Channels come last: `np.moveaxis({name}, 1, -1)`."
    elif len(shape) == 3:
        if ends in (1, 3, 4) and shape[1] > ends:  # a picture is not so narrow
            image = f"{name}[None, ..., 0]" if ends == 1 else f"{name}[None]"
            return f" For a single image: `{image}`."
        if kind != "color":
            return None
        if shape[0] == 3:
            return f" Channels come last: `np.moveaxis({name}, 0, -1)[None]`."
        return f" From gray: `np.repeat({name}[..., None], 3, axis=-1)`."
    elif len(shape) == 2:
        return f" For a single image: `{name}[None]`."
    return ""


def _check_scale(images, name):
    flat = images.reshape(len(images), -1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    if not np.isfinite(flat.sum(dtype=float) if images.dtype.kind == "f" else 0):
        remedy = f"values that are not finite. Hand in `np.nan_to_num({name})`."
    elif low.min() < 0:
        remedy = (
            f"values down to {low.min():.3g}. From -1 to 1? `({name} + 1) * 127.5`."
        )
    elif high.max() > 255:
        top = high.max()
        remedy = f"values up to {top:.5g}."
        if images.dtype.kind in "ui":
            remedy += f" 16 bits? Hand in `{name} / 65535 * 255`."
    elif np.any(dark := (high > 0) & (high < 2)):
        first = int(np.argmax(dark))
        remedy = (
            f"image {first} with values from {low[first]:.3g} to {high[first]:.3g}. "
            f"From 0 to 1, or a mask? Hand in `{name} * 255`."
        )
    else:
        return
    raise ValueError(f"`{name}` must hold values from 0 to 255. Received: {remedy}")
