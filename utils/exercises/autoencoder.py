"""Exercises of 08_AutoEncoder: decibels, an error an image, an honest threshold, noise."""

import numpy as np

from utils.exercises.old import Exercise, Wrong, array, call, number


def _verify_decibels(function):
    rng = np.random.default_rng(4)
    images = rng.integers(0, 256, (5, 6, 4)).astype(np.uint8)
    guesses = np.clip(images + rng.normal(0, 25, images.shape), 0, 255).astype(np.uint8)
    exact = images.astype(float) - guesses
    error = np.mean(exact**2)
    right = 10 * np.log10(255**2 / error)
    result = call(function, images, guesses, 255)
    if np.shape(result) in ((5,), (5, 6), (6, 4), (5, 6, 4)):
        raise Wrong(
            f"the result has shape {np.shape(result)}; average over everything, for one number."
        )
    value = number(result, "the PSNR")
    wrapped = np.mean((images - guesses).astype(float) ** 2)
    squared = np.mean((images - guesses) ** 2)
    root = np.sqrt(error)
    slips = (
        (
            10 * np.log10(255**2 / wrapped),
            "uint8 differences wrap around below 0; use floats first",
        ),
        (
            10 * np.log10(255**2 / squared),
            "uint8 differences and squares wrap; use floats first",
        ),
        (
            20 * np.log10(255**2 / error),
            "20 belongs to the root; for the squared error it is 10",
        ),
        (
            10 * np.log10(255 / root),
            "10 with the root of the error; with the root it is 20",
        ),
        (10 * np.log10(255 / error), "the peak must be squared, as the error is"),
        (10 * np.log10(255**2 / root), "the root of the error under a squared peak"),
        (20 * np.log10(255 / error), "20 needs the *root* of the error, not the error"),
        (10 * np.log10(1 / error), "that is for a peak of 1; use `peak`"),
        (10 * np.log(255**2 / error), "the natural logarithm; decibels use log10"),
        (20 * np.log(255 / root), "the natural logarithm; decibels use log10"),
        (np.log10(255**2 / error), "these are bels; a decibel is a tenth, so times 10"),
        (-right, "the sign is turned; a smaller error gives more decibels"),
        (
            10 * np.log10(255**2 / np.sum(exact**2)),
            "the error is summed; PSNR takes the mean",
        ),
        (
            10 * np.log10(255**2 / np.mean(abs(exact)) ** 2),
            "absolute differences, not squared ones",
        ),
    )
    for slip, reason in slips:
        if np.isclose(value, slip) and not np.isclose(slip, right):
            raise Wrong(f"{value:.2f} dB instead of {right:.2f}: {reason}.")
    if not np.isclose(value, right):
        raise Wrong(
            f"an error of {error:.1f} on 0 to 255 gave {value:.2f} dB, not {right:.2f}."
        )
    small = number(
        call(function, images / 255, guesses / 255, 1.0), "for [0, 1] the PSNR"
    )
    if not np.isclose(small, right):
        raise Wrong(
            f"the same images on [0, 1] with peak 1 gave {small:.2f} dB instead of {right:.2f}. "
            "Is 255 written into the function?"
        )
    return f"{right:.1f} dB on 0 to 255 and on [0, 1] alike: decibels do not depend on the scale."


