"""What public functions ask of their arguments: errors that say how to mend them."""

import operator

import numpy as np
from sklearn.utils import check_array

GRAY, COLOR = "(n, rows, columns)", "(n, rows, columns, 3)"
LAYOUTS = {"gray": GRAY, "color": COLOR, "any": f"{GRAY} or {COLOR}"}


def check_images(images, kind="any", name="images"):
    """A batch of images as an array, if layout and scale are the course's.

    Every image must be on the scale from 0 to 255. One whose brightest value lies
    above 0 and below 2 is refused: on that scale it would be black, so it is one
    from 0 to 1, or a mask.

    Args:
        images: what the caller was given.
        kind: `"gray"`, `"color"`, or `"any"` of the two.
        name: of the argument, for the message.

    Returns:
        Array `(n, rows, columns)` or `(n, rows, columns, 3)`, of the dtype that came.

    Raises:
        ValueError: with what is needed, what came, and the remedy.

    Example:

    >>> check_images(np.zeros((2, 50, 50, 1)), "gray")
    Traceback (most recent call last):
    ValueError: `images` must have shape (n, rows, columns). Received shape: \
(2, 50, 50, 1). Hand in `images[..., 0]`.
    """
    array = _array(images, name, "images")
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


def check_labels(labels, n=None, classes=None, name="labels"):
    """Class labels as an int array, one for each image.

    Args:
        labels: what the caller was given.
        n: how many there must be, or None.
        classes: how many class names there are, so that labels must lie from 0 to
            `classes - 1`; None admits every whole number.
        name: of the argument, for the message.

    Returns:
        Int array `(n,)`.

    Raises:
        ValueError: with what is needed, what came, and the remedy.

    Example:

    >>> check_labels([[0, 1], [1, 0]])
    Traceback (most recent call last):
    ValueError: `labels` must have shape (n,), one class a row. Received shape: \
(2, 2). One-hot rows? Hand in `labels.argmax(axis=1)`.
    """
    array = _array(labels, name, "labels", "UST")
    if array.dtype.kind in "UST":
        raise ValueError(
            f"`{name}` must be whole numbers. Received: text such as {array.flat[0]!r}."
            f" Hand in `np.unique({name}, return_inverse=True)[1]`."
        )
    if array.ndim != 1:
        remedy = ""
        if array.ndim == 2:
            column = f"`{name}[:, 0]`", f"One-hot rows? Hand in `{name}.argmax(axis=1)`"
            remedy = (
                f" Hand in {column[0]}." if array.shape[1] == 1 else f" {column[1]}."
            )
        raise ValueError(
            f"`{name}` must have shape (n,), one class a row. "
            f"Received shape: {array.shape}.{remedy}"
        )
    if array.dtype.kind == "f" and np.any(odd := array != np.floor(array)):  # NaN, too
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


def check_rows(rows, n=None, name="features"):
    """Features as a table: one row an image, finite numbers.

    Args:
        rows: what the caller was given.
        n: how many rows there must be, or None.
        name: of the argument, for the message.

    Returns:
        Float or int array `(n, columns)`, of the dtype that came.

    Raises:
        ValueError: with what is needed, what came, and the remedy.

    Example:

    >>> check_rows(np.zeros((2, 7, 7, 320)))
    Traceback (most recent call last):
    ValueError: `features` must have shape (n, columns). Received shape: \
(2, 7, 7, 320). Hand in `features.mean(axis=(1, 2))` or `features.reshape(2, -1)`.
    """
    array = _array(rows, name, "features")
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
    return check_array(array, input_name=name)


def check_count(value, name, low=1, high=None):
    """A whole number within its limits, as an int.

    Raises:
        ValueError: with what is needed and what came.

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
        value: what the caller was given.
        name: of the argument, for the message.
        low, high: the limits.
        open_ends: True refuses the limits themselves.

    Raises:
        ValueError: with what is needed, what came, and the remedy.

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


def _array(value, name, part, also=""):
    """The value as a numeric array; `also` names further kinds of dtype."""
    if hasattr(value, "images") and hasattr(value, "labels"):
        wanted = f"its `{part}`" if part != "features" else "what `extract` returns"
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
    if array.dtype.kind == "b" and part == "images":
        raise ValueError(
            f"`{name}` must hold values from 0 to 255. Received: a mask of True and "
            f"False. Hand in `{name} * 255`."
        )
    if array.dtype.kind not in "biuf" + also:
        raise ValueError(f"`{name}` must be real numbers. Received: {array.dtype}.")
    return array


def _objects(value):
    """What cannot be one array, and what to do about it."""
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
