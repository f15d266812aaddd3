"""Exercises of 08_AutoEncoder: decibels, image errors, a threshold, noise."""

import numpy as np

from utils.exercises import Exercise, Wrong, named
from utils.exercises.running import run


def my_psnr(images, guesses, peak):
    difference = np.asarray(images, float) - np.asarray(guesses, float)
    return 10 * np.log10(peak**2 / np.mean(difference**2))


def _guessed(rng):
    def case(shape, peak, kind, deviation):
        images = rng.integers(0, peak + 1, shape)
        guesses = np.clip(images + rng.normal(0, deviation, shape), 0, peak)
        return images.astype(kind), guesses.astype(kind), peak

    photographs = case((5, 6, 4), 255, np.uint8, 25)
    scaled = [values / 255 for values in photographs]
    bright = case((1, 6, 6, 3), 255, np.uint8, 60)
    return [
        named("uint8 images and peak = 255", *photographs),
        named("the same images from 0 to 1 and peak = 1", *scaled),
        named("12-bit images and peak = 4095", *case((3, 5, 5), 4095, np.uint16, 300)),
        named("dark images from 0 to 0.9, peak = 15", *case((4, 8, 3), 15, float, 2)),
        named("a color photograph of uint8, peak = 255", *bright),
        named("one image from 0 to 1 and peak = 1.0", *rng.random((2, 7, 9)), 1.0),
    ]


_FLOATS = "np.asarray(images, float) - np.asarray(guesses, float) →"
_RATIO = "10 * np.log10(peak**2 / np.mean(difference**2)) →"
_ALL = "average over everything, for one number"

decibels = Exercise(
    my_psnr,
    cases=_guessed,
    parts="the logarithm to base 10 of peak² over the mean squared error is asked",
    mistakes={
        (f"{_FLOATS} images - guesses",
         "difference**2 → difference.astype(float) ** 2"):
        "uint8 differences wrap around below 0; use floats first",
        f"{_FLOATS} images - guesses": "uint8 differences and squares wrap; use floats "
        "first",
        f"{_FLOATS} np.asarray(images, int) - np.asarray(guesses, int)": "whole "
        "numbers make 0 of all that is below 1; use floats",
        "10 * → 20 *": "20 belongs to the root; for the squared error it is 10",
        "peak**2 / np.mean(difference**2) → peak / np.sqrt(np.mean(difference**2))":
        "10 with the root of the error; with the root it is 20",
        ("10 * → 20 *", "peak**2 → peak"): "20 needs the *root* of the error, not the "
        "error",
        "peak**2 → peak": "the peak must be squared, as the error is",
        "np.mean(difference**2) → np.sqrt(np.mean(difference**2))": "the root of the "
        "error under a squared peak",
        "peak**2 → 1": "that is for a peak of 1; use `peak`",
        "peak**2 → (255 if images.max() > 1 else 1) ** 2": "the peak is guessed from "
        "the images; use `peak`",
        "peak**2 → 255**2": "255 is written into the function; use `peak`",
        "peak**2 → images.max() ** 2": "the largest pixel of these images was taken; "
        "use `peak`, the largest that there can be",
        "log10 → log": "the natural logarithm; decibels use log10",
        "10 * →": "these are bels; a decibel is a tenth, so times 10",
        f"{_RATIO} 10 * np.log10(np.mean(difference**2) / peak**2)": "the sign is "
        "turned; a smaller error gives more decibels",
        "np.mean(difference**2) → np.var(difference)": "that is the variance of the "
        "difference; a constant difference is an error, too",
        "np.mean(difference**2) → np.sum(difference**2) / len(difference)": "the sum "
        "is divided by the number of images, not of values",
        "peak**2 → np.mean(np.asarray(images, float) ** 2)": "that is the signal's own "
        "power; PSNR takes `peak`",
        "np.mean(diff → np.sum(diff": "the error is summed; PSNR takes the mean",
        "np.mean(difference**2) → np.mean(abs(difference)) ** 2": "absolute "
        "differences, not squared ones",
        "np.mean(difference**2) → np.mean(abs(difference))": "absolute differences; "
        "square them",
        "np.mean(difference**2) → np.mean(difference) ** 2": "square first, then "
        "average: the differences cancel",
        "difference**2) → difference**2, axis=0)": _ALL,
        "difference**2) → difference**2, axis=-1)": f"{_ALL}, not only the last axis",
        "difference**2) → difference**2, axis=tuple(range(1, difference.ndim)))":
        f"that is one number an image; {_ALL}",
        f"{_RATIO} np.mean(10 * np.log10(peak**2 / np.mean(difference**2, axis="
        "tuple(range(1, difference.ndim)))))": "that is the mean of each image's "
        "decibels; average the error over everything first",
        f"{_RATIO} np.mean(difference**2)": "that is the mean squared error; decibels "
        "are asked",
    },
    hints=(
        "Make floats of both before you subtract: `np.asarray(images, float)`.",
        "The mean squared error is one number: `np.mean(difference**2)`, without an "
        "axis.",
        "`10 * np.log10(peak**2 / error)`; with the root of the error it would be 20 "
        "and `peak`.",
    ),
    lesson=lambda: f"{decibels.wanted[0].value:.1f} dB on 0 to 255 and on [0, 1] "
    "alike: decibels do not depend on the scale.",
)  # fmt: skip