decibels = Exercise(
    _verify_decibels,
    hints=(
        "Make floats of both before you subtract: `np.asarray(images, float)`.",
        "The mean squared error is one number: `np.mean(difference**2)`, without an axis.",
        "`10 * np.log10(peak**2 / error)`; with the root of the error it would be 20 and `peak`.",
    ),
    wrong_answers={
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(peak**2 / np.mean((images - guesses).astype(float) ** 2))": "wrap around",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(peak**2 / np.mean((images - guesses) ** 2))": "wrap",
        "def my_psnr(images, guesses, peak):\n"
        "    return 20 * np.log10(peak**2 / np.mean((images.astype(float) - guesses) ** 2))": "20 belongs",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(peak / np.sqrt(np.mean((images.astype(float) - guesses) ** 2)))": "with the root it is 20",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(peak / np.mean((images.astype(float) - guesses) ** 2))": "peak must be squared",
        "def my_psnr(images, guesses, peak):\n"
        "    return 20 * np.log10(peak / np.mean((images.astype(float) - guesses) ** 2))": "needs the \\*root\\*",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(1 / np.mean((images.astype(float) - guesses) ** 2))": "peak of 1",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(255**2 / np.mean((images.astype(float) - guesses) ** 2))": "255 written",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log(peak**2 / np.mean((images.astype(float) - guesses) ** 2))": "natural logarithm",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(np.mean((images.astype(float) - guesses) ** 2) / peak**2)": "sign is turned",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(peak**2 / np.sum((images.astype(float) - guesses) ** 2))": "summed",
        "def my_psnr(images, guesses, peak):\n"
        "    return 10 * np.log10(peak**2 / np.mean((images.astype(float) - guesses) ** 2, axis=(1, 2)))": "average over everything",
        "def my_psnr(images, guesses, peak):\n"
        "    10 * np.log10(peak**2 / np.mean((images.astype(float) - guesses) ** 2))": "`return`",
    },
)


def _verify_image_errors(function):
    rng = np.random.default_rng(5)
    images = rng.random((3, 4, 5, 2))
    guesses = images + rng.normal(0, 0.2, images.shape) * np.array([1, 2, 3]).reshape(
        3, 1, 1, 1
    )
    squares = (images - guesses) ** 2
    right = squares.mean(axis=(1, 2, 3))
    result = call(function, images, guesses)
    shapes = {
        (): "a single number came back: that is the mean over *all* images. Keep the first axis",
        (
            4,
            5,
            2,
        ): "that averages over the *images* (axis 0) and leaves an error a pixel",
        (
            3,
            2,
        ): "that is one error for every image *and channel*; average over axis 3 as well",
        (3, 4, 5): "only the last axis is averaged; rows and columns are left",
        (3, 4, 5, 2): "one error a value came back; average each image's",
        (5, 2): "images and rows are averaged; keep axis 0, average the others",
        (2,): "one error a *channel* came back; keep axis 0 instead of the last",
        (3, 4): "one error a row of pixels came back; average over rows as well",
        (3, 1, 1, 1): "the averaged axes were kept with length 1; leave `keepdims` out",
    }
    if np.shape(result) in shapes:
        raise Wrong(f"{shapes[np.shape(result)]} (shape {np.shape(result)}).")
    values = array(result, "the result", (3,))
    slips = (
        (
            squares.sum(axis=(1, 2, 3)),
            "the squares are summed; a mean does not grow with the image",
        ),
        (
            abs(images - guesses).mean(axis=(1, 2, 3)),
            "absolute differences; square them",
        ),
        (np.sqrt(right), "that is the root; the mean squared error has none"),
        (np.full(3, right.mean()), "all images got the same error, the mean over all"),
        ((images - guesses).mean(axis=(1, 2, 3)) ** 2, "square first, then average"),
        (
            (images - guesses).mean(axis=(1, 2, 3)),
            "the differences are not squared, and cancel",
        ),
        (
            images.var(axis=(1, 2, 3)),
            "that is the variance of the image; `guesses` is not used",
        ),
        (
            squares.max(axis=(1, 2, 3)),
            "that is the largest squared difference; take the mean",
        ),
    )
    for slip, reason in slips:
        if np.allclose(values, slip) and not np.allclose(slip, right):
            raise Wrong(f"{np.round(values, 3).tolist()} instead of {np.round(right, 3).tolist()}: {reason}.")  # fmt: skip
    if not np.allclose(values, right):
        raise Wrong(
            f"{np.round(values, 3).tolist()} instead of {np.round(right, 3).tolist()}."
        )
    for count in (1, 7):
        images, guesses = rng.random((2, count, 6, 6, 1))
        again = call(function, images, guesses)
        again = array(again, f"for {count} images of 6 × 6 × 1, the result", (count,))
        if not np.allclose(again, ((images - guesses) ** 2).mean(axis=(1, 2, 3))):
            raise Wrong(
                f"right for three images of 4 × 5 × 2, wrong for {count} of 6 × 6 × 1."
            )
    return "One number an image: that is what an anomaly detector ranks."


