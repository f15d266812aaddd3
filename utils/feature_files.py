"""Features on disk: found again whole, or in the parts that a stopped run has left."""

import warnings

import numpy as np

from utils.files import write_atomically


def stored(path, shape, stacklevel=3):
    """The features of one layer, or None if there are none that can be trusted.

    Args:
        path: of the `.npz`.
        shape: which they must have; None for a side that may be any.
        stacklevel: of the warning about a damaged file.

    Returns:
        float32 array, or None.

    Example:

    >>> from pathlib import Path
    >>> stored(Path("nowhere.npz"), (3, 1280)) is None
    True
    """
    try:
        with np.load(path) as arrays:  # the zip's checksum is verified on reading
            values, name = arrays["features"], str(arrays["name"])
        fits = len(values.shape) == len(shape) and values.dtype == np.float32
        if fits and name == path.stem:
            if all(side in (None, n) for side, n in zip(shape, values.shape)):
                return values
        trouble = "are not those that were asked for"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except MemoryError:
        raise
    except Exception as error:  # truncated, not an archive: zipfile raises many kinds
        trouble = "are damaged"
        if isinstance(error, OSError) and error.errno:
            trouble = f"cannot be read ({error.strerror})"
    warnings.warn(
        f"Cached features {path.name} {trouble}; computing them anew.",
        stacklevel=stacklevel,
    )
    return None


def store(path, values, stacklevel=3):
    """Keep the features of one layer; warn if the folder cannot be written.

    Args:
        path: of the `.npz`.
        values: float32 array.
        stacklevel: of the warning.

    Returns:
        True if they are kept.

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "made.npz"
    ...     store(path, np.ones((2, 3), np.float32)), stored(path, (2, 3)).shape
    (True, (2, 3))
    """
    try:
        parts = {"features": values, "name": path.stem}
        write_atomically(path, lambda stream: np.savez(stream, **parts))
    except OSError as error:
        warnings.warn(
            f"Features could not be kept in {path.parent} ({error.strerror}); the next "
            "run computes them again. Set COURSE_CACHE to a folder "
            "that can be written.",
            stacklevel=stacklevel,
        )
        return False
    return True


class Parts:
    """Some images' features at a time, so that a stopped run goes on where it was.

    Args:
        files: `{table: path of the whole}`, a table being a layer, or a layer and how
            it is pooled; a part lies beside it.

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> found, rows = {"block3": np.ones((600, 4), np.float32)}, slice(0, 512)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = Parts({"block3": Path(folder) / "made-block3.npz"})
    ...     before = parts.read(rows, found)
    ...     parts.keep(rows, found)
    ...     before, parts.read(rows, found)
    (False, True)
    """

    def __init__(self, files):
        self.files, self.kept, self.works = files, [], True

    def read(self, rows, found):
        """Fill these rows of `{table: array}`; False if a table's are not there."""
        there = {}
        for table, array in found.items():
            path = self._path(table, rows, len(array))
            there[table] = stored(path, array[rows].shape, stacklevel=5)
            if there[table] is None:
                return False
            self.kept.append(path)
        for table, values in there.items():
            found[table][rows] = values
        return True

    def keep(self, rows, found):
        """Store these rows of `{table: array}`, until one cannot be."""
        for table, array in found.items():
            path = self._path(table, rows, len(array))
            self.works = self.works and store(path, array[rows], stacklevel=5)
            self.kept.append(path)

    def remove(self):
        """All that were read or kept: the whole is on disk."""
        for path in self.kept:
            path.unlink(missing_ok=True)

    def _path(self, table, rows, n):
        whole = self.files[table]
        return whole.with_name(f"{whole.stem}-{rows.start}-of-{n}.npz")
