"""The switch of 07_CNNFineTuning to the original lesson's data and network, without downloads."""

from pathlib import Path

import keras
import matplotlib.pyplot as plt
import nbformat
import pytest
from threadpoolctl import threadpool_limits

from utils import backbones, datasets
from utils.runtime import setup

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "07_CNNFineTuning.ipynb"
SWITCHED = {
    'DATASET = "solar_cells"': 'DATASET = "cifar10"',
    'NETWORK = "EfficientNetLite0"': 'NETWORK = "ResNet50"',
    "IMAGE_SIZE = runtime.pick(cpu=160": "IMAGE_SIZE = runtime.pick(cpu=32",  # the least it takes
    "backbones.load(NETWORK, runtime.pick(cpu=64": "backbones.load(NETWORK, runtime.pick(cpu=32",
}


def switched_cells():
    """Sources of the code cells, without set-up, exercises and what builds other networks."""
    sources = []
    for cell in nbformat.read(NOTEBOOK, 4).cells:
        tags = {"setup", "exercise", "check"} & set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and not tags and "apps." not in cell.source:
            sources.append(cell.source)
    whole = "\0".join(sources)
    for before, after in SWITCHED.items():
        assert whole.count(before) == 1, before
        whole = whole.replace(before, after)
    return whole.split("\0")


@pytest.fixture
def small_and_offline(archive, monkeypatch, tmp_path):
    """250 images of CIFAR-10's format; random weights where pre-trained ones would be fetched."""
    load = backbones.load

    def without_download(name=backbones.BUNDLED, image_size=None, weights="imagenet"):
        return load(name, image_size, weights if name == backbones.BUNDLED else None)

    monkeypatch.setattr(backbones, "load", without_download)
    monkeypatch.setitem(datasets.LOADERS, "cifar10", lambda: datasets.cifar10(size=250))
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    with threadpool_limits(1):  # so few rows: two threads wait for each other most of the time
        yield
    keras.backend.clear_session()


@pytest.mark.filterwarnings("ignore")  # few images, constant pixels: divisions by zero are expected
def test_lesson_runs_on_the_original_data_and_network(small_and_offline, capsys):
    namespace = {"runtime": setup(seed=0)}
    for source in switched_cells():
        exec(compile(source, NOTEBOOK.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert namespace["data"].name == "cifar10" and namespace["classes"] == 10
    assert namespace["backbone"].model.name == "resnet50"
    assert namespace["model"].output_shape == (None, 10)
    # random features of ten even colors: the truth is learned, so labels and images stay in pairs
    assert namespace["plain"]["frozen"][-1] > 0.9
    for figure in ("k-NN 0.6580", "PCA and SVM 0.7520", "two layers, SVM 0.8320", "0.6280"):
        assert figure in printed
    assert "here, cifar10 with ResNet50" in printed