image_errors = Exercise(
    _verify_image_errors,
    hints=(
        "Square the differences first; the shape stays (image, row, column, channel).",
        "Average over every axis but the first, the one that counts images.",
        "`np.mean(squares, axis=(1, 2, 3))` averages over three axes at once.",
    ),
    wrong_answers={
        "def image_errors(images, guesses):\n    return np.mean((images - guesses) ** 2)": "all\\* images",
        "def image_errors(images, guesses):\n    return np.mean((images - guesses) ** 2, axis=0)": "axis 0",
        "def image_errors(images, guesses):\n    return np.mean((images - guesses) ** 2, axis=(1, 2))": "and channel",
        "def image_errors(images, guesses):\n    return np.mean((images - guesses) ** 2, axis=-1)": "only the last axis",
        "def image_errors(images, guesses):\n    return np.mean((images - guesses) ** 2, axis=(0, 1, 2))": "a \\*channel\\*",
        "def image_errors(images, guesses):\n    return np.sum((images - guesses) ** 2, axis=(1, 2, 3))": "summed",
        "def image_errors(images, guesses):\n    return np.mean(abs(images - guesses), axis=(1, 2, 3))": "absolute",
        "def image_errors(images, guesses):\n    return np.mean((images - guesses) ** 2, axis=(1, 2, 3)) ** 0.5": "root",
        "def image_errors(images, guesses):\n    return np.mean(images - guesses, axis=(1, 2, 3)) ** 2": "square first",
        "def image_errors(images, guesses):\n    return np.mean(images - guesses, axis=(1, 2, 3))": "cancel",
        "def image_errors(images, guesses):\n"
        "    return np.mean((images - guesses) ** 2, axis=(1, 2, 3), keepdims=True)": "keepdims",
        "def image_errors(images, guesses):\n"
        "    return np.full(len(images), np.mean((images - guesses) ** 2))": "same error",
        "def image_errors(images, guesses):\n"
        "    images -= guesses\n    return np.mean(images**2, axis=(1, 2, 3))": "in place",
    },
)


def _flags(result, count):
    if np.ndim(result) == 0:
        raise Wrong(
            f"{float(result):.3g} came back: is that the threshold? Compare each error with it and "
            "return True or False for each."
        )
    values = np.asarray(result)
    if values.shape != (count,):
        raise Wrong(
            f"the result has shape {values.shape}; one True or False for each of {count}."
        )
    if values.dtype != bool and not np.isin(values, (0, 1)).all():
        raise Wrong(
            "other values than True and False came back; compare with the threshold."
        )
    return values.astype(bool)


def _verify_threshold(function):
    rng = np.random.default_rng(6)
    normal = rng.gamma(4, 0.01, 1000)
    errors = np.concatenate([rng.gamma(4, 0.01, 300), rng.gamma(4, 0.02, 200)])
    rate = 0.1
    right = errors > np.quantile(normal, 1 - rate)
    flagged = _flags(call(function, normal, errors, rate), len(errors))
    both = np.concatenate([normal, errors])
    slips = (
        (errors > np.quantile(errors, 1 - rate), "the threshold was chosen on the images to judge, "
         "anomalies included; it must come from `normal_errors` alone"),
        (errors > np.quantile(both, 1 - rate), "normal and judged errors were thrown together; the "
         "anomalies shift the threshold. Use `normal_errors` alone"),
        (errors > np.quantile(normal, rate), "the quantile at `rate` leaves 90 % of the normal "
         "images above it; use 1 - rate"),
        (errors < np.quantile(normal, 1 - rate), "the *small* errors are flagged; anomalies have "
         "large ones"),
        (errors < np.quantile(normal, rate), "the *smallest* errors are flagged; anomalies have "
         "large ones"),
        (errors > normal.max(), "that is the largest normal error: no false alarms, but `rate` "
         "allows some, and one odd image decides"),
        (errors > normal.mean() + 2 * normal.std(), "mean plus two deviations ignores `rate` and "
         "trusts a bell shape that errors do not have"),
        (errors > (normal.mean() + errors.mean()) / 2, "halfway between the two means: the "
         "anomalies take part in the choice"),
        (errors > np.quantile(normal, 0.95), "0.95 is written into it; use `rate`"),
        (errors > (1 - rate) * normal.max(), "90 % of the largest value is not the 90 % quantile"),
        (errors > np.median(normal), "the median flags half of the normal images; use `rate`"),
    )  # fmt: skip
    if np.array_equal(flagged, right):
        shifted = _flags(call(function, normal, errors * 3, rate), len(errors))
        if not np.array_equal(shifted, errors * 3 > np.quantile(normal, 1 - rate)):
            raise Wrong(
                "with other images to judge, the threshold moved; it may not depend on them."
            )
        for other in (0.02, 0.3):
            again = _flags(call(function, normal, errors, other), len(errors))
            if not np.array_equal(again, errors > np.quantile(normal, 1 - other)):
                raise Wrong(
                    f"right for a rate of 0.1, wrong for {other}. Is a number fixed in it?"
                )
        share = right[:300].mean()
        return f"Asked for 10 % false alarms, got {share:.0%} on new normal images, and {right[300:].mean():.0%} of the anomalies."  # fmt: skip
    for slip, reason in slips:
        if np.array_equal(flagged, slip):
            raise Wrong(
                f"{flagged.sum()} of 500 flagged instead of {right.sum()}: {reason}."
            )
    raise Wrong(
        f"{flagged.sum()} of 500 flagged; {right.sum()} lie above the right threshold."
    )


