"""How the word reader is trained: on which words, and at which rate."""

import keras
import numpy as np

from utils import reading
from utils.checks import check_count
from utils.lessons import rendered_words

# Of the shipped reader; `tools/train_word_reader.py` trains it.
EPOCHS, WORDS, BATCH = 14, 4500, 32
RATE = 2e-3  # at first; it falls to nothing as half a cosine does
FIRST = 4  # characters of the longest words of the first epoch


def lesson(epoch, size, seed=0):
    """The words of one epoch, never printed that way before, and what they say.

    Args:
        epoch: int from 0; the first one has short words only.
        size: how many words.
        seed: int from 0; another seed draws and prints others.

    Returns:
        float32 images `(size, 32, 192, 1)`, see `reading.word_image`; int32 codes
        `(size, 15)`, see `reading.encode`.

    Raises:
        ValueError: if an argument is no such number.

    Example:

    >>> images, codes = lesson(epoch=0, size=3)
    >>> images.shape, codes.shape
    ((3, 32, 192, 1), (3, 15))
    """
    epoch, seed = check_count(epoch, "epoch", 0), check_count(seed, "seed", 0)
    size = check_count(size, "size")
    rng = np.random.default_rng((seed, epoch))
    words = rendered_words.words("train")
    if epoch == 0:  # else the network never finds out of a long silence
        words = [word for word in words if len(word) <= FIRST]
    texts = _varied(rng.choice(words, size), rng)
    codes = np.zeros((size, rendered_words.LONGEST + 1), np.int32)
    coded = reading.encode(texts)
    codes[:, : coded.shape[1]] = coded
    return rendered_words.render(texts, int(rng.integers(2**32))), codes


def untrained(steps, seed=0):
    """A new network, compiled for so many steps, at the end of which its rate is 0.

    Args:
        steps: batches that it will be shown.
        seed: int from 0, of its first weights.

    Returns:
        A compiled `keras.Model`: see `reading.build_word_reader`.

    Raises:
        ValueError: if an argument is no such number.

    Example:

    >>> untrained(100).optimizer.name
    'adam'
    """
    keras.utils.set_random_seed(check_count(seed, "seed", 0, 2**32 - 1))
    model = reading.build_word_reader()
    rate = keras.optimizers.schedules.CosineDecay(RATE, check_count(steps, "steps"))
    model.compile(keras.optimizers.Adam(rate), keras.losses.CTC(), jit_compile=False)
    return model


def _varied(words, rng):
    """The same words, some in capitals, some with another mark, some become `I`.

    Of these, scikit-learn's texts have too few.
    """
    made = []
    for word in words:
        chance = rng.random()
        if chance < 0.05:
            word = word.upper()
        elif chance < 0.15:
            word = word.capitalize()
        elif chance < 0.18:
            word = "I"
        if word.isalnum() and len(word) < rendered_words.LONGEST:
            chance = rng.random()
            if chance < 0.15:
                word += rng.choice(list(".,;:!?-"))
            elif chance < 0.19:
                at = rng.integers(1, len(word) + 1)
                word = word[:at] + "'" + word[at:]
            elif chance < 0.21:
                word = f'"{word}'
        made.append(word)
    return made
