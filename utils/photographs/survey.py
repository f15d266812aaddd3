"""What each picture file of a folder is, looked at once and remembered."""

import hashlib
import json
import os
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm.auto import tqdm

from utils.files import cache_folder, write_atomically
from utils.photographs.decoding import glance
from utils.photographs.lazy import stamp_of

VERSION = 1  # of what is remembered
SECONDS = 20  # after which a survey that is stopped need not begin again
LOOK = (16, 16)  # rows and columns of gray values by which pictures are compared
ALIKE = 0.997  # the least correlation of copies
LEAST_CONTRAST = 3  # standard deviation in gray levels; what has less is all noise


@dataclass(frozen=True)
class Seen:
    """One file: its stamp and SHA-256, its size, its look, or why it has none.

    A look is 16 × 16 gray values, in hexadecimal digits.
    """

    stamp: tuple
    digest: str
    rows: int = 0
    columns: int = 0
    look: str = ""
    fault: str = ""

    def gray(self):
        """The look as a uint8 array `(16, 16)`."""
        return np.frombuffer(bytes.fromhex(self.look), np.uint8).reshape(LOOK)


def survey(root, names):
    """Look at each file, unless it is remembered by path, size and time of change.

    Args:
        root: `pathlib.Path` of the folder.
        names: the files' paths in it.

    Returns:
        `{name: Seen}`; one whose file is gone, or holds no picture, has a `fault`.
    """
    index = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
    index = cache_folder() / "photographs" / f"{index}.json"
    known = _remembered(index)
    found = {name: known[name] for name in names if _is_as_known(root, name, known)}
    due = [name for name in names if name not in found]
    if not due:
        return found
    quiet, saved = bool(os.environ.get("TQDM_DISABLE")), time.monotonic()
    with (
        ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool,
        tqdm(total=len(due), desc=root.name, leave=False, disable=quiet) as bar,
    ):
        try:
            for name, seen in zip(due, pool.map(lambda one: _look(root / one), due)):
                found[name] = seen
                bar.update()
                if time.monotonic() - saved > SECONDS:
                    _remember(index, known | found)
                    saved = time.monotonic()
        finally:
            _remember(index, known | found)
    return found


def look_alikes(looks, digests):
    """Which pictures are copies of each other, or look like it.

    Copies have the same SHA-256, or 16 × 16 gray values that correlate by 0.997 or
    more. Measured on 224 pictures (photographs, cuts of textures, solar cells, small
    garments), each beside a changed copy of it. Found: saved again as JPEG of quality
    50, in gray, with four fifths of the contrast, with noise of 8 levels, 224 each;
    brighter by a fifth, 206; JPEG of quality 20, 198; half as large, 184. Missed: cut
    by 2 % on each side, or turned by 2 degrees, all; moved by 2 %, 210; mirrored, 222.
    Called alike, but no copies: 62 of 2,624 solar cells, nearly all neighbors in one
    module; none of 1,000 garments. Pictures that are nearly of one gray are copies
    only if their files are.

    Args:
        looks: uint8 array `(n, 16, 16)`.
        digests: n str.

    Returns:
        Int array `(n,)`: pictures of one set share a number, counted in the order in
        which sets appear; one that is like no other has its own.

    Example:

    >>> looks = np.random.default_rng(0).integers(0, 200, (4, 16, 16), np.uint8)
    >>> looks[2] = looks[0] + 40  # brighter
    >>> look_alikes(looks, ["a", "b", "c", "b"])
    array([0, 1, 0, 1])
    """
    rows = looks.reshape(len(looks), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    least = LEAST_CONTRAST * LOOK[0]
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), least)
    _, first, copy_of = np.unique(digests, return_index=True, return_inverse=True)
    pairs = [np.stack([np.arange(len(rows)), first[copy_of]], axis=1)]
    for start in range(0, len(rows), 512):  # a block beside all that come after it
        alike = rows[start : start + 512] @ rows[start:].T >= ALIKE
        pairs.append(np.argwhere(alike) + start)
    one, other = np.concatenate(pairs).T
    graph = coo_array((np.ones(len(one)), (one, other)), (len(rows), len(rows)))
    return connected_components(graph, directed=False)[1].astype(int)


def _is_as_known(root, name, known):
    try:
        return name in known and known[name].stamp == stamp_of(root / name)
    except OSError:
        return False


def _look(path):
    stamp = ()
    try:
        stamp = stamp_of(path)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        rows, columns, gray = glance(path, LOOK)
    except OSError as error:
        said = str(error).removeprefix(f"{path} cannot be read as a picture: ")
        return Seen(stamp, "", fault=error.strerror or said.split(". ")[0])
    return Seen(stamp, digest, rows, columns, gray.tobytes().hex())


def _remembered(index):
    """What an earlier survey found; nothing, if that cannot be trusted."""
    try:
        version, entries = json.loads(index.read_text("utf-8"))
        if version != VERSION:
            return {}
        return {
            name: Seen(**(entry | {"stamp": tuple(entry["stamp"])}))
            for name, entry in entries.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _remember(index, found):
    """Files without a fault; those are looked at again, since they may be mended."""
    entries = {name: asdict(seen) for name, seen in found.items() if not seen.fault}
    content = json.dumps([VERSION, entries]).encode()
    try:
        write_atomically(index, lambda stream: stream.write(content))
    except OSError as error:
        warnings.warn(
            f"What was seen could not be kept in {index.parent} ({error.strerror}); "
            "the next run looks again. Set COURSE_CACHE to a folder "
            "that can be written.",
            stacklevel=5,
        )