threshold = Exercise(
    _verify_threshold,
    hints=(
        "The threshold may depend on `normal_errors` and `rate`, and on nothing else.",
        "`np.quantile(values, q)` has a share q of the values below it. You want `rate` above it.",
        "`errors > np.quantile(normal_errors, 1 - rate)` is an array of True and False.",
    ),
    wrong_answers={
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > np.quantile(errors, 1 - rate)": "chosen on the images to judge",
        "def flag(normal_errors, errors, rate):\n"
        "    both = np.concatenate([normal_errors, errors])\n"
        "    return errors > np.quantile(both, 1 - rate)": "thrown together",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > np.quantile(normal_errors, rate)": "use 1 - rate",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors < np.quantile(normal_errors, 1 - rate)": "\\*small\\*",
        "def flag(normal_errors, errors, rate):\n    return errors > normal_errors.max()": "largest normal error",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > normal_errors.mean() + 2 * normal_errors.std()": "two deviations",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > (normal_errors.mean() + errors.mean()) / 2": "halfway",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > np.quantile(normal_errors, 0.95)": "0.95 is written",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > np.quantile(normal_errors, 0.9)": "number fixed",
        "def flag(normal_errors, errors, rate):\n"
        "    return np.quantile(normal_errors, 1 - rate)": "is that the threshold",
        "def flag(normal_errors, errors, rate):\n"
        "    return normal_errors > np.quantile(normal_errors, 1 - rate)": "has shape",
        "def flag(normal_errors, errors, rate):\n"
        "    return errors > (1 - rate) * normal_errors.max()": "90 % quantile",
    },
)