def image_errors(images, guesses):
    return np.mean((images - guesses) ** 2, axis=(1, 2, 3))


def _reconstructed(rng):
    def case(*shape):
        images = rng.random(shape)
        scale = np.arange(1, len(images) + 1).reshape(-1, 1, 1, 1)
        return images, images + rng.normal(0.05, 0.1, shape) * scale

    images, guesses = case(4, 2, 3, 3)
    guesses[1] = images[1]
    return [
        case(3, 4, 5, 2),
        case(1, 6, 6, 1),
        case(7, 6, 6, 1),
        case(2, 3, 4, 3),
        named("4 images, one of which is guessed exactly", images, guesses),
    ]


_AXES, _SQUARES = "axis=(1, 2, 3) →", "(images - guesses) ** 2"

image_errors = Exercise(
    image_errors,
    cases=_reconstructed,
    parts="the mean of the squared differences is asked, one number an image",
    mistakes={
        ", axis=(1, 2, 3) →": "that is the mean over *all* images. Keep the first axis",
        f"np.full(len(images), np.mean({_SQUARES}))": "all images got the same error, "
        "the mean over all",
        f"{_AXES} axis=0": "that averages over the *images* (axis 0) and leaves an "
        "error a pixel",
        f"{_AXES} axis=(1, 2)": "that is one error for every image *and channel*; "
        "average over axis 3 as well",
        f"{_AXES} axis=-1": "only the last axis is averaged; rows and columns are left",
        f"{_AXES} axis=(2, 3)": "one error a row of pixels came back; average over "
        "rows as well",
        f"{_AXES} axis=(0, 1)": "images and rows are averaged; keep axis 0, average "
        "the others",
        f"{_AXES} axis=(0, 1, 2)": "one error a *channel* came back; keep axis 0 "
        "instead of the last",
        _SQUARES: "one error a value came back; average each image's",
        f"{_AXES} axis=(1, 2, 3), keepdims=True": "the averaged axes were kept with "
        "length 1; leave `keepdims` out",
        "np.mean → np.sum": "the squares are summed; a mean does not grow with the "
        "image",
        f"np.mean({_SQUARES}, {_AXES} np.sum({_SQUARES}, axis=(1, 2, 3)) / len(images":
        "the sum is divided by the number of images; divide by the values of one image",
        "np.mean → np.max": "that is the largest squared difference; take the mean",
        f"{_SQUARES} → abs(images - guesses)": "absolute differences; square them",
        "axis=(1, 2, 3)) → axis=(1, 2, 3)) ** 0.5": "that is the root; the mean "
        "squared error has none",
        f"{_SQUARES}, axis=(1, 2, 3)) → images - guesses, axis=(1, 2, 3)) ** 2":
        "square first, then average",
        f"{_SQUARES} → images - guesses": "the differences are not squared, and cancel",
        f"{_SQUARES} → images**2 - guesses**2": "subtract first, then square",
        "images.var(axis=(1, 2, 3))": "that is the variance of the image; `guesses` is "
        "not used",
    },
    hints=(
        "Square the differences first; the shape stays (image, row, column, channel).",
        "Average over every axis but the first, the one that counts images.",
        "`np.mean(squares, axis=(1, 2, 3))` averages over three axes at once.",
    ),
    lesson="One number an image: that is what an anomaly detector ranks.",
)  # fmt: skip


def flag(normal_errors, errors, rate):
    return errors > np.quantile(normal_errors, 1 - rate)


