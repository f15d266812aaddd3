"""Exercises of 08_AutoEncoder: decibels, a leak, noise, a threshold, image errors."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from utils.exercises import Exercise, Wrong, named


def my_psnr(images, guesses, peak):
    difference = np.asarray(images, float) - np.asarray(guesses, float)
    return 10 * np.log10(peak**2 / np.mean(difference**2))


def _guessed(rng):
    for kind, peak, *shape in (
        ("uint8", 255, 5, 6, 4), ("float", 1, 7, 9), ("uint16", 4095, 3, 5, 5),
        ("float", 15, 4, 8, 3), ("uint8", 255, 1, 6, 6, 3),
    ):  # fmt: skip
        images = rng.integers(0, peak + 1, shape)
        spread = np.linspace(0.05, 0.15, shape[0]) * peak  # some images are worse
        noise = rng.normal(0, spread, shape[::-1]).T
        guesses = np.clip(images + noise, 0, peak)
        name = f"{kind} images of shape {tuple(shape)} and peak = {peak}"
        yield named(name, images.astype(kind), guesses.astype(kind), peak)


_FLOATS = "np.asarray(images, float) - np.asarray(guesses, float) →"
_MSE = "np.mean(difference**2)"
_RATIO = f"10 * np.log10(peak**2 / {_MSE}) →"
_OWN = "np.mean(difference**2, axis=tuple(range(1, difference.ndim)))"
decibels = Exercise(
    my_psnr, cases=_guessed,
    parts="the logarithm to base 10 of peak² over the mean squared error is asked",
    also=(f"{_RATIO} np.mean(10 * np.log10(peak**2 / {_OWN}))",),  # a convention, too
    mistakes={
        (f"{_FLOATS} images - guesses", "difference**2 → difference.astype(float)**2"):
        "uint8 differences wrap around below 0; use floats first",
        f"{_FLOATS} images - guesses": "uint8 differences and squares wrap; use floats",
        "peak**2 → np.array(peak).astype('uint8') ** 2": "255² wraps in uint8, to 1",
        "10 * → 20 *": "20 belongs to the root; for the squared error it is 10",
        f"peak**2 / {_MSE} → peak / np.sqrt({_MSE})": "with the root it is 20, not 10",
        ("10 * → 20 *", "peak**2 → peak"): "20 needs the *root* of the error",
        "peak**2 → peak": "the peak must be squared, as the error is",
        f"{_MSE} → np.mean(difference) ** 2": "square first, then average",
        f"{_MSE} → np.mean(abs(difference))": "absolute differences; square them",
        f"{_MSE} → np.var(difference)": "a variance forgets a constant error",
        "10 * np → np": "those are bels; ten decibels make one",
        "peak**2 → 1": "that is for a peak of 1; use `peak`",
        "peak**2 → 255**2": "255 is written into it; use `peak`",
        "log10 → log": "that is the natural logarithm; decibels use log10",
        f"{_RATIO} 10 * np.log10({_MSE} / peak**2)": "the sign is turned: divide peak²",
        f"{_MSE} → np.sum(difference**2)": "the error is summed; PSNR takes the mean",
        f"{_MSE} → {_OWN}": "that is one number an image; average over everything",
    },
    hints=("Make floats of both before you subtract: `np.asarray(images, float)`.",
           "The mean squared error is one number: `np.mean(difference**2)`.",
           "`10 * np.log10(peak**2 / error)`; with its root it is 20 and `peak`."),
    lesson=lambda: f"{decibels.wanted[0].value:.1f} dB on 0 to 255 and on [0, 1] "
    "alike, of the mean error; the mean of the images' own PSNRs is a convention, too: "
    f"{decibels.mistake(decibels.also[0])(*decibels.cases[0]):.1f} dB. Say which.",
)  # fmt: skip


def honest(unlabeled, few, validation, test):
    fits = []
    for size in (1, 2, 4, 8):
        code = make_pipeline(StandardScaler(), PCA(size)).fit(unlabeled)
        model = LogisticRegression().fit(code.transform(few[0]), few[1])
        fits.append(make_pipeline(code, model))
    chosen = np.argmax([fit.score(*validation) for fit in fits])
    return fits[chosen].score(*test)


def _four_parts(rng):
    for number, (classes, labeled, judged) in enumerate((
        (3, 8, 130), (2, 9, 90), (4, 5, 110), (3, 12, 70), (2, 4, 150), (7, 20, 160),
        (5, 7, 150),
    )):  # fmt: skip
        middles = rng.normal(0, 1, (classes, 14)) * 0.75 ** rng.permutation(14)
        scales = rng.exponential(2, 14) + 0.1
        parts = []
        for count, drift in ((200, 0), (classes * labeled, 0), (120, 0.3), (judged, 1)):
            truth = rng.permutation(np.arange(count) % classes)
            rows = middles[truth] + rng.normal(0, 0.7, (count, 14))
            rows[:, number] += 3 * drift  # the test rows come from another day
            parts.append((rows * scales, truth))
        told = f"{classes} classes, {judged} rows to test"
        yield named(told, parts[0][0], *parts[1:])


_MADE, _CHOSEN = ".fit(unlabeled) →", "fit.score(*validation) →"
_ALL = f"{_MADE} .fit(np.vstack([unlabeled, few[0], validation[0], test[0]]))"
repaired = Exercise(
    honest, cases=_four_parts,
    parts="code from `unlabeled`, classifier from `few`, size by `validation`",
    also=(f"{_MADE} .fit(np.vstack([unlabeled, few[0]]))",),
    mistakes={
        (_ALL, f"{_CHOSEN} fit.score(*test)"):
        "nothing is repaired yet: the test rows make the code and choose its size",
        _ALL: "the size is chosen well, but the test rows still help to make the code",
        f"{_CHOSEN} fit.score(*test)": "the size was still chosen on the test rows",
        "fits[chosen].score(*test) → fits[chosen].score(*validation)":
        "that is the score that was picked; report what the test rows say of it",
        f"{_CHOSEN} fit.score(*few)":
        "the size was chosen on the rows that trained the classifier",
        f"{_MADE} .fit(np.vstack([unlabeled, validation[0]]))":
        "the validation rows help to make the code; they only choose its size",
        "fit(code.transform(few[0]), few[1]) → fit(code.transform(np.vstack([few[0], "
        "validation[0]])), np.r_[few[1], validation[1]])":
        "the validation rows train the classifier; they only choose the size",
        f"{_MADE} .fit(few[0])": "the code was made from `few`; use `unlabeled`",
        f"{_MADE} .fit(np.vstack([unlabeled, test[0]]))":
        "the test rows still make the code, mixed with the unlabeled ones",
        "StandardScaler(), →": "the scaling got lost; it belongs in front of the PCA",
        "fits[chosen] → fits[-1]":
        "nothing was chosen: the largest code was taken",
        "argmax → argmin": "the size with the *lowest* validation score was taken",
    },
    hints=("Which lines touch the test rows? Only the last one may.",
           "The scaler and PCA learn from `unlabeled` alone: `.fit(unlabeled)`.",
           "Keep all four fits; `np.argmax` of their scores on `validation` picks."),
    lesson="A code that is made without labels can leak, too; and the best of several "
    "test scores is a selected number.",
)  # fmt: skip


def image_errors(images, guesses):
    return np.mean((images - guesses) ** 2, axis=(1, 2, 3))


def _reconstructed(rng):
    for shape in ((3, 4, 5, 2), (1, 6, 6, 1), (7, 6, 6, 1), (2, 3, 4, 3)):
        images, deviation = rng.random(shape), 0.1 * np.arange(shape[0], 0, -1)
        yield images, images + rng.normal(0.05, deviation, shape[::-1]).T


_SQUARES, _AXES = "(images - guesses) ** 2", "axis=(1, 2, 3) →"
image_errors = Exercise(
    image_errors, cases=_reconstructed,
    parts="the mean of the squared differences is asked, one number an image",
    mistakes={
        ", axis=(1, 2, 3) →": "that is the mean over *all* images; keep the first axis",
        f"np.full(len(images), np.mean({_SQUARES}))": "all images got the same error",
        f"{_AXES} axis=0": "that averages over the *images* (axis 0); keep them apart",
        f"{_AXES} axis=(1, 2)": "that is one for every image *and channel*; add axis 3",
        f"{_AXES} axis=-1": "only the last axis is averaged; rows and columns are left",
        f"{_AXES} axis=(0, 1, 2)": "that is one error a *channel*; keep axis 0 instead",
        f"{_AXES} axis=(1, 2, 3), keepdims=True": "leave `keepdims` out",
        "np.mean → np.sum": "the squares are summed; the mean is asked",
        f"{_SQUARES} → abs(images - guesses)": "absolute differences; square them",
        "axis=(1, 2, 3)) → axis=(1, 2, 3)) ** 0.5": "that is the root; leave it out",
        f"{_SQUARES}, axis=(1, 2, 3)) → images - guesses, axis=(1, 2, 3)) ** 2":
        "square first, then average",
        f"np.mean({_SQUARES} → np.var(images - guesses": "it forgets a constant error",
        f"{_SQUARES} → images - guesses": "the differences are not squared, and cancel",
    },
    hints=("Square the differences first; the shape stays.",
           "Average over every axis but the first, the one that counts images.",
           "`np.mean(squares, axis=(1, 2, 3))` averages over three axes at once."),
    lesson="One number an image: that is what an anomaly detector ranks.",
)  # fmt: skip


def flag(normal_errors, errors, rate):
    return errors > np.quantile(normal_errors, 1 - rate)


def _judged(rng):
    for normal, rate, *counts in (
        (1000, 0.1, 300, 200), (500, 0.02, 100, 150), (1000, 0.3, 200, 10),
        (77, 0.2, 50, 90), (300, 0.6, 99, 99), (400, 0.05, 600, 0),
    ):  # fmt: skip
        errors = rng.gamma(4, np.repeat([0.01, 0.02], counts))
        name = f"{len(errors)} errors to judge and rate = {rate}"
        yield named(name, rng.gamma(4, 0.01, normal), errors, rate)


def _flags(flags, normal_errors, errors, rate):
    """How many are flagged, and which; between two neighbors, any threshold will do."""
    if not flags.ndim:
        raise Wrong(f"{flags:.3g} came back: is that the threshold? Compare each error")
    if flags.shape != errors.shape or not np.isin(flags, (0, 1)).all():
        raise Wrong(f"the result has shape {flags.shape}, {flags.dtype}; True or False "
                    f"for each of {len(errors)} errors is needed")  # fmt: skip
    below = np.searchsorted(np.sort(normal_errors), errors)
    free = abs(below - (1 - rate) * len(normal_errors)) < 0.999
    flags = np.where(free, errors > np.quantile(normal_errors, 1 - rate), flags)
    return {"images flagged": int(flags.sum()), "the flags": flags.astype(int)}


_QUANTILE = "np.quantile(normal_errors, 1 - rate) →"
threshold = Exercise(
    flag, cases=_judged, view=_flags,
    parts="a share `rate` of `normal_errors` lies above the right threshold",
    mistakes={
        "np.quantile(normal_errors → np.quantile(errors":
        "the threshold was chosen on the images to judge; use `normal_errors` alone",
        "np.quantile(normal_errors → np.quantile(np.append(normal_errors, errors)":
        "normal and judged errors were thrown together; anomalies shift the threshold",
        "1 - rate → rate": "a share of 1 - {rate} lies above that; use 1 - rate",
        "1 - rate → 1 - rate / 2": "half of the share lies above that; use 1 - rate",
        "errors > → errors <": "the *small* errors are flagged; anomalies have large",
        f"{_QUANTILE} normal_errors.max()": "that is the largest normal error",
        f"{_QUANTILE} normal_errors.mean() + 2 * normal_errors.std()":
        "mean plus two deviations ignores `rate` and trusts a bell shape",
        f"{_QUANTILE} (normal_errors.mean() + errors.mean()) / 2":
        "halfway between the two means: the anomalies take part in the choice",
        "1 - rate → 0.95": "0.95 is written into it; use `rate`",
        "1 - rate → 0.9": "a number is fixed in it, 0.9; use `rate`",
        f"{_QUANTILE} (1 - rate) * normal_errors.max()":
        "90 % of the largest value is not the 90 % quantile",
    },
    hints=("The threshold may depend on `normal_errors` and `rate` alone.",
           "`np.quantile(values, q)` has a share q below it; you want `rate` above.",
           "`errors > np.quantile(normal_errors, 1 - rate)` holds True and False."),
    lesson=lambda: "Asked for 10 % false alarms, got {:.0%} on new normal images, and "
    "{:.0%} of the anomalies.".format(
        *(part.mean() for part in np.split(threshold.wanted[0].value, [300]))),
)  # fmt: skip


def denoising_pair(images, deviation, rng):
    inputs = np.clip(images + rng.normal(0, deviation, images.shape), 0, 1)
    return inputs, images


def _clean(rng):
    for deviation, *shape in (
        (0.2, 40, 8, 8, 1), (0.1, 30, 6, 9, 2), (0.15, 60, 7, 7, 1), (0.05, 9, 9, 9, 3),
    ):  # fmt: skip
        images = rng.uniform(0.45, 0.55, shape)
        images[rng.random(shape) < 0.3] = 0  # black, as in photographs of clothes
        images[rng.random(shape) < 0.1] = 1
        name = f"{shape[0]} images and deviation = {deviation}"
        yield named(name, images, deviation, np.random.default_rng(shape[0]))


def _noise_facts(pair, images, deviation, rng):
    if any(part.shape != images.shape for part in pair):
        raise Wrong(f"both need the shape {images.shape}, as `images` has it")
    inputs, noisy = pair[0], [not np.allclose(part, images, atol=1e-5) for part in pair]
    told = ("neither", "the targets", "the inputs", "both")[2 * noisy[0] + noisy[1]]
    if not noisy[0]:
        return {"noise is in": told}
    gray = np.where(abs(images - 0.5) < 0.1, inputs - images, np.nan)
    drawn = np.where(abs(gray) > 1e-5, gray, np.nan)
    steps = [(a, np.diff(drawn, axis=a)) for a in range(4) if images.shape[a] > 1]
    same = [str(a) for a, step in steps if np.nanmedian(abs(step)) < 1e-5]
    spread, middle = np.nanstd(gray), np.nanmean(gray) / deviation
    black = inputs[images == 0].mean() / deviation
    return {
        "noise is in": told,
        "axes along which the noise repeats": ", ".join(same) or "none",
        "mean of the noise in mid-gray, in deviations": f"{np.round(2 * middle) / 2:z}",
        "deviation of the noise in mid-gray pixels":
        deviation if abs(spread / deviation - 1) < 0.1 else np.round(spread, 3),
        "inputs range (clip them)": f"from {inputs.min():.2f} to {inputs.max():.2f}",
        "mean of the black pixels, in deviations": f"{np.round(5 * black) / 5:.1f}",
    }  # fmt: skip


def _draws(answer):
    """Raise `Wrong` if two generators give the same noise; the cases tell the rest."""
    images, draw = np.full((9, 8, 8, 1), 0.5), np.random.default_rng
    try:
        one, other = (answer(images.copy(), 0.1, draw(seed))[0] for seed in (8, 9))
        same = np.ptp(one) > 1e-6 and np.array_equal(one, other)
    except BaseException:
        return
    if same:
        raise Wrong("another generator gave the same noise; draw from `rng`")


_DRAW, _NOISE = "rng.normal(0, deviation, images.shape)", "normal(0, deviation, →"
_PAIR, _NOISY = "return inputs, images → return", f"images + {_DRAW}"
_CLIP = f"np.clip({_NOISY}, 0, 1) →"
noise = Exercise(
    denoising_pair, cases=_clean, view=_noise_facts, verify=_draws,
    parts=("inputs", "targets"), repeatable=True, tolerance=0.1,
    mistakes={
        f"{_PAIR} images, inputs": "this network learns to add noise. Swap the two",
        f"{_PAIR} inputs, inputs": "the target has noise too; leave it clean",
        f"{_CLIP} {_NOISY}": "clip them to [0, 1]",
        f"{_CLIP} ((v := {_NOISY}) - v.min()) / np.ptp(v)": "rescaling dims; clip them",
        "images.shape) → images.shape[1:])": "draw noise in the images' full shape",
        f"{_CLIP} np.clip(images * (1 + {_DRAW}), 0, 1)": "add it, do not multiply",
        f"{_CLIP} np.clip({_DRAW}, 0, 1)": "the image is missing: add the noise to it",
        f"{_CLIP} images + np.clip({_DRAW}, 0, 1)": "half of it is cut; clip the sum",
        f"{_CLIP} np.clip({_NOISY}, 0, 1).astype('uint8')":
        "uint8 cuts off what is below 1",
        f"{_NOISE} normal(deviation, 1,": "`rng.normal` takes the mean first: 0",
        f"{_NOISE} normal(0, deviation**2,": "did you square it? Or divide by 255?",
        f"{_NOISE} normal(0, deviation**0.5,": "`rng.normal` takes no variance",
        f"{_DRAW} → deviation * rng.random(images.shape)": "it only brightens",
        f"{_DRAW} → rng.uniform(-deviation, deviation, images.shape)":
        "uniform noise is narrower; draw normal noise",
    },
    hints=("The target is the image as it was; only the input is spoiled.",
           "`rng.normal(0, deviation, images.shape)` draws a number for every pixel.",
           "`np.clip(noisy, 0, 1)` keeps values where a photograph has them."),
    lesson="Noise in, clean out: the network can only succeed by knowing what clothes "
    "look like.",
)  # fmt: skip