def _verify_noise(function):
    images = np.random.default_rng(7).random((40, 6, 6, 1))
    images[:, :3] = 0  # a black half, as in photographs of clothes
    result = call(function, images, 0.2, np.random.default_rng(8))
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("a pair is needed: inputs and targets.")
    inputs = array(result[0], "inputs", images.shape)
    targets = array(result[1], "targets", images.shape)
    if np.array_equal(inputs, images) and np.array_equal(targets, images):
        raise Wrong(
            "neither of the two is noisy; this would train a plain autoencoder."
        )
    if np.array_equal(inputs, images):
        raise Wrong(
            "the *target* got the noise: this network would learn to add it. Swap the two."
        )
    if np.array_equal(inputs, targets):
        raise Wrong(
            "the same noise is in the target: repeating the noise is then the best answer."
        )
    if not np.allclose(targets, images):
        raise Wrong("the target has noise too; it must be the clean image.")
    if inputs.min() < 0 or inputs.max() > 1:
        raise Wrong(
            f"inputs range from {inputs.min():.2f} to {inputs.max():.2f}; a photograph would be "
            "clipped to [0, 1]."
        )
    noise = inputs - images
    inner = (images > 0.45) & (images < 0.55)  # hardly ever clipped
    middle, spread = noise[inner].mean(), noise[inner].std()
    alike = np.array([np.corrcoef(noise[0, 3:].ravel(), other[3:].ravel())[0, 1] for other in noise[1:]])  # fmt: skip
    if alike.mean() > 0.5:
        raise Wrong(
            "every image got nearly the same noise; draw it in the images' full shape."
        )
    if np.mean((inputs == 0) & (images > 0.45)) + np.mean(inputs == 1) > 0.2:
        raise Wrong("most pixels are black or white. Is the deviation far too large?")
    if middle > 0.06:
        raise Wrong(
            f"the noise has a mean of {middle:.2f} in mid-gray pixels: it only brightens. Normal "
            "noise has mean 0."
        )
    if spread < 0.08:
        raise Wrong(
            f"the noise has a deviation of {spread:.2f} instead of 0.20. Did you square it, or "
            "divide by 255?"
        )
    if not 0.15 < spread < 0.25:
        raise Wrong(
            f"the noise has a deviation of {spread:.2f} instead of 0.20. `rng.normal` takes the "
            "standard deviation, not the variance, and uniform noise is narrower."
        )
    again = call(function, images, 0.2, np.random.default_rng(9))
    if np.array_equal(again[0], inputs):
        raise Wrong("another generator gave the same noise; draw from `rng`.")
    return "Noise in, clean out: the network can only succeed by knowing what clothes look like."


noise = Exercise(
    _verify_noise,
    hints=(
        "The target is the image as it was; only the input is spoiled.",
        "`rng.normal(0, deviation, images.shape)` draws another number for every pixel of every image.",
        "`np.clip(noisy, 0, 1)` keeps the values where a photograph has them.",
    ),
    wrong_answers={
        "def denoising_pair(images, deviation, rng):\n"
        "    return images, np.clip(images + rng.normal(0, deviation, images.shape), 0, 1)": "Swap",
        "def denoising_pair(images, deviation, rng):\n"
        "    noisy = np.clip(images + rng.normal(0, deviation, images.shape), 0, 1)\n"
        "    return noisy, noisy": "same noise is in the target",
        "def denoising_pair(images, deviation, rng):\n"
        "    one, two = (np.clip(images + rng.normal(0, deviation, images.shape), 0, 1) for _ in range(2))\n"
        "    return one, two": "target has noise too",
        "def denoising_pair(images, deviation, rng):\n"
        "    return images + rng.normal(0, deviation, images.shape), images": "clipped",
        "def denoising_pair(images, deviation, rng):\n"
        "    return np.clip(images + rng.normal(0, deviation, images.shape[1:]), 0, 1), images": "same noise",
        "def denoising_pair(images, deviation, rng):\n"
        "    return np.clip(images + rng.normal(0, deviation**2, images.shape), 0, 1), images": "square it",
        "def denoising_pair(images, deviation, rng):\n"
        "    return np.clip(images + rng.normal(0, deviation**0.5, images.shape), 0, 1), images": "variance",
        "def denoising_pair(images, deviation, rng):\n"
        "    return np.clip(images + deviation * rng.random(images.shape), 0, 1), images": "only brightens",
        "def denoising_pair(images, deviation, rng):\n"
        "    return np.clip(images + rng.uniform(-deviation, deviation, images.shape), 0, 1), images": "narrower",
        "def denoising_pair(images, deviation, rng):\n"
        "    rng = np.random.default_rng(0)\n"
        "    return np.clip(images + rng.normal(0, deviation, images.shape), 0, 1), images": "draw from `rng`",
        "def denoising_pair(images, deviation, rng):\n"
        "    return np.clip(images + rng.normal(0, deviation, images.shape), 0, 1)": "pair",
        "def denoising_pair(images, deviation, rng):\n"
        "    clean = images.copy()\n    images += rng.normal(0, deviation, images.shape)\n"
        "    return images.clip(0, 1), clean": "in place",
        "def denoising_pair(images, deviation, rng):\n    return images, images": "neither",
    },
)