def _judged(rng):
    def case(normal, rate, *counts):
        errors = np.concatenate(
            [rng.gamma(4, 0.01 * k, n) for k, n in zip((1, 2), counts)]
        )
        name = f"{len(errors)} errors to judge and rate = {rate}"
        return named(name, rng.gamma(4, 0.01, normal), errors, rate)

    return [
        case(1000, 0.1, 300, 200),
        case(500, 0.02, 100, 150),
        case(1000, 0.3, 200, 10),
        case(77, 0.2, 50, 90),
        case(300, 0.6, 99, 99),
        case(400, 0.05, 600, 0),
    ]


def _flags(flags, normal_errors, errors, rate):
    """How many are flagged, and which; between two neighbors, any threshold will do."""
    if not flags.ndim:
        raise Wrong(f"{float(flags):.3g} came back: is that the threshold? Compare "
                    "each error with it and return True or False for each")  # fmt: skip
    if flags.shape != errors.shape:
        raise Wrong(f"the result has shape {flags.shape}; one True or False for each "
                    f"of {len(errors)} is needed")  # fmt: skip
    if not np.isin(flags, (0, 1)).all():
        raise Wrong("other values than True and False came back; compare with the "
                    "threshold")  # fmt: skip
    ranked, place = np.sort(normal_errors), (1 - rate) * len(normal_errors)
    low = ranked[max(0, int(np.floor(place + 1e-9)) - 1)]
    high = ranked[min(len(ranked) - 1, int(np.ceil(place - 1e-9)))]
    free = (errors >= low) & (errors <= high)
    flags = np.where(free, errors > np.quantile(normal_errors, 1 - rate), flags)
    return {"images flagged": int(flags.sum()), "the flags": flags.astype(int)}


def _caught():
    flags = threshold.wanted[0].value
    return (
        f"Asked for 10 % false alarms, got {flags[:300].mean():.0%} on new normal "
        f"images, and {flags[300:].mean():.0%} of the anomalies."
    )


_QUANTILE = "np.quantile(normal_errors, 1 - rate) →"

threshold = Exercise(
    flag,
    cases=_judged,
    view=_flags,
    parts="a share `rate` of `normal_errors` lies above the right threshold",
    mistakes={
        "np.quantile(normal_errors → np.quantile(errors": "the threshold was chosen on "
        "the images to judge, anomalies included; it must come from `normal_errors` "
        "alone",
        "np.quantile(normal_errors → np.quantile(np.append(normal_errors, errors)":
        "normal and judged errors were thrown together; the anomalies shift the "
        "threshold. Use `normal_errors` alone",
        "1 - rate → rate": "the quantile at `rate` leaves a share of 1 - {rate} of the "
        "normal images above it; use 1 - rate",
        "errors > → errors <": "the *small* errors are flagged; anomalies have large "
        "ones",
        "errors < np.quantile(normal_errors, rate)": "the *smallest* errors are "
        "flagged; anomalies have large ones",
        f"{_QUANTILE} normal_errors.max()": "that is the largest normal error: no "
        "false alarms, but `rate` allows some, and one odd image decides",
        f"{_QUANTILE} normal_errors.mean() + 2 * normal_errors.std()": "mean plus two "
        "deviations ignores `rate` and trusts a bell shape that errors do not have",
        f"{_QUANTILE} (normal_errors.mean() + errors.mean()) / 2": "halfway between "
        "the two means: the anomalies take part in the choice",
        f"{_QUANTILE} normal_errors.mean()": "that is the mean of the normal errors; "
        "`rate` does not enter",
        "1 - rate → 0.95": "0.95 is written into it; use `rate`",
        "1 - rate → 0.9": "a number is fixed in it, 0.9: right for a rate of 0.1 only; "
        "use `rate`",
        f"{_QUANTILE} (1 - rate) * normal_errors.max()": "90 % of the largest value is "
        "not the 90 % quantile",
        f"{_QUANTILE} np.median(normal_errors)": "the median flags half of the normal "
        "images; use `rate`",
        f"{_QUANTILE} rate": "`rate` is a share of images, not an error; the threshold "
        "is a quantile of `normal_errors`",
        f"{_QUANTILE} 1 - rate": "1 - rate is a share of images, not an error; the "
        "threshold is a quantile of `normal_errors`",
        "1 - rate → 1 - rate / 2": "half of the rate was used, as if small errors were "
        "odd as well; only large ones are",
        "np.quantile(normal_errors, 1 → np.percentile(normal_errors, 1": "`percentile` "
        "counts from 0 to 100; `np.quantile` takes 1 - rate",
        "errors > → normal_errors >": "the normal images were judged; judge `errors`",
    },
    hints=(
        "The threshold may depend on `normal_errors` and `rate`, and on nothing else.",
        "`np.quantile(values, q)` has a share q of the values below it. You want "
        "`rate` above it.",
        "`errors > np.quantile(normal_errors, 1 - rate)` is an array of True and "
        "False.",
    ),
    lesson=_caught,
)  # fmt: skip


