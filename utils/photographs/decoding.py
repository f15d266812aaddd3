"""One picture file: decoded, upright, RGB, and brought to the input of a network."""

import os
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from utils.checks import check_count

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM")
MOST_PIXELS = 89_000_000  # of one picture, about where Pillow warns of a bomb
WAYS = ("squash", "crop", "pad")
PAPER = (255, 255, 255, 255)  # what shows where a picture is transparent
HEIC = (".heic", ".heif")
SAVE_ANEW = "Open it elsewhere and save it as JPEG or PNG, or leave it out."
EXPORT = "Export it as JPEG (iPhone: Settings > Camera > Formats > Most Compatible)."


def read(path):
    """One picture file as an upright RGB array.

    JPEG, PNG, GIF and WebP (the first frame), BMP, TIFF (the first page) and PPM,
    told by content, not by name. Rotated as its EXIF says. Gray becomes three equal
    channels, a palette and CMYK become RGB, what is transparent shows white. 16 bits
    are divided by 257. Color profiles are not applied.

    Args:
        path: str or `pathlib.Path`.

    Returns:
        uint8 array `(rows, columns, 3)` of values from 0 to 255.

    Raises:
        FileNotFoundError: if there is no such file.
        OSError: naming the file, if it holds no such picture, is cut off, has more
            than 89 million pixels, or values whose black and white it does not say.
        ValueError: if `path` is no path.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "gray.png"
    ...     Image.new("L", (4, 3), 90).save(path)
    ...     read(path)[0, 0]
    array([90, 90, 90], dtype=uint8)
    """
    picture, _, _ = _decoded(path)
    return np.asarray(picture)


def glance(path, shape):
    """Size of a picture, and the upright picture as a few gray values.

    A JPEG is decoded small for it, in a third of the time, but to its end.

    Args:
        path: str or `pathlib.Path`.
        shape: rows and columns of the gray picture, at most 64 each.

    Returns:
        Rows and columns of the upright picture, and a uint8 array of that shape.

    Raises:
        As `read`.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "gray.png"
    ...     Image.new("L", (400, 300), 90).save(path)
    ...     glance(path, (1, 2))
    (300, 400, array([[90, 90]], dtype=uint8))
    """
    picture, rows, columns = _decoded(path, draft=128)
    gray = picture.convert("L").resize(shape[::-1], Image.Resampling.BOX)
    return rows, columns, np.asarray(gray)


def to_square(image, side, way="squash"):
    """A picture brought to a network's input by a bicubic resize.

    Args:
        image: uint8 array `(rows, columns, 3)`, as `read` returns it.
        side: pixels, at least 1.
        way: `"squash"` shows all and changes the proportions, as `features.resize`
            does; `"crop"` keeps them and cuts what is beyond the central square;
            `"pad"` keeps them, shows all, and adds black on two sides.

    Returns:
        uint8 array `(side, side, 3)`.

    Raises:
        ValueError: if image, side or way do not fit; with the remedy.

    Example:

    >>> wide = np.full((100, 200, 3), 9, np.uint8)
    >>> [to_square(wide, 4, way)[:, 2, 0].tolist() for way in WAYS]
    [[9, 9, 9, 9], [9, 9, 9, 9], [0, 9, 9, 0]]
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = getattr(image, "dtype", type(image).__name__)
        raise ValueError(
            "`image` must be a uint8 array, as `decoding.read` returns it. "
            f"Received: {found}."
        )
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        remedy = {
            2: " From gray: `np.repeat(image[..., None], 3, axis=-1)`.",
            4: " Hand in one after the other, such as `image[0]`.",
        }
        raise ValueError(
            "`image` must have shape (rows, columns, 3). "
            f"Received shape: {image.shape}.{remedy.get(image.ndim, '')}"
        )
    side, way = check_count(side, "side"), check_way(way)
    picture, bicubic = Image.fromarray(image), Image.Resampling.BICUBIC
    if way == "crop":
        short = min(picture.size)
        left, top = ((length - short) // 2 for length in picture.size)
        picture = picture.crop((left, top, left + short, top + short))
    if way != "pad":
        return np.asarray(picture.resize((side, side), bicubic))
    longest = max(picture.size)
    width, height = (max(1, round(length / longest * side)) for length in picture.size)
    square = Image.new("RGB", (side, side))
    corner = (side - width) // 2, (side - height) // 2
    square.paste(picture.resize((width, height), bicubic), corner)
    return np.asarray(square)


def check_way(way):
    """One of `WAYS`.

    >>> check_way("stretch")
    Traceback (most recent call last):
    ValueError: `way` must be 'squash', 'crop' or 'pad'. Received: 'stretch'.
    """
    if not isinstance(way, str) or way not in WAYS:
        raise ValueError(f"`way` must be 'squash', 'crop' or 'pad'. Received: {way!r}.")
    return way


def _decoded(path, draft=None):
    """The upright picture in RGB, which may be smaller if `draft`; its rows, columns.

    With `draft`, sides of a JPEG may come smaller, but not below so many pixels.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(
            "`path` must be the path of a picture file. "
            f"Received: {type(path).__name__}."
        )
    try:
        with Image.open(path, formats=FORMATS) as picture:
            whole = picture.size
            if (pixels := whole[0] * whole[1]) > MOST_PIXELS:
                raise ValueError(f"{pixels:,} pixels; at most {MOST_PIXELS:,}")
            if draft is not None:
                picture.draft("RGB", (draft, draft))
            small, turned = picture.size != whole, _turn_upright(picture)
            if not small:
                whole = picture.size
            elif turned:
                whole = whole[::-1]
            columns, rows = whole
            return _rgb(picture), rows, columns
    except MemoryError:
        raise
    except Exception as error:  # decoders raise a dozen kinds
        if isinstance(error, OSError) and error.errno:  # missing, forbidden, a folder
            raise
        heic, empty = Path(path).suffix.lower() in HEIC, not os.path.getsize(path)
        raise OSError(
            f"{path} cannot be read as a picture: "
            f"{'the file is empty' if empty else _reason(error)}. "
            + (EXPORT if heic else SAVE_ANEW)
        ) from error


def _turn_upright(picture):
    """As its EXIF says; True if rows became columns."""
    try:
        lies = picture.getexif().get(ExifTags.Base.Orientation, 1)
        picture.load()  # turns a TIFF, which then forgets how it lay
        ImageOps.exif_transpose(picture, in_place=True)
    except (OSError, MemoryError):
        raise
    except Exception:  # a broken EXIF block says nothing of the pixels
        picture.load()
        return False
    return lies in (5, 6, 7, 8)


def _rgb(picture):
    mode = picture.mode
    if mode.startswith("I;16") or (mode == "I" and picture.format != "TIFF"):
        deep = np.asarray(picture).astype(np.float32) / 257
        picture = Image.fromarray(np.rint(deep).astype(np.uint8))
    elif mode in ("I", "F"):
        raise ValueError("32-bit values, of which it does not say what is white")
    elif picture.has_transparency_data:
        paper = Image.new("RGBA", picture.size, PAPER)
        picture = Image.alpha_composite(paper, picture.convert("RGBA"))
    return picture.convert("RGB")


def _reason(error):
    """Pillow's own words, without the path that they repeat."""
    said = str(error).split(" '")[0].split(", could be")[0].strip().rstrip(".")
    return said or type(error).__name__
