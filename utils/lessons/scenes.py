"""Generated scenes, deserts and beaches, to learn on before real photographs come."""

import numpy as np
from scipy.ndimage import zoom

# RGB as the eye would name it: (zenith, horizon, sand, deep sea, shallow sea)
LIGHTS = {
    "day": (
        (84, 146, 222),
        (184, 214, 238),
        (214, 178, 122),
        (22, 92, 140),
        (72, 168, 182),
    ),
    "dusk": (
        (78, 62, 108),
        (236, 138, 78),
        (128, 88, 74),
        (58, 48, 78),
        (178, 102, 82),
    ),
}


def paint(labels, seed, dusk, side):
    """Pictures of deserts (label 0) and beaches (label 1), and what is in them.

    Args:
        labels: int array `(n,)`.
        seed: int; another seed gives other pictures.
        dusk: share of pictures at dusk, from 0 to 1; the others are by day.
        side: rows and columns in pixels.

    Returns:
        `(images, lights, details)`: uint8 `(n, side, side, 3)`; an array `(n,)` of
        `day` or `dusk`; and columns `horizon` and `sand`, fractions of the picture.

    Example:

    >>> images, lights, details = paint([0, 1, 1], seed=0, dusk=1, side=32)
    >>> images.shape, set(lights.tolist()), list(details)
    ((3, 32, 32, 3), {'dusk'}, ['horizon', 'sand'])
    """
    streams = np.random.default_rng(seed).spawn(len(labels))  # whatever n: scene i
    lights = ["dusk" if stream.random() < dusk else "day" for stream in streams]
    drawn = [_scene(*task, side) for task in zip(streams, labels, lights)]
    images, horizons, sands = (np.stack(column) for column in zip(*drawn))
    return images, np.array(lights), {"horizon": horizons, "sand": sands}


def _scene(rng, label, light, side):
    """(image, horizon, share of sand) of one scene."""
    zenith, glow, sand, deep, shallow = (
        np.array(color, float) for color in LIGHTS[light]
    )
    rows, columns = np.mgrid[0:side, 0:side] / side
    horizon = rng.uniform(0.25, 0.6)
    picture = _blend(zenith, glow, (rows / horizon).clip(0, 1) ** rng.uniform(0.8, 2.5))
    clouds = _smooth(rng, side) * rng.uniform(0, 0.5)
    picture = _blend(picture, glow + 0.4 * (255 - glow), clouds.clip(0, 1))
    if label == 0:
        is_sand = _dunes(rng, picture, rows, columns, horizon, sand)
    else:
        is_sand = _shore(
            rng, picture, rows, columns, horizon, (deep, shallow, sand, glow)
        )
    haze = 0.4 * rng.random() * np.exp(-(((rows - horizon) / 0.08) ** 2))
    picture = _blend(picture, glow, haze)
    picture *= rng.uniform(0.75, 1.15) * rng.normal(1, 0.04, 3)  # exposure and tint
    picture += rng.normal(0, rng.uniform(2, 9), picture.shape)
    return picture.clip(0, 255).astype(np.uint8), horizon, is_sand.mean()


def _dunes(rng, picture, rows, columns, horizon, sand):
    """Paint ridges from far to near into `picture`; where there is sand."""
    sun = rng.choice([-1, 1])
    ridges = rng.integers(2, 5)
    is_sand = np.zeros(rows.shape, bool)
    for number, base in enumerate(np.linspace(horizon, 0.9, ridges, endpoint=False)):
        height, width, shift = (
            rng.uniform(0.02, 0.06),
            rng.uniform(0.5, 1.6),
            rng.uniform(0, 6),
        )
        phase = 2 * np.pi * width * columns + shift
        ridge = base + height * np.sin(phase) + 0.3 * height * np.sin(2.3 * phase)
        slope = (
            sun * np.cos(phase) * np.exp(-(rows - ridge) / 0.15)
        )  # the crest is lit, or shaded
        ripples = 0.03 * np.sin(90 * (rows + 0.2 * columns) + 4 * np.sin(phase))
        shade = 0.93 + 0.03 * number + 0.22 * slope + ripples
        below = rows > ridge
        picture[below] = (sand * shade[..., None])[below]
        is_sand |= below
    return is_sand


def _shore(rng, picture, rows, columns, horizon, colors):
    """Paint sea, foam and sand into `picture`; where there is sand."""
    deep, shallow, sand, glow = colors
    depth = rng.uniform(0.35, 0.95) * (
        1 - horizon
    )  # how far down the picture the sea reaches
    wave = np.sin(2 * np.pi * rng.uniform(0.5, 1.5) * columns + rng.uniform(0, 6))
    shore = horizon + depth + 0.03 * wave + rng.uniform(-0.25, 0.25) * (columns - 0.5)
    shore = np.maximum(shore, horizon + 0.06)
    nearness = ((rows - horizon) / (shore - horizon)).clip(0, 1)
    sea = _blend(deep, shallow, nearness ** rng.uniform(1, 3))
    swell = np.sin(60 * rows / (0.3 + nearness) + 3 * wave) + rng.normal(
        0, 0.6, rows.shape
    )
    sea = sea * (1 + 0.08 * swell[..., None])
    wet = 1 - 0.3 * np.exp(-(rows - shore).clip(0) / 0.04)
    beach = sand * (1.05 * wet + 0.05 * _smooth(rng, len(rows)))[..., None]
    water, is_sand = (
        (rows > horizon) & (rows <= shore),
        (rows > horizon) & (rows > shore),
    )
    picture[water], picture[is_sand] = sea[water], beach[is_sand]
    foam = water & (abs(rows - shore + 0.02 + 0.01 * wave) < rng.uniform(0.01, 0.03))
    picture[foam] = _blend(picture[foam], glow + 0.6 * (255 - glow), 0.75)
    return is_sand


def _blend(below, above, share):
    """Mix two colors or pictures; `share` is that of `above`."""
    share = np.asarray(share)[..., None]
    return (1 - share) * below + share * above


def _smooth(rng, side):
    """Soft random patches, from about -1 to 1."""
    return zoom(rng.normal(0, 0.6, (5, 4)), (side / 5, side / 4), order=1)
