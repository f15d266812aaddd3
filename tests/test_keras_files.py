"""Files of models: whole or not there, and what is wrong with one is said."""

import json
import zipfile

import keras
import numpy as np
import pytest

from utils.keeping import keras_files

KERAS = "must be a model that Keras 3 saved. Received: .*which is something else"
DAMAGED = "is cut off or damaged. Copy or download it again"


@pytest.fixture
def path(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(200, name="d")])
    keras_files.write(model, tmp_path / "model.keras", {"made by": ["me", 0.1]})
    return tmp_path / "model.keras"


def test_notes_stand_beside_what_keras_says(path):
    found = keras_files.read_metadata(path)
    assert found["made by"] == ["me", 0.1]
    assert found["keras_version"] == keras.__version__
    with zipfile.ZipFile(path) as archive:  # with a fourth file, Keras unpacks it all
        assert len(archive.namelist()) == 3


def test_it_is_read_as_keras_reads_it(path):
    rows = np.eye(3, dtype=np.float32)
    found = keras_files.read_model(path)(rows)
    np.testing.assert_array_equal(found, keras.saving.load_model(path)(rows))


def test_a_failed_save_leaves_the_file_before_it(path):
    before = path.read_bytes()
    model = keras_files.read_model(path)
    with pytest.raises(ValueError, match="Out of range float"):
        keras_files.write(model, path, {"score": float("nan")})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_damaged(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(OSError, match=DAMAGED):
        keras_files.read_model(path)


@pytest.mark.parametrize("entry", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_changed_byte_is_noticed(path, entry):
    with zipfile.ZipFile(path) as archive:
        content = archive.read(entry)
    whole = bytearray(path.read_bytes())
    whole[whole.index(content) + len(content) // 2] ^= 1
    path.write_bytes(whole)
    with pytest.raises(OSError, match=DAMAGED):
        keras_files.read_model(path)


def archive_of(path, **entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


FOREIGN = {
    "text": lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
    "HDF5": lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500)),
    "NumPy": lambda path: np.savez(path.open("wb"), a=np.arange(9)),
    "other archive": lambda path: archive_of(path, document="<xml/>"),
    "other metadata": lambda path: archive_of(path, **{"metadata.json": "[1]"}),
    "no version": lambda path: archive_of(path, **{"metadata.json": "{}"}),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_is_told(path, name):
    FOREIGN[name](path)
    with pytest.raises(ValueError, match=KERAS):
        keras_files.read_model(path)


def test_one_of_an_unknown_keras_names_its_version(path):
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    config = entries["config.json"].replace(b'"units"', b'"quanta": 3, "units"')
    metadata = json.loads(entries["metadata.json"]) | {"keras_version": "9.1.0"}
    new = {"config.json": config, "metadata.json": json.dumps(metadata)}
    archive_of(path, **(entries | new))
    said = rf"written by Keras 9.1.0 .* cannot be read by Keras {keras.__version__}: "
    said += "Unrecognized keyword.*quanta.*Run `pip install keras==9.1.0`"
    with pytest.raises(ValueError, match=said):
        keras_files.read_model(path)


@pytest.mark.parametrize("name", ["model.h5", "model.keras.zip", "model", 3, None])
def test_the_name_must_end_as_keras_wants_it(name, path):
    said = "`path` must be the name of a file that ends in .keras. Received: .*Rename"
    with pytest.raises(ValueError, match=said):
        keras_files.read_metadata(name)
    with pytest.raises(ValueError, match=said):
        keras_files.write(keras_files.read_model(path), name, {})


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.keras"):
        keras_files.read_model(tmp_path / "gone.keras")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="folder.keras"):
        keras_files.read_model(tmp_path / "folder.keras")


def test_the_home_folder_may_be_a_tilde(path, monkeypatch):
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("USERPROFILE", str(path.parent))
    assert keras_files.read_metadata("~/model.keras")["made by"] == ["me", 0.1]
    keras_files.write(keras_files.read_model(path), "~/new/model.keras", {})
    assert (path.parent / "new" / "model.keras").exists()
