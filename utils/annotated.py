"""Pictures in which someone has marked where things are, in boxes or in a mask."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from utils.files import data_file


@dataclass(frozen=True)
class Boxed:
    """A photograph and a box around each thing in it; nobody can change its arrays.

    `image` is uint8, `(rows, columns, 3)`, RGB from 0 to 255. `boxes` is float32,
    `(n, 4)`: `x_min, y_min, x_max, y_max` of each box in pixels, x to the right and y
    down from the picture's upper left corner, so that `image[y_min:y_max, x_min:x_max]`
    is what the box holds (as whole numbers, which they are). `visible`, float32
    `(n,)`, is the share of the box's area that was left when the picture was cut out
    of a larger one: 1, or less where the cut goes through it.
    """

    name: str
    image: np.ndarray
    boxes: np.ndarray
    visible: np.ndarray
    license: str
    source: str

    def __repr__(self):
        rows, columns, _ = self.image.shape
        return f"{self.name}: {rows:,} × {columns:,} pixels, {len(self.boxes)} boxes"


@dataclass(frozen=True)
class Masked:
    """A picture and what each of its pixels belongs to; nobody can change its arrays.

    `image` is uint8, `(rows, columns)`, from 0 to 255. `mask` is int32, of the same
    shape: 0 is background, and 1 to n are the things, a number each.
    """

    name: str
    image: np.ndarray
    mask: np.ndarray
    license: str
    source: str

    def __repr__(self):
        rows, columns = self.image.shape
        return f"{self.name}: {rows:,} × {columns:,} pixels, {self.mask.max()} things"


def trees(part="train"):
    """Forest from the air, nearly every tree in a box that someone drew by hand.

    Two photographs of Yellowstone, taken from an aircraft in 2019, about 10 centimeters
    a pixel. They show different places in different light. Dead trees that stand have
    boxes as well. Both are cut out of larger ones: a box ends at the cut, and is gone
    if less than half of its area was left, though a corner of that tree can still be
    seen. Gone are 5 at the left edge of `"train"`, none in `"test"`.

    Args:
        part: `"train"`, 2,472 rows and 1,347 columns of one photograph, or `"test"`,
            1,024 rows and columns of the other.

    Returns:
        A `Boxed`.

    Raises:
        ValueError: if there is no such part.
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        Photographs: National Ecological Observatory Network. Boxes: Weinstein et al.,
        "DeepForest", Methods in Ecology and Evolution, 2020,
        doi:10.1111/2041-210X.13472.

    Example:

    >>> trees("test")
    trees (test): 1,024 × 1,024 pixels, 232 boxes
    >>> trees("test").boxes[0].tolist()  # x_min, y_min, x_max, y_max
    [793.0, 150.0, 822.0, 185.0]
    """
    if not isinstance(part, str) or part not in ("train", "test"):
        raise ValueError(f"`part` must be 'train' or 'test'. Received: {part!r}")
    return _trees(part)


def nuclei():
    """Cell nuclei under a fluorescence microscope, each with its own number in a mask.

    Bright on dark, some far brighter than others; 42 of them touch another one, and 13
    are cut by the picture's edge. There is no second picture: train on one half and
    test on the other, and mind the 5 that lie on both sides of the middle.

    Returns:
        A `Masked` of 512 × 512 pixels.

    Raises:
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data
        Science Bowl", Nature Methods 16, 2019, doi:10.1038/s41592-019-0612-7; the
        picture is the test image of the package stardist.

    Example:

    >>> nuclei()
    nuclei: 512 × 512 pixels, 125 things
    >>> round(float((nuclei().mask > 0).mean()), 3)  # share of pixels inside a nucleus
    0.199
    """
    return _nuclei()


@cache
def _trees(part):
    with np.load(data_file(f"trees_{part}.npz")) as arrays:
        image = _unpack(arrays["packed"])
        boxes, visible = arrays["boxes"].astype(np.float32), arrays["visible"]
    _lock(image, boxes, visible)
    source = "National Ecological Observatory Network 2019, Weinstein et al. 2020"
    return Boxed(f"trees ({part})", image, boxes, visible, "CC0 and MIT", source)


@cache
def _nuclei():
    with np.load(data_file("nuclei.npz")) as arrays:
        image, mask = arrays["image"], arrays["mask"].astype(np.int32)
    _lock(image, mask)
    return Masked("nuclei", image, mask, "CC0 and BSD-3-Clause", "Caicedo et al. 2019")


def _unpack(packed):
    """The photograph that `tools/build_annotated.py` packed: `(rows, columns, 3)`."""
    planes = np.cumsum(packed, axis=2, dtype=np.uint8)  # modulo 256, as they were made
    planes[[0, 2]] += planes[1]
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _lock(*arrays):
    for array in arrays:
        array.flags.writeable = False
