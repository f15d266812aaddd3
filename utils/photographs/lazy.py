"""Photographs on disk as one sequence, each decoded when it is asked for."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from utils.checks import check_count, check_positions
from utils.photographs.decoding import check_way, read, to_square

DECODER = 1  # part of every key; goes up when pixels change by more than rounding


@dataclass(frozen=True)
class File:
    """A picture file as it was when it was looked at.

    `stamp` is what `stamp_of` said of it then, `digest` the SHA-256 of its content.
    `rows` and `columns` are those of the upright picture.
    """

    path: Path
    stamp: tuple
    digest: str
    rows: int
    columns: int


def stamp_of(path):
    """Size in bytes and times of change in nanoseconds: a changed file has others.

    >>> stamp_of(__file__) == stamp_of(__file__)
    True
    """
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


class Photographs(Sequence):
    """Pictures on disk, each decoded when it is asked for and not kept.

    It stands where an array of images would: `len`, iteration and `images[3]` give
    uint8 arrays `(rows, columns, 3)`; a slice, positions or a mask give an array
    `(k, rows, columns, 3)`, or a list of arrays if these differ in size.
    `features.extract` and `features.resize` take the whole and decode one picture
    after the other.

    Args:
        files: sequence of `File`.
        way: how a picture becomes square, see `to_square`.

    Raises:
        ValueError: if there is no file, or no such way.

    Example:

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "gray.png"
    ...     Image.new("L", (4, 3), 90).save(path)
    ...     images = Photographs([File(path, stamp_of(path), "", 3, 4)] * 5)
    ...     images.shape, images[0].shape, images[1:3].shape
    ((5, 3, 4, 3), (3, 4, 3), (2, 3, 4, 3))
    """

    dtype, ndim = np.dtype(np.uint8), 4

    def __init__(self, files, way="squash"):
        self.files, self.way = tuple(files), check_way(way)
        if not self.files or not all(isinstance(file, File) for file in self.files):
            raise ValueError(
                "`files` must be at least one `File`. `datasets.from_folder` makes "
                f"them. Received: {len(self.files)} items."
            )

    @property
    def sizes(self):
        """Int array `(n, 2)`: rows and columns of each picture."""
        return np.array([(file.rows, file.columns) for file in self.files])

    @property
    def shape(self):
        """`(n, rows, columns, 3)`; None for rows and columns that differ."""
        return len(self), *self._common_size(), 3

    @property
    def key(self):
        """Hexadecimal digest of what the pixels depend on: contents, order, way."""
        parts = (DECODER, self.way, *(file.digest for file in self.files))
        return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()

    def take(self, positions):
        """The pictures at some positions, still on disk.

        Args:
            positions: ints from 0.

        Returns:
            `Photographs`.

        Raises:
            ValueError: if there is no picture at a position.
        """
        positions = check_positions(positions, len(self))
        return Photographs([self.files[i] for i in positions], self.way)

    def square(self, position, side):
        """The picture at a position, brought to `(side, side, 3)`.

        Returns:
            uint8 array.

        Raises:
            ValueError: if there is no picture at the position, or no such side.
            OSError: naming the file, if it is gone, or not what it was.
        """
        position = check_count(position, "position", 0, len(self) - 1)
        return to_square(self._read(position), side, self.way)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, key):
        if isinstance(key, (int, np.integer)):
            if not -len(self) <= key < len(self):
                raise IndexError(f"There are {len(self):,} photographs. Asked: {key}.")
            return self._read(key)
        if isinstance(key, tuple):
            raise ValueError(
                "Photographs on disk are found by position alone. For parts of them, "
                "make an array first: `features.resize(images, 224)`."
            )
        if isinstance(key, slice):
            chosen = self.files[key]
        else:
            chosen = [self.files[i] for i in self._listed(key)]
        if not chosen:
            return np.empty((0, *(side or 0 for side in self.shape[1:])), self.dtype)
        part = Photographs(chosen, self.way)
        return list(part) if None in part.shape else np.asarray(part)

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("Photographs on disk cannot become an array uncopied.")
        if None in self.shape:
            raise ValueError(
                "Photographs of different sizes cannot be one array. Hand in "
                "`features.resize(images, 224)`."
            )
        needed, free = np.prod(self.shape, dtype=float), psutil.virtual_memory()
        if needed > free.available:
            raise MemoryError(
                f"{len(self):,} photographs as one array need {needed / 1e9:.1f} GB; "
                f"{free.available / 1e9:.1f} are free. `features.extract` and "
                "`features.resize` take them as they are, and `take` chooses some."
            )
        array = np.empty(self.shape, np.uint8)
        for target, image in zip(array, self):
            target[:] = image
        return array if dtype is None else array.astype(dtype)

    def __repr__(self):
        rows, columns = self._common_size()
        sizes = f"{rows:,} × {columns:,} pixels" if rows else "different sizes"
        return f"{len(self):,} photographs of {sizes}, on disk"

    def _common_size(self):
        sizes = {(file.rows, file.columns) for file in self.files}
        return sizes.pop() if len(sizes) == 1 else (None, None)

    def _listed(self, key):
        array = np.asarray(key)
        if array.dtype == bool and array.shape == (len(self),):
            return np.flatnonzero(array)
        if array.ndim == 1 and not array.size:
            return []
        if array.dtype.kind == "i":
            array = np.where(array < 0, array + len(self), array)
        return check_positions(array, len(self))

    def _read(self, position):
        file = self.files[position]
        if stamp_of(file.path) != file.stamp:
            raise OSError(
                f"{file.path} has changed since its folder was read. "
                "Call `datasets.from_folder` again."
            )
        return read(file.path)
