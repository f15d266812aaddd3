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
from utils.lazy import stamp_of
from utils.photographs import glance

VERSION = 1  # of what is remembered
SECONDS = 20  # after which a survey that is stopped need not begin again
LOOK = (16, 17)  # rows and columns of gray values that a look compares
MOST_DIFFERENT = 12  # of the 256 bits of two looks that are called alike


@dataclass(frozen=True)
class Seen:
    """One file: its stamp and SHA-256, and its size and look, or why it has none."""

    stamp: tuple
    digest: str
    rows: int = 0
    columns: int = 0
    look: str = ""
    fault: str = ""


def survey(root, names):
    """Look at each file, unless it is remembered by path, size and time of change.

    Args:
        root: `pathlib.Path` of the folder.
        names: the files' paths in it.

    Returns:
        `{name: Seen}`.

    Raises:
        OSError: if a file is gone or may not be read.
    """
    index = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:24]
    index = cache_folder() / "photographs" / f"{index}.json"
    known = _remembered(index)
    stamps = {name: stamp_of(root / name) for name in names}
    found = {name: known[name] for name in names if name in known}
    due = [
        name for name in names if name not in found or found[name].stamp != stamps[name]
    ]
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
                    _remember(index, found)
                    saved = time.monotonic()
        finally:
            _remember(index, found)
    return found


def look_alikes(looks):
    """Which pictures look like copies of each other.

    A look is a difference hash: of 16 × 17 gray values, whether each is brighter than
    its left neighbor.

    Args:
        looks: the `look` of each picture.

    Returns:
        Int array `(n,)`: pictures of one set share a number, counted in the order in
        which sets appear; one that looks like no other has its own.

    Source:
        N. Krawetz, "Kind of Like That", 2013 (the difference hash, of 64 bits).

    Example:

    >>> look_alikes(["00" * 32, "ff" * 32, "01" * 2 + "00" * 30])
    array([0, 1, 0])
    """
    bits = np.array([np.frombuffer(bytes.fromhex(look), np.uint64) for look in looks])
    pairs, n = [], len(bits)
    for start in range(0, n, 256):  # a block of rows beside all that come after
        differ = np.bitwise_count(bits[start : start + 256, None] ^ bits[start:])
        alike = np.argwhere(differ.sum(axis=-1, dtype=int) <= MOST_DIFFERENT)
        pairs.append(alike + start)
    one, other = np.concatenate(pairs).T
    graph = coo_array((np.ones(len(one)), (one, other)), (n, n))
    return connected_components(graph, directed=False)[1].astype(int)


def _look(path):
    stamp = stamp_of(path)
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        rows, columns, gray = glance(path, LOOK)
    except OSError as error:
        said = str(error).removeprefix(f"{path} cannot be read as a picture: ")
        return Seen(stamp, "", fault=error.strerror or said.split(". ")[0])
    bits = np.packbits(gray[:, 1:] > gray[:, :-1])
    return Seen(stamp, digest, rows, columns, bits.tobytes().hex())


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
