"""The switch of 05 to 07 to the original lessons' data and network, without downloads.

04 asks ResNet50 for its 1,000 classes, which takes 224 pixels: too slow for a test.
"""

from dataclasses import replace

import keras
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from course import NOTEBOOKS, tags
from keras.src.applications import resnet  # keras.applications shows the whole only
from threadpoolctl import threadpool_limits

from utils import backbones, datasets
from utils.runtime import setup

SWITCH = {
    'DATASET = "solar_cells"': 'DATASET = "cifar10"',
    'NETWORK = "EfficientNetLite0"': 'NETWORK = "ResNet50"',
}
SMALL = {  # 32 pixels are the least that ResNet50 takes
    "05_FeatureExtraction2": {"IMAGE_SIZE = 224": "IMAGE_SIZE = 32"},
    "06_FeatureExtraction3": {
        "IMAGE_SIZE = 224": "IMAGE_SIZE = 64",
        "small = backbones.load(NETWORK, 160)": "small = backbones.load(NETWORK, 32)",
        # more columns than images: the matrix of all pairs of them would take minutes
        'PCA(256, svd_solver="covariance_eigh")': 'PCA(256, svd_solver="full")',
    },
    "07_CNNFineTuning": {
        "IMAGE_SIZE = runtime.pick(cpu=160": "IMAGE_SIZE = runtime.pick(cpu=32",
        "SMALL = runtime.pick(cpu=80": "SMALL = runtime.pick(cpu=32",
        "few, judges = train[:192]": "few, judges = train[:64]",
        **{  # that it trains is shown by one epoch
            f"epochs=3, **settings)\n_, {score}": f"epochs=1, **settings)\n_, {score}"
            for score in ("head_only", "tuned")
        },
        "    tune(learn, choose)\n": "    tune(learn, choose, epochs=1)\n",
        "labels[few], 32, 14)": "labels[few], 32, 2)",
        "coins, 16, 14)": "coins, 16, 2)",
    },
}
ORIGINALS = {
    "05_FeatureExtraction2": ["0.7520"],
    "06_FeatureExtraction3": ["0.8320"],
    "07_CNNFineTuning": [
        "k-NN 0.6580",
        "PCA and SVM 0.7520",
        "two layers, SVM 0.8320",
        "0.6280",
    ],
}


def switched_cells(name):
    """Code cells' sources, without set-up, exercises and what builds other networks."""
    sources = []
    for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells:
        apart = {"setup", "exercise", "check"} & set(tags(cell))
        if cell.cell_type == "code" and not apart and "apps." not in cell.source:
            sources.append(cell.source)
    whole = "\0".join(sources)
    for before, after in (SWITCH | SMALL[name]).items():
        assert whole.count(before) == 1, before
        whole = whole.replace(before, after)
    return whole.split("\0")


def grainy(data):
    """The archive's even colors with noise, for no two photographs are alike."""
    noise = np.random.default_rng(0).integers(0, 60, data.images.shape, np.uint8)
    return replace(data, images=data.images + noise)


@pytest.fixture
def small_and_offline(archive, monkeypatch, tmp_path):
    """400 images like CIFAR-10's; random weights where others would be fetched.

    Such a network has the last two blocks of each stage, in an eighth of the width:
    as many layers take long to trace, and as many weights half a second a step.
    """
    load, block = backbones.load, resnet.residual_block_v1

    def small_stage(x, filters, blocks, stride1=2, name=None):
        first, last = f"{name}_block{blocks - 1}", f"{name}_block{blocks}"
        x = block(x, filters // 8, stride=stride1, name=first)
        return block(x, filters // 8, conv_shortcut=False, name=last)

    def without_download(name=backbones.BUNDLED, image_size=None, weights="imagenet"):
        if name == backbones.BUNDLED or not weights:
            return load(name, image_size, weights)
        with monkeypatch.context() as patched:
            patched.setattr(resnet, "stack_residual_blocks_v1", small_stage)
            made = load(name, image_size, None)
        return replace(made, class_names=backbones.imagenet_classes())

    monkeypatch.setattr(backbones, "load", without_download)
    monkeypatch.setitem(
        datasets.LOADERS, "cifar10", lambda: grainy(datasets.cifar10(size=400))
    )
    monkeypatch.setattr("utils.features._workers", lambda: 1)  # each traces the network
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    with threadpool_limits(
        1
    ):  # so few rows: two threads wait for each other most of the time
        yield
    keras.backend.clear_session()


@pytest.mark.filterwarnings(
    "ignore"
)  # few images, constant pixels: divisions by zero are expected
@pytest.mark.parametrize("name", SMALL)
def test_lesson_runs_on_the_original_data_and_network(name, small_and_offline, capsys):
    namespace = {"runtime": setup(seed=0)}
    for source in switched_cells(name):
        exec(compile(source, name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert namespace["data"].name == "cifar10" and namespace["NETWORK"] == "ResNet50"
    for figure in ORIGINALS[name]:
        assert figure in printed
    if name == "07_CNNFineTuning":
        assert namespace["model"].output_shape == (None, 10)
        # ten colors are easily told apart, if labels and images stay in pairs
        assert namespace["areas"]("frozen").min() > 0.9
        assert "here, cifar10 with ResNet50" in printed
