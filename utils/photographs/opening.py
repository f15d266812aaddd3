"""Photographs in whatever form a user has them: paths, arrays, pictures on disk."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from utils.checks import check_names, check_pictures
from utils.photographs.decoding import read
from utils.photographs.lazy import Photographs


def listed(photographs, name="photographs"):
    """One photograph after the other, nothing read yet.

    Args:
        photographs: a path, a sequence of paths, `lazy.Photographs`, or images as
            `checks.check_pictures` takes them.
        name: of the argument, for messages.

    Returns:
        A list of paths, a list of arrays, or the `lazy.Photographs`.

    Raises:
        ValueError: if it is something else; with the remedy.

    Example:

    >>> listed("a.jpg"), [image.shape for image in listed(np.zeros((2, 8, 9)))]
    (['a.jpg'], [(8, 9), (8, 9)])
    """
    if is_path(photographs):
        return [photographs]
    if isinstance(photographs, Photographs):
        return photographs
    kind = getattr(getattr(photographs, "dtype", None), "kind", "O")
    if kind in "biufc" or hasattr(photographs, "images"):
        return check_pictures(photographs, name)
    found = check_names(photographs, name, each="a photograph")
    if any(isinstance(one, Image.Image) for one in found):
        raise ValueError(
            f"`{name}` must be paths or arrays. Received: a Pillow image. "
            "Hand in its path, or `np.asarray(image.convert('RGB'))`."
        )
    if all(map(is_path, found)):
        return found
    if any(map(is_path, found)):
        raise ValueError(
            f"`{name}` must be all paths or all arrays. Received: a mixture."
        )
    return check_pictures(found, name)


def opened(photograph):
    """One of what `listed` returns, as an upright RGB array.

    Returns:
        uint8 array `(rows, columns, 3)` of values from 0 to 255.

    Raises:
        ValueError: if it is a folder.
        FileNotFoundError: if there is no such file.
        OSError: naming the file, if it cannot be read as a picture.

    Example:

    >>> opened(np.full((2, 1), 89.6))[0]
    array([[90, 90, 90]], dtype=uint8)
    """
    if not is_path(photograph):
        image = np.rint(photograph).astype(np.uint8)
        return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)
    if Path(photograph).is_dir():
        raise ValueError(
            "`photographs` must be picture files. "
            f"Received: the folder {photograph}. "
            f"Hand in `sorted(Path({str(photograph)!r}).iterdir())`."
        )
    return read(photograph)


def is_path(value):
    """Whether it may name a file.

    >>> is_path("a.jpg"), is_path(np.zeros((8, 9)))
    (True, False)
    """
    return isinstance(value, (str, os.PathLike))
