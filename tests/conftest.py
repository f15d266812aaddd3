"""Let the tests import the maintainers' scripts; make an archive of CIFAR-10."""

import io
import os
import pickle
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pytest

# A user's own keras.json is not part of what is tested.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras-")

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "tools", ROOT / "tests"):
    sys.path.insert(0, str(folder))

from workers import (  # noqa: E402, F401
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """In Keras' cache: CIFAR-10's format with made-up content and another checksum."""
    from utils import datasets

    folder = tmp_path / "datasets"
    folder.mkdir()
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    with tarfile.open(
        folder / "cifar-10-batches-py-target_archive", "w:gz", compresslevel=1
    ) as tar:
        for name in names:
            labels = np.arange(10_000) % 10
            data = np.repeat(labels[:, None].astype(np.uint8) * 20, 3072, axis=1)
            content = pickle.dumps({b"data": data, b"labels": labels.tolist()})
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    monkeypatch.setattr(
        "keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path)
    )
    monkeypatch.setattr(
        "keras.src.utils.file_utils.validate_file", lambda *_, **__: True
    )
    datasets._cifar10_parts.cache_clear()
    yield
    datasets._cifar10_parts.cache_clear()
