"""Speed and memory of `extract` beside a plain `model.predict` of the whole resized array.

    python tools/benchmark.py                          # 500 and 2,500 images at 224 pixels
    python tools/benchmark.py --images 500 --size 160

Each way runs in a process of its own, on the same network and the same images.
Time counts from images in memory to features, without the cache. Memory is the
peak beyond the loaded network and the images, a warm-up batch included. Run it
on an idle machine; nothing here is part of a test.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time

import psutil
from stamps import ROOT

WAYS = ("predict", "extract")


def predict(backbone, images):
    """What one would write first: resize all, preprocess all, predict all."""
    import keras

    from utils.features import resize

    tapped = keras.Model(backbone.model.input, backbone.model.get_layer("avg_pool").output)
    batch = backbone.preprocess(resize(images, backbone.image_size))
    return tapped.predict(batch, verbose=0)


def extract(backbone, images):
    """The course's way: a few images at a time."""
    from utils.features import extract

    return extract(backbone, images, "avg_pool", cache=False)["avg_pool"]


class Peak(threading.Thread):
    """Samples the resident memory of this process until stopped."""

    def __init__(self):
        super().__init__(daemon=True)
        self.process, self.bytes, self.stopped = psutil.Process(), 0, threading.Event()

    def run(self):
        while not self.stopped.wait(0.02):
            self.bytes = max(self.bytes, self.process.memory_info().rss)


def measure(way, count, size):
    """Print images a second and peak memory of one way, as JSON."""
    sys.path.insert(0, str(ROOT))
    os.environ["TQDM_DISABLE"] = "1"
    import numpy as np

    from utils import backbones, datasets

    backbone = backbones.load(image_size=size)
    images = datasets.load("solar_cells").images
    images = np.ascontiguousarray(np.resize(images, (count, *images.shape[1:])))
    run = globals()[way]
    before, peak = psutil.Process().memory_info().rss, Peak()
    peak.start()
    run(backbone, images[:32])
    start = time.perf_counter()
    features = run(backbone, images)
    seconds = time.perf_counter() - start
    peak.stopped.set()
    print(
        json.dumps(
            {
                "rate": count / seconds,
                "bytes": max(0, peak.bytes - before),
                "checksum": float(features.mean()),
            }
        )
    )


def table(counts, size):
    """Run all ways on all counts and print what they took."""
    print(f"{size} x {size} pixels, {psutil.cpu_count()} cores")
    print(f"{'images':>7} {'way':>8} {'images/s':>9} {'peak MB':>8}")
    for count in counts:
        found = {}
        for way in WAYS:
            command = [sys.executable, __file__, "--measure", way, "--size", str(size)]
            done = subprocess.run(
                [*command, "--images", str(count)], check=True, capture_output=True, text=True
            )
            found[way] = json.loads(done.stdout.splitlines()[-1])
            print(f"{count:7,} {way:>8} {found[way]['rate']:9.1f} {found[way]['bytes'] / 1e6:8.0f}")
        slow, fast = (found[way] for way in WAYS)
        if abs(slow["checksum"] - fast["checksum"]) > 1e-4:
            raise ValueError(f"the two ways differ: {slow['checksum']} and {fast['checksum']}")
        print(f"{'':7} extract: {fast['rate'] / slow['rate']:.2f} times the speed, "
              f"{fast['bytes'] / slow['bytes']:.0%} of the memory")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[500, 2500])
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.images[0], arguments.size)
    else:
        table(arguments.images, arguments.size)
