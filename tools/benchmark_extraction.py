"""Speed and memory of `extract` beside other ways to the same features.

    python tools/benchmark_extraction.py  # 300 and 1,200 images, 224 pixels
    python tools/benchmark_extraction.py --images 500 --size 160 --rounds 5

Ways: `predict` of the whole resized array; `former`, the course's engine until
November 2026 (the same threads over the network as it is); `extract`; ONNX Runtime
and LiteRT, as many single-threaded workers as `extract` has. Those two and their
converters are installed into build/benchmark, for this table only; where they
cannot be had, it says so and goes on.

Each way runs in a process of its own, on the same network and the same images,
in rounds, one way after the other: other work on the machine then hits all of them
alike, and the quotient of two ways in one round says more than images a second.
Time counts from images in memory to features, without the disk cache, tracing and
folding included, conversion to another format not. Memory is the peak beyond the
loaded network and the images, a warm-up batch included. Run it on an idle machine;
nothing here is part of a test.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import numpy as np
import psutil
from course import ROOT

FOLDER = ROOT / "build" / "benchmark"
PACKAGES = FOLDER / "packages"
WAYS = {  # way: packages beyond the course's own
    "predict": (),
    "former": (),
    "extract": (),
    "onnx": ("onnxruntime", "onnx", "tf2onnx"),
    "litert": ("ai-edge-litert", "backports.strenum"),
}
LAYER = "avg_pool"


def tapped(backbone):
    """The network up to the layer whose features are wanted."""
    import keras

    output = backbone.model.get_layer(LAYER).output
    return keras.Model(backbone.model.input, output)


def stream(answer, backbone, images, workers, batch_size=8):
    """Resize, preprocess and answer batch by batch, each batch in one thread."""
    from utils.features import resize

    def run(start):
        part = images[start : start + batch_size]
        return answer(backbone.preprocess(resize(part, backbone.image_size)))

    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(run, range(0, len(images), batch_size))))


def predict(backbone, images):
    """What one would write first: resize all, preprocess all, predict all."""
    from utils.features import resize

    batch = backbone.preprocess(resize(images, backbone.image_size))
    return tapped(backbone).predict(batch, verbose=0)


def former(backbone, images):
    """Two threads over the network as it is, traced in each call."""
    import tensorflow as tf

    network = tapped(backbone)

    @tf.function(reduce_retracing=True)
    def answer(batch):
        return network(batch, training=False)

    def run(batch):
        return answer(tf.constant(batch)).numpy()

    return stream(run, backbone, images, os.cpu_count() or 1)


def extract(backbone, images):
    """The course's way."""
    from utils.features import extract

    return extract(backbone, images, LAYER, cache=False)[LAYER]


def onnx(backbone, images):
    """ONNX Runtime, one thread a worker."""
    import onnxruntime

    from utils.features import _workers

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    file = str(FOLDER / f"{backbone.image_size}.onnx")
    session = onnxruntime.InferenceSession(file, options)
    name = session.get_inputs()[0].name
    return stream(
        lambda batch: session.run(None, {name: batch})[0],
        backbone,
        images,
        _workers(),
    )


def litert(backbone, images):
    """LiteRT, one interpreter of one thread a worker, image by image."""
    from ai_edge_litert.interpreter import Interpreter

    from utils.features import _workers

    own = threading.local()
    file = str(FOLDER / f"{backbone.image_size}.tflite")

    def answer(batch):
        if not hasattr(own, "network"):
            own.network = Interpreter(file, num_threads=1)
            own.network.allocate_tensors()
        (source,) = own.network.get_input_details()
        (target,) = own.network.get_output_details()
        answers = []
        for image in batch:
            own.network.set_tensor(source["index"], image[None])
            own.network.invoke()
            answers.append(own.network.get_tensor(target["index"]))
        return np.concatenate(answers)

    return stream(answer, backbone, images, _workers())


def convert(way, size):
    """Write the network in the format of another library."""
    import tensorflow as tf

    from utils import backbones

    network = tapped(backbones.load(image_size=size))
    if way == "onnx":
        network(np.zeros((1, size, size, 3)))  # else Keras refuses to export
        network.export(FOLDER / f"{size}.onnx", format="onnx", verbose=False)
    else:
        converter = tf.lite.TFLiteConverter.from_keras_model(network)
        (FOLDER / f"{size}.tflite").write_bytes(converter.convert())


class Peak(threading.Thread):
    """Samples the resident memory of this process until stopped."""

    def __init__(self):
        super().__init__(daemon=True)
        self.process, self.bytes = psutil.Process(), 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(0.02):
            self.bytes = max(self.bytes, self.process.memory_info().rss)


def measure(way, count, size):
    """Print images a second and peak memory of one way, as JSON; keep its features."""
    from utils import backbones, datasets

    images = datasets.load("solar_cells").images
    images = np.ascontiguousarray(np.resize(images, (count, *images.shape[1:])))
    other, backbone = (backbones.load(image_size=size) for _ in range(2))
    run = globals()[way]
    before, peak = psutil.Process().memory_info().rss, Peak()
    peak.start()
    run(other, images[:32])  # wakes TensorFlow; the network that counts is still new
    start = time.perf_counter()
    features = run(backbone, images)
    seconds = time.perf_counter() - start
    peak.stopped.set()
    np.save(FOLDER / f"{way}.npy", features)
    used = max(0, peak.bytes - before)
    print(json.dumps({"rate": count / seconds, "bytes": used}))


def child(*arguments):
    """This script in a process of its own: the last line that it printed."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1] if done.stdout else ""


def prepare(size):
    """The ways that can be had here; the others are named with the reason."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for way, packages in WAYS.items():
        try:
            if packages:
                pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
                pip += ["--upgrade", "--target", str(PACKAGES), *packages]
                subprocess.run(pip, check=True, capture_output=True, text=True)
                child("--convert", way, "--size", size)
            yield way
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"without {way}: {last[:200]}")


def table(counts, size, rounds):
    """Run all ways on all counts, round by round, and print what they took."""
    from utils.features import _workers

    print(f"{size} x {size} pixels, {_workers()} processors, median of {rounds} rounds")
    ways = list(prepare(size))
    print(f"{'images':>7} {'way':>8} {'images/s':>9} {'x former':>9} {'peak MB':>8} "
          f"{'largest difference':>19}")  # fmt: skip
    for count in counts:
        found = {way: [] for way in ways}
        for _ in range(rounds):
            for way in ways:
                line = child("--measure", way, "--size", size, "--images", count)
                found[way].append(json.loads(line))
        wanted = np.load(FOLDER / "predict.npy")
        for way in ways:
            rates = [run["rate"] for run in found[way]]
            pairs = zip(rates, found["former"])
            ratio = median(rate / run["rate"] for rate, run in pairs)
            peak = max(run["bytes"] for run in found[way]) / 1e6
            features = np.load(FOLDER / f"{way}.npy")
            difference = np.abs(features - wanted).max()
            print(f"{count:7,} {way:>8} {median(rates):9.1f} {ratio:9.2f} {peak:8.0f} "
                  f"{difference:19.1e}")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[300, 1200])
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--convert", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    sys.path.append(str(PACKAGES))  # at the end: the course's own versions come first
    os.environ["TQDM_DISABLE"] = "1"
    if arguments.convert:
        convert(arguments.convert, arguments.size)
    elif arguments.measure:
        measure(arguments.measure, arguments.images[0], arguments.size)
    else:
        table(arguments.images, arguments.size, arguments.rounds)


if __name__ == "__main__":
    main()
