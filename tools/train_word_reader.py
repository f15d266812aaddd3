"""Train the word reader, and say how well it reads.

    python tools/train_word_reader.py            # trains, scores, writes nothing
    python tools/train_word_reader.py --write    # and replaces data/word_reader.npz

Some twelve minutes on one core. Rounding differs from processor to processor, and a
long training multiplies it: another computer gets other weights that read about as
well. `data/README.md` says how well, tests/test_reading.py by how much it may differ.
"""

import argparse
import sys
import time

import numpy as np
from course import ROOT
from packing import save_arrays

sys.path.insert(0, str(ROOT))

from utils import pages, reading
from utils.lessons import rendered_words
from utils.lessons.word_boxes import word_boxes
from utils.lessons.word_training import BATCH, EPOCHS, WORDS, lesson, untrained

SHIPPED = ROOT / "data" / "word_reader.npz"
SEED = 0
TESTED, TEST_SEED = 1000, 12345


def trained():
    """The reader, after `EPOCHS` times `WORDS` words."""
    batches = WORDS // BATCH
    model = untrained(EPOCHS * batches, SEED)
    for epoch in range(EPOCHS):
        images, codes = (part[: batches * BATCH] for part in lesson(epoch, WORDS, SEED))
        history = model.fit(images, codes, batch_size=BATCH, verbose=0).history
        print(f"epoch {epoch + 1:2}: loss {history['loss'][0]:.2f}", flush=True)
    return model


def scores(model):
    """{what was read: (share of wrong characters, share of right words)}."""
    texts = rendered_words.words("test")
    texts = list(np.random.default_rng(TEST_SEED).choice(texts, TESTED))
    asked = {"rendered": (texts, rendered_words.render(texts, TEST_SEED))}
    for page, gap in ((pages.huckleberry_finn(), 5), (pages.markers(), 2)):
        images = reading.word_images(page.text, word_boxes(page.text, gap))
        asked[page.name] = page.words, images
    found = {}
    for name, (truths, images) in asked.items():
        reads = reading.decode(model.predict(images, batch_size=64, verbose=0))
        right = np.mean([a == b for a, b in zip(truths, reads)])
        found[name] = reading.character_error(truths, reads), float(right)
    return found


def save(model, path):
    """The weights as float16, by Keras' variable paths; and the words never shown."""
    arrays = {v.path: np.asarray(v).astype(np.float16) for v in model.weights}
    with np.load(SHIPPED) as shipped:
        save_arrays(path, **arrays, held_out=shipped["held_out"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="replace the file in data/"
    )
    arguments = parser.parse_args()
    start = time.process_time()
    model = trained()
    print(f"{model.count_params():,} values, {time.process_time() - start:.0f} CPU-s")
    for name, (error, right) in scores(model).items():
        print(f"{name}: {error:.1%} of the characters wrong, {right:.1%} words right")
    if arguments.write:
        save(model, SHIPPED)


if __name__ == "__main__":
    main()