def denoising_pair(images, deviation, rng):
    inputs = np.clip(images + rng.normal(0, deviation, images.shape), 0, 1)
    return inputs, images


def _clean(rng):
    def case(seed, deviation, *shape):
        images = rng.uniform(0.45, 0.55, shape)
        images[rng.random(shape) < 0.3] = 0  # black, as in photographs of clothes
        images[rng.random(shape) < 0.1] = 1
        name = f"{shape[0]} images and deviation = {deviation}"
        return named(name, images, deviation, np.random.default_rng(seed))

    return [
        case(8, 0.2, 40, 8, 8, 1),
        case(9, 0.1, 30, 6, 9, 2),
        case(5, 0.15, 60, 7, 7, 1),
        case(7, 0.05, 12, 20, 10, 3),
    ]


def _shared(noise, inside):
    """What one number of the noise serves, in words."""
    served = []
    names = ("all images", "all rows", "all columns", "all channels")
    for axis, name in enumerate(names):
        pairs = np.diff(inside.astype(int), axis=axis) == 0
        pairs &= np.take(inside, range(1, inside.shape[axis]), axis)
        pairs &= np.abs(np.take(noise, range(1, noise.shape[axis]), axis)) > 1e-5
        same = np.abs(np.diff(noise, axis=axis))[pairs] < 1e-5
        served += [name] * bool(same.size and same.mean() > 0.5)
    return " and ".join(served) or "one value"


def _noise_facts(pair, images, deviation, rng):
    for name, part in zip(("inputs", "targets"), pair):
        if part.shape != images.shape:
            raise Wrong(f"the {name} have shape {part.shape}; {images.shape} is needed")
    inputs, targets = pair
    noisy = [not np.allclose(part, images, atol=1e-5) for part in pair]
    both = "both, the same noise" if np.array_equal(*pair) else "both, two draws"
    where = {(1, 0): "the inputs", (0, 1): "the targets", (0, 0): "neither of the two"}
    facts = {"noise is in": where.get(tuple(noisy), both)}
    if not noisy[0]:
        return facts
    low, high = inputs.min(), inputs.max()
    tame = 0 <= low < 0.005 and 0.995 < high <= 1
    facts["inputs range (a photograph would be clipped)"] = (
        "from 0 to 1" if tame else f"from {low:.2f} to {high:.2f}"
    )
    noise, inside = inputs - images, (inputs > 0) & (inputs < 1)
    gray = (images > 0.4) & (images < 0.6)
    facts["one draw serves (draw in the images' full shape)"] = _shared(noise, inside)
    middle, spread = noise[gray].mean(), noise[gray].std()
    even = abs(middle) < 5 * max(deviation, spread) / np.sqrt(gray.sum())
    facts["mean of the noise in mid-gray pixels (`rng.normal(0, …)`)"] = (
        0.0 if even else round(middle, 3)
    )
    near = abs(spread / deviation - 1) < 0.1
    facts["deviation of the noise in mid-gray pixels (`deviation`)"] = (
        deviation if near else round(spread, 3)
    )
    black = np.mean(inputs[images == 0] == 0)
    half = 0.3 < black < 0.7
    facts["share of black pixels that stay black"] = 0.5 if half else round(black, 2)
    facts["white or black that turned into its opposite"] = int(
        np.sum(abs(noise[~gray]) > 0.9)
    )
    return facts


def _draws(answer):
    """Whether two generators give two noises; other slips are told by the cases."""
    images, pairs = np.full((9, 8, 8, 1), 0.5), []
    for seed in (8, 9):
        case = images, 0.1, np.random.default_rng(seed)
        pairs.append(run(answer, ["images", "deviation", "rng"], case, "").value)
    try:
        (one, _), (other, _) = pairs
        noisy = np.ptp(one) > 1e-6 and not np.allclose(one, images)
        same = noisy and np.array_equal(one, other)
    except Exception:
        return
    if same:
        raise Wrong("another generator gave the same noise; draw from `rng`")


_DRAW = "rng.normal(0, deviation, images.shape)"
_NOISE = f"images + {_DRAW}"
_CLIPPED = f"np.clip({_NOISE}, 0, 1)"

