"""Keras models on disk, with notes beside them, and what is wrong with a file."""

import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path

import keras

from utils.files import write_atomically

METADATA = "metadata.json"  # Keras writes it and does not read it
AGAIN = "Copy or download it again, or save the model again."


def write(model, path, notes):
    """Save a model, all of it or nothing, with notes in its archive's metadata.

    Args:
        model: a `keras.Model`.
        path: a file name that ends in `.keras`; its folder is made when missing.
        notes: dict that JSON can hold, added to what Keras says there itself.

    Raises:
        ValueError: if the name ends otherwise.
        OSError: if the file cannot be written.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.keras"
    ...     write(model, path, {"made by": "me"})
    ...     read_metadata(path)["made by"], read_model(path).output_shape
    ('me', (None, 1))
    """
    path = _named(path)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.keras"
        model.save(plain)
        with zipfile.ZipFile(plain) as archive:
            write_atomically(path, lambda stream: _copy(archive, stream, notes))


def read_metadata(path):
    """Notes and version of Keras of a file, after its checksums were compared.

    Args:
        path: of a `.keras` file.

    Returns:
        A dict.

    Raises:
        FileNotFoundError: if there is no such file.
        OSError: if it is cut off or damaged.
        ValueError: if it is something else than a Keras model.
    """
    path = _named(path)
    with path.open("rb") as stream:
        begins = stream.read(2)
        try:
            with zipfile.ZipFile(stream) as archive:
                whole = archive.testzip() is None
                metadata = json.loads(archive.read(METADATA))
        except KeyError:
            whole, metadata = True, None
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError):
            whole, metadata = begins not in (b"PK", b""), None
    if not whole:
        raise OSError(f"{path} is cut off or damaged. {AGAIN}")
    if not isinstance(metadata, dict) or "keras_version" not in metadata:
        raise ValueError(
            f"`path` must be a model that Keras 3 saved. Received: {path}, which is "
            "something else. Hand in the right file."
        )
    return metadata


def read_model(path):
    """The model of a file.

    Raises:
        As `read_metadata`; and ValueError if this version of Keras cannot read it.
    """
    path, written = _named(path), read_metadata(path)["keras_version"]
    try:
        return keras.saving.load_model(path)
    except MemoryError:
        raise
    except Exception as error:  # what an unknown setting raises is nowhere said
        inner = str(error).rpartition("Exception encountered: ")[2].strip()
        said = (inner.splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"{path} was written by Keras {written} and cannot be read by Keras "
            f"{keras.__version__}: {said.rstrip('.')}. Run "
            f"`pip install keras=={written}`, or save the model again with this one."
        ) from error


def _named(path):
    """The path, with `~` resolved, of what Keras takes for a file of its own."""
    if not isinstance(path, (str, os.PathLike)) or Path(path).suffix != ".keras":
        raise ValueError(
            "`path` must be the name of a file that ends in .keras. "
            f"Received: {path!r}. Rename it."
        )
    return Path(path).expanduser()


def _copy(archive, stream, notes):
    """Copy a Keras archive entry by entry, its metadata enlarged."""
    with zipfile.ZipFile(stream, "w") as target:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename == METADATA:
                noted = json.loads(content) | notes
                content = json.dumps(noted, indent=1, allow_nan=False).encode()
            target.writestr(entry, content)
