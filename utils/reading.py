"""A small network that reads printed words, and what it needs to be asked and scored."""

import string

import keras
import numpy as np
from keras import layers
from PIL import Image

from utils.checks import check_names, check_numbers
from utils.files import data_file

# Class 0 of the network's answers is the blank, class k the character ALPHABET[k - 1].
ALPHABET = string.ascii_letters + string.digits + ".,;:!?'-()\""
ROWS, COLUMNS = 32, 192  # of a word's picture
STEP = 4  # columns from one answer to the next


def build_word_reader():
    """The network, untrained."""
    image = keras.Input((ROWS, COLUMNS, 1), name="image")
    tensor = image
    blocks = (24, (2, 2)), (48, (2, 2)), (64, (2, 1)), (80, (1, 1))
    for number, (channels, pool) in enumerate(blocks, 1):
        name = f"block{number}"
        tensor = layers.Conv2D(
            channels, 3, padding="same", use_bias=False, name=f"{name}_conv"
        )(tensor)
        tensor = layers.BatchNormalization(name=f"{name}_bn")(tensor)
        tensor = layers.ReLU(name=name)(tensor)
        if pool != (1, 1):
            tensor = layers.MaxPooling2D(pool, name=f"{name}_pool")(tensor)
    tensor = layers.Permute((2, 1, 3), name="columns_first")(tensor)
    tensor = layers.Reshape((COLUMNS // STEP, -1), name="sequence")(tensor)
    for number, width in enumerate((1, 5, 3), 1):
        name = f"along{number}"
        tensor = layers.Conv1D(
            112, width, padding="same", use_bias=False, name=f"{name}_conv"
        )(tensor)
        tensor = layers.BatchNormalization(name=f"{name}_bn")(tensor)
        tensor = layers.ReLU(name=name)(tensor)
    logits = layers.Dense(1 + len(ALPHABET), name="logits")(tensor)
    return keras.Model(image, logits, name="WordReader")


def word_image(crop):
    """A crop as the network wants it."""
    gray = np.asarray(crop, np.float32)
    rows, columns = gray.shape
    width = min(COLUMNS, max(1, round(ROWS * columns / rows)))
    ink, paper = np.percentile(gray, (2, 95))
    dark = np.clip((paper - gray) / max(paper - ink, 1), 0, 1.2)
    resized = Image.fromarray(dark).resize((width, ROWS), Image.Resampling.BILINEAR)
    made = np.zeros((ROWS, COLUMNS, 1), np.float32)
    made[:, :width, 0] = resized
    return made


def encode(words):
    codes = np.zeros((len(words), max(map(len, words))), np.int32)
    for row, word in zip(codes, words):
        row[: len(word)] = [1 + ALPHABET.index(character) for character in word]
    return codes


def decode(logits):
    best = np.asarray(logits).argmax(axis=-1)
    kept = best > 0
    kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    return ["".join(ALPHABET[c - 1] for c in row[keep]) for row, keep in zip(best, kept)]


def edits(truth, read):
    before = range(len(read) + 1)
    for i, a in enumerate(truth, 1):
        row = [i]
        for j, b in enumerate(read, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
        before = row
    return before[-1]


def character_error(truths, reads):
    return sum(map(edits, truths, reads)) / sum(map(len, truths))