noise = Exercise(
    denoising_pair,
    cases=_clean,
    view=_noise_facts,
    verify=_draws,
    parts=("inputs", "targets"),
    repeatable=True,
    tolerance=0.1,
    mistakes={
        "return inputs, images → return images, inputs": "the *target* got the noise: "
        "this network would learn to add it. Swap the two",
        "return inputs, images → return inputs, inputs": "the same noise is in the "
        "target: repeating the noise is then the best answer",
        f"return inputs, images → return inputs, {_CLIPPED}": "the target has noise "
        "too; it must be the clean image",
        "images, images": "neither of the two is noisy; this would train a plain "
        "autoencoder",
        f"{_CLIPPED} → {_NOISE}": "clip them to [0, 1]",
        f"{_CLIPPED} → ((v := {_NOISE}) - v.min()) / np.ptp(v)": "the values were "
        "rescaled, which dims image and noise; clip them",
        f"{_CLIPPED} → ({_NOISE}) % 1": "what leaves [0, 1] comes back at the other "
        "end; clip it, as a photograph would",
        f"{_NOISE} → images + {_DRAW} * (images > 0)": "black pixels got no noise; "
        "every pixel does",
        "images.shape) → images.shape[1:])": "every image got the same noise; draw it "
        "in the images' full shape",
        "images.shape) → (len(images), 1, 1, 1))": "every pixel of an image got the "
        "same shift; draw it in the images' full shape",
        ", images.shape) → )": "one number was drawn for all; draw in the images' full "
        "shape",
        "images.shape), 0, 1) → (*images.shape[:-1], 1)), 0, 1)": "the channels of a "
        "pixel got the same noise; draw it in the images' full shape",
        "(0, deviation, → (deviation, 0,": "the noise is always `deviation`: mean and "
        "deviation are swapped in `rng.normal`",
        "(0, deviation, → (0, 2 * deviation,": "that is twice the deviation",
        f"{_DRAW} → -abs({_DRAW})": "it only darkens: the noise's sign is lost",
        "(0, deviation, → (0, deviation**2,": "did you square it? `rng.normal` takes "
        "the standard deviation, not the variance",
        "(0, deviation, → (0, deviation / 255,": "did you divide by 255? The images go "
        "from 0 to 1",
        "(0, deviation, → (0, deviation**0.5,": "a root was taken; `rng.normal` takes "
        "the standard deviation, not the variance",
        "(0, deviation, → (0, 255 * deviation,": "most pixels are black or white. Is "
        "the deviation far too large?",
        "(0, deviation, → (0, 1,": "`deviation` is not used: that is noise of "
        "deviation 1",
        "(0, deviation, → (0, 0.2,": "0.2 is written into it; use `deviation`",
        "(0, deviation, → (0, 0.1,": "0.1 is written into it; use `deviation`",
        f"{_DRAW} → deviation * rng.random(images.shape)": "it only brightens. Normal "
        "noise has mean 0",
        f"{_DRAW} → abs({_DRAW})": "it only brightens: the noise's sign is lost",
        "normal(0, → normal(deviation,": "the noise is drawn around `deviation`; its "
        "mean is 0",
        f"{_DRAW} → rng.uniform(-deviation, deviation, images.shape)": "uniform noise "
        "is narrower",
        f"{_NOISE} → images * (1 + {_DRAW})": "the noise is multiplied by the image: "
        "black stays black; add it",
        f"{_CLIPPED} → 1 - abs(1 - abs({_NOISE}))": "values are reflected at 0 and 1; "
        "clip them",
        f"{_NOISE} → images * {_DRAW}": "the image is multiplied by the noise; add it",
        f"{_NOISE} → images * (1 - deviation) + {_DRAW}": "the image was dimmed; "
        "add the noise to it as it is",
        f"{_CLIPPED} → {_CLIPPED}.astype(np.uint8)": "whole numbers make 0 of all "
        "grays; keep floats",
        f"{_NOISE} → {_DRAW}": "the image is gone: only noise goes in",
        f"{_NOISE} → images * (rng.random(images.shape) > deviation)": "pixels are "
        "dropped or replaced, not noisy; add normal noise",
    },
    hints=(
        "The target is the image as it was; only the input is spoiled.",
        "`rng.normal(0, deviation, images.shape)` draws another number for every pixel "
        "of every image.",
        "`np.clip(noisy, 0, 1)` keeps the values where a photograph has them.",
    ),
    lesson="Noise in, clean out: the network can only succeed by knowing what clothes "
    "look like.",
)  # fmt: skip
