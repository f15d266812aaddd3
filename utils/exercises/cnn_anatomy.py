"""Exercises of 02_CNNAnatomy: sizes and parameters, a filter on a volume, max pooling, receptive field."""

import numpy as np

from utils.exercises.old import Exercise, Wrong, array, call, describe, number


def _layer_answer(N, P, d, K, s, z):
    return (N + 2 * z - P) // s + 1, (P * P * d + 1) * K


def _size_slips(N, P, d, K, s, z):
    return (
        ((N + 2 * z - P) // s, "the + 1 is missing: also the first position counts"),
        ((N + z - P) // s + 1, "z zeros stand on *each* side of a row, so 2z in all"),
        ((N - P) // s + 1, "the padding z is missing"),
        (N + 2 * z - P + 1, "the stride s is missing"),
        ((N + 2 * z + P) // s + 1, "the window takes P away; it does not add"),
        ((N + 2 * z) // s + 1, "the window P is missing"),
    )


def _count_slips(N, P, d, K, s, z):
    size, parameters = _layer_answer(N, P, d, K, s, z)
    return (
        (P * P * d * K, "the biases are missing, one for each filter"),
        (P * P * d * K + 1, "one bias for *each* of the K filters, not one for all"),
        ((P * P + 1) * K, "a filter is as deep as its input: d kernels"),
        ((P * d + 1) * K, "a kernel has P × P weights"),
        (P * P * d + 1, "that is a single filter; there are K"),
        (
            (P * P + 1) * d * K,
            "a filter has one bias, not one for each of its d kernels",
        ),
        (
            parameters * size**2,
            "the same weights serve all positions; the size does not enter",
        ),
        (
            (N * N * d + 1) * K,
            "that is a dense layer, which sees the whole image; a filter sees P × P",
        ),
    )


def _draw_layer(rng):
    """(N, P, d, K, s, z) of a layer that fits, and on which every mistake gives another number."""
    while True:
        ends = ((12, 65), (3, 8), (2, 17), (2, 33), (2, 4), (2, 5))
        drawn = tuple(int(rng.integers(*pair)) for pair in ends)
        N, P, d, K, s, z = drawn
        size, parameters = _layer_answer(*drawn)
        sizes = {size, *(value for value, _ in _size_slips(*drawn))}
        counts = {parameters, *(value for value, _ in _count_slips(*drawn))}
        if (N + 2 * z - P) % s == 0 and len(sizes) == 7 and len(counts) == 9:
            return drawn


def _judge_layer(result, drawn):
    N, P, d, K, s, z = drawn
    size, parameters = _layer_answer(*drawn)
    told = f"N={N}, P={P}, d={d}, K={K}, s={s}, z={z}"
    if not isinstance(result, (tuple, list, np.ndarray)) or len(result) != 2:
        raise Wrong(
            f"two numbers are needed, (size, parameters); it is {describe(result)}."
        )
    found = number(result[0], "the size"), number(result[1], "the number of parameters")
    if found == (parameters, size):
        raise Wrong(
            "both numbers are right, in the wrong order: size first, then parameters."
        )
    if found[0] != size:
        reason = dict(_size_slips(*drawn)).get(
            found[0], "output = (N + 2z - P) / s + 1"
        )
        raise Wrong(f"size {found[0]:g} instead of {size} for {told}: {reason}.")
    if found[1] != parameters:
        reason = dict(_count_slips(*drawn)).get(found[1], "(P · P · d + 1) · K")
        raise Wrong(
            f"{found[1]:,.0f} parameters instead of {parameters:,} for {told}: {reason}."
        )


def _verify_layer(function):
    rng = np.random.default_rng()  # another layer each time
    for _ in range(6):
        drawn = _draw_layer(rng)
        _judge_layer(call(function, *drawn), drawn)
    try:
        refused = function(7, 3, 1, 1, 3, 0)
    except ValueError:
        pass
    except Exception as error:
        raise Wrong(
            f"for stride 3 on 7 pixels it raised {type(error).__name__}: {error}."
        ) from error
    else:
        if not np.isclose(float(refused[0]), 2):
            raise Wrong(
                f"stride 3, window 3, 7 pixels: size {refused[0]}. It does not fit; round down to 2, "
                "as libraries do (`//`), or raise a ValueError."
            )
    layer = f"N={drawn[0]}, P={drawn[1]}, d={drawn[2]}, K={drawn[3]}, s={drawn[4]}, z={drawn[5]}"
    size, parameters = _layer_answer(*drawn)
    return f"For instance {layer}: {size} × {size} × {drawn[3]} and {parameters:,} parameters."


_LAYER = "def layer_facts(N, P, d, K, s, z):\n    return "

layer_facts = Exercise(
    _verify_layer,
    hints=(
        "How many places has a window of P in a row of N + 2z, if it moves by s?",
        "The size is `(N + 2 * z - P) // s + 1`. A filter has P × P × d weights and one bias.",
        "There are K filters, each with its own bias: `(P * P * d + 1) * K`.",
    ),
    wrong_answers={
        _LAYER + "(N + 2 * z - P) // s, (P * P * d + 1) * K": r"\+ 1 is missing",
        _LAYER + "(N - P) // s + 1, (P * P * d + 1) * K": "padding z is missing",
        _LAYER + "(N + z - P) // s + 1, (P * P * d + 1) * K": "each. side|instead of",
        _LAYER + "N + 2 * z - P + 1, (P * P * d + 1) * K": "stride s is missing",
        _LAYER + "(N + 2 * z - P) // s + 1, P * P * d * K": "biases are missing",
        _LAYER + "(N + 2 * z - P) // s + 1, P * P * d * K + 1": "not one for all",
        _LAYER + "(N + 2 * z - P) // s + 1, (P * P + 1) * K": "as deep as its input",
        _LAYER + "(N + 2 * z - P) // s + 1, P * P * d + 1": "single filter",
        _LAYER + "(N + 2 * z - P) // s + 1, (N * N * d + 1) * K": "dense layer",
        _LAYER + "(N + 2 * z - P) / s + 1, (P * P * d + 1) * K": "round down",
        _LAYER + "(P * P * d + 1) * K, (N + 2 * z - P) // s + 1": "wrong order",
        _LAYER + "(N + 2 * z - P) // s + 1": "two numbers",
    },
)


def _correlate(volume, filt, bias):
    P, Q = filt.shape[:2]
    R, C = volume.shape[0] - P + 1, volume.shape[1] - Q + 1
    return bias + np.array(
        [
            [np.sum(volume[i : i + P, j : j + Q] * filt) for j in range(C)]
            for i in range(R)
        ]
    )


def _verify_filter(function):
    for seed, (rows, columns, P, Q, d) in enumerate(
        ((6, 8, 3, 3, 3), (5, 5, 2, 4, 2), (4, 7, 1, 1, 5))
    ):
        rng = np.random.default_rng(seed)
        volume, filt = rng.normal(size=(rows, columns, d)), rng.normal(size=(P, Q, d))
        bias = 1.5
        right = _correlate(volume, filt, bias)
        result = call(function, volume, filt, bias)
        told = f"volume {volume.shape}, filter {filt.shape}"
        if np.shape(result) == (*right.shape, d):
            raise Wrong(
                f"{told}: one map for each channel came back, {np.shape(result)}; *add* the channels: "
                "one filter gives one flat map."
            )
        if np.shape(result) == (rows, columns) != right.shape:
            raise Wrong(
                f"{told}: the output is as large as the input. Without padding the window fits "
                f"{right.shape[0]} × {right.shape[1]} times."
            )
        if np.shape(result) == (right.shape[0] - 1, right.shape[1] - 1):
            raise Wrong(
                f"{told}: the last window of each row and column is missing (N - P + 1)."
            )
        if np.shape(result) == right.shape[::-1] != right.shape:
            raise Wrong(f"{told}: {np.shape(result)}: rows and columns are exchanged.")
        values = array(result, f"{told}: the map", right.shape)
        flat = right - bias
        slips = (
            (flat, "the bias is missing"),
            (flat + d * bias, "the bias was added once for each channel; a filter has one"),
            (flat + P * Q * d * bias, "the bias was added to each product; add it once, to the sum"),
            (_correlate(volume, filt[::-1, ::-1], bias),
             "that is the true convolution, with the filter flipped; layers do not flip"),
            (_correlate(volume[..., :1], filt[..., :1], bias), "only the first channel was read"),
            (flat / filt.size + bias, "that is the mean of the products; take their sum"),
            (np.maximum(right, 0), "negative values were cut off; the ReLU comes after this layer"),
        )  # fmt: skip
        for slip, reason in slips:
            if np.allclose(values, slip) and not np.allclose(values, right):
                raise Wrong(f"{told}: {reason}.")
        if not np.allclose(values, right):
            raise Wrong(
                f"{told}: the first value is {values[0, 0]:.3f} instead of {right[0, 0]:.3f}, the sum of "
                "window times filter, plus the bias."
            )
    return "A cube slides over a volume and leaves one flat map; K cubes leave K maps."


_FILTER = (
    "def one_filter(volume, filt, bias):\n"
    "    P, Q, d = filt.shape\n"
    "    rows, columns = volume.shape[0] - P + 1, volume.shape[1] - Q + 1\n"
    "    out = np.zeros((rows, columns))\n"
    "    for i in range(rows):\n"
    "        for j in range(columns):\n"
    "            out[i, j] = {}\n"
    "    return {}"
)
_SUM = "np.sum(volume[i:i + P, j:j + Q] * filt)"

one_filter = Exercise(
    _verify_filter,
    hints=(
        "Begin with `slide` from the first section: the loops stay the same.",
        "`volume[i:i + P, j:j + Q]` is a little cube, as deep as the filter.",
        "`np.sum(cube * filt) + bias` is one number of the output; rows go up to N - P + 1.",
    ),
    wrong_answers={
        _FILTER.format(_SUM, "out"): "bias is missing",
        _FILTER.format("np.sum(volume[i:i + P, j:j + Q] * filt + bias)", "out"): "each product",
        _FILTER.format("np.sum(volume[i:i + P, j:j + Q] * filt[::-1, ::-1]) + bias", "out"): "flipped",
        _FILTER.format("np.sum(volume[i:i + P, j:j + Q, 0] * filt[..., 0]) + bias", "out"): "first channel",
        _FILTER.format("np.mean(volume[i:i + P, j:j + Q] * filt) + bias", "out"): "mean of the products",
        _FILTER.format(_SUM + " + d * bias", "out"): "for each channel",
        _FILTER.format(_SUM + " + bias", "np.maximum(out, 0)"): "ReLU",
        _FILTER.format(_SUM + " + bias", "out[:-1, :-1]"): "last window",
        _FILTER.format(_SUM + " + bias", "out.T"): "exchanged",
        _FILTER.format(_SUM + " + bias", "np.pad(out, ((0, P - 1), (0, Q - 1)))"): "as large as the input",
        _FILTER.format(_SUM + " + bias", "np.repeat(out[..., None], d, 2)"): "add. the channels",
        _FILTER.format(_SUM + " + bias", "None"): "`return`",
    },
)  # fmt: skip


def _pooled(x):
    return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2).max(axis=(1, 3))


def _spread(values):
    return np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)


def _verify_pool(function):
    for seed, shape in enumerate(((4, 6), (2, 2), (8, 4))):
        rng = np.random.default_rng(seed)
        x = (
            rng.permutation(np.arange(1.0, np.prod(shape) + 1)).reshape(shape) - 9
        )  # no ties
        upstream = rng.normal(size=(shape[0] // 2, shape[1] // 2)) + 3
        pooled = _pooled(x)
        winners = x == _spread(pooled)
        result = call(function, x, upstream)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Wrong(
                f"two arrays are needed, (pooled, gradient); it is {describe(result)}."
            )
        if np.shape(result[0]) == shape and np.shape(result[1]) == pooled.shape:
            raise Wrong(
                "the shapes are exchanged: first the pooled map, then the gradient."
            )
        if np.shape(result[0]) == (shape[0] - 1, shape[1] - 1) != pooled.shape:
            raise Wrong(
                f"for {shape} the pooled map is {np.shape(result[0])}: that is stride 1; use 2."
            )
        got = array(result[0], f"for {shape}, the pooled map", pooled.shape)
        means = x.reshape(pooled.shape[0], 2, pooled.shape[1], 2).mean(axis=(1, 3))
        if np.allclose(got, means):
            raise Wrong(
                "the pooled map holds the means; max pooling keeps the largest values."
            )
        if np.allclose(got, -_pooled(-x)):
            raise Wrong("the pooled map holds the smallest values of the windows.")
        if np.allclose(got, np.maximum(pooled, 0)) and not np.allclose(got, pooled):
            raise Wrong(
                "a window of negative values has a negative maximum; do not start from 0."
            )
        if not np.array_equal(got, pooled):
            raise Wrong(
                f"the first window {x[:2, :2].tolist()} gave {got[0, 0]:g}, not {pooled[0, 0]:g}."
            )
        back = array(result[1], f"for {shape}, the gradient", shape)
        right = winners * _spread(upstream)
        slips = (
            (
                winners.astype(float),
                "it holds ones; the winner receives the *upstream* value of its window",
            ),
            (_spread(upstream) / 4, "a quarter went to each; that is average pooling"),
            (_spread(upstream), "all four received it; only the winner may"),
            (
                ~winners * _spread(upstream),
                "the losers received it; it belongs to the winner",
            ),
            (
                winners * x,
                "it holds the winners' values; the winner receives the upstream value",
            ),
            (right / 4, "it is a quarter of what it should be; the winner takes all"),
        )
        for slip, reason in slips:
            if np.allclose(back, slip) and not np.allclose(back, right):
                raise Wrong(f"the gradient has the wrong values: {reason}.")
        if not np.allclose(back, right):
            raise Wrong(
                f"the gradient of the first window is {np.round(back[:2, :2], 2).tolist()} instead of "
                f"{np.round(right[:2, :2], 2).tolist()}; its winner is {pooled[0, 0]:g}."
            )
    return "Forward keeps the winner, backward pays only the winner."


_POOL = (
    "def max_pool(x, upstream):\n"
    "    windows = x.reshape(len(x) // 2, 2, x.shape[1] // 2, 2)\n"
    "    pooled = windows.max(axis=(1, 3))\n"
    "    wide = lambda v: np.repeat(np.repeat(v, 2, axis=0), 2, axis=1)\n"
    "    winners = x == wide(pooled)\n"
    "    return {}"
)

max_pool = Exercise(
    _verify_pool,
    hints=(
        "`x.reshape(rows // 2, 2, columns // 2, 2)` has a window on axes 1 and 3.",
        "Blow the pooled map up to the size of x (`np.repeat` on both axes): where it equals x, "
        "there is a winner.",
        "The gradient is `winners * wide(upstream)`, with `upstream` blown up in the same way.",
    ),
    wrong_answers={
        _POOL.format("pooled, winners.astype(float)"): "it holds ones",
        _POOL.format("pooled, wide(upstream) / 4"): "average pooling",
        _POOL.format("pooled, wide(upstream)"): "all four",
        _POOL.format("pooled, ~winners * wide(upstream)"): "losers",
        _POOL.format("pooled, winners * x"): "winners' values",
        _POOL.format("pooled, upstream"): r"has shape|is needed",
        _POOL.format("windows.mean(axis=(1, 3)), winners * wide(upstream)"): "means",
        _POOL.format("windows.min(axis=(1, 3)), winners * wide(upstream)"): "smallest",
        _POOL.format("np.maximum(pooled, 0), winners * wide(upstream)"): "start from 0",
        _POOL.format("winners * wide(upstream), pooled"): "exchanged",
        _POOL.format("pooled"): "two arrays",
        "def max_pool(x, upstream):\n    x *= 2\n    return x, x": "in place",
    },
)


def _field(windows):
    width, step = 1, 1
    for kernel, stride in windows:
        width, step = width + (kernel - 1) * step, step * stride
    return width, step


def _slipped_fields(windows):
    kernels, strides = zip(*windows)
    late, step = 1, 1
    for kernel, stride in windows:
        step *= stride
        late += (kernel - 1) * step
    back, back_step = _field(windows[::-1])
    return {
        int(np.prod(kernels)): "windows overlap, so they add; you multiplied them",
        int(sum(kernels)): "each layer adds kernel - 1, not kernel",
        1
        + int(
            sum(k - 1 for k in kernels)
        ): "behind a stride, a step is worth several pixels",
        sum(
            k - 1 for k in kernels
        ): "start from 1: a pixel sees itself; and strides count",
        _field(windows)[0] - 1: "start from 1: a pixel sees itself",
        late: "a layer's own stride works only on the layers *behind* it: widen first, then multiply",
        back: "the layers were taken from the output side; begin at the input",
        1
        + int(
            sum((k - 1) * s for k, s in windows)
        ): "multiply *all* strides below, not the layer's own",
    }


def _verify_field(function):
    cases = (
        [(3, 1)], [(3, 1)] * 3, [(5, 1), (2, 2), (5, 1)], [(3, 2), (3, 1), (5, 2), (3, 1)],
        [(7, 2), (3, 2), (3, 1)], [],
    )  # fmt: skip
    order = (3, 4, 2, 1, 0, 5)  # the telling ones first
    for windows in (cases[i] for i in order):
        width, step = _field(windows)
        value = call(function, windows)
        if isinstance(value, (tuple, list)) and len(value) == 2:
            raise Wrong("one number is asked, the width of the patch; two came back.")
        value = number(value, "the width")
        if value == width:
            continue
        slips = _slipped_fields(windows) if windows else {}
        told = ", ".join(f"({k}, {s})" for k, s in windows) or "no layer at all"
        reason = slips.get(
            value, "widen by (kernel - 1) × the product of the strides below"
        )
        raise Wrong(f"{value:g} instead of {width} for {told}: {reason}.")
    return (
        "Kernels add, strides multiply what comes behind them, padding does not occur."
    )


_FIELD = "def field_width(windows):\n    width, step = 1, 1\n    for kernel, stride in windows:\n        {}\n    return {}"

field_width = Exercise(
    _verify_field,
    hints=(
        "Keep two numbers: the width so far, and how many pixels one step of this layer is worth.",
        "A layer widens the patch by `(kernel - 1) * step`; it begins at 1.",
        "*After* widening, `step` is multiplied by the layer's stride.",
    ),
    wrong_answers={
        _FIELD.format("width *= kernel", "width"): "multiplied them",
        _FIELD.format("width += kernel - 1", "width"): "worth several pixels",
        _FIELD.format("width += kernel", "width - 1"): "not kernel",
        _FIELD.format("step *= stride; width += (kernel - 1) * step", "width"): "widen first",
        _FIELD.format("width += (kernel - 1) * stride", "width"): "not the layer's own",
        _FIELD.format("width, step = width + (kernel - 1) * step, step * stride", "width - 1"): "start from 1",
        _FIELD.format("width, step = width + (kernel - 1) * step, step * stride", "width, step"): "one number",
        "def field_width(windows):\n"
        "    width, step = 1, 1\n"
        "    for kernel, stride in windows[::-1]:\n"
        "        width, step = width + (kernel - 1) * step, step * stride\n"
        "    return width": "output side",
    },
)  # fmt: skip
