"""Exercises of 03: cost, separable, residual, dense block, a network to mend."""

import keras
from keras import layers

from utils.exercises import Exercise, blocks


def cost(side, channels, filters, size, stride, padding):
    out = (side - size + 2 * padding) // stride + 1
    weights = size * size * channels * filters
    return out, weights + filters, weights * out * out


layer_cost = Exercise(
    cost,
    cases=lambda rng: [
        (227, 3, 96, 11, 4, 0), (32, 1, 6, 5, 1, 2), (224, 3, 64, 7, 2, 3),
        (8, 4, 5, 3, 2, 0), (10, 2, 3, 4, 3, 1), (5, 7, 2, 1, 1, 0),
    ],
    parts={
        "the side": "(side - size + 2 × padding) / stride + 1, rounded down",
        "the parameters": "(size × size × channels + 1) × filters",
        "the multiply-adds": "weights of the kernels × out × out",
    },
    mistakes={
        "// stride + 1 → // stride": "the + 1 is missing: the first place counts as "
        "well",
        "// stride + 1 → // stride - 1": "1 is taken away; the first place counts as "
        "well, + 1",
        "+ 2 * padding) // stride + 1 → + 2 * padding + 1) // stride": "the side is "
        "not divided before 1 is added: (side - size + 2 padding) / stride + 1",
        "side - size + 2 → side + 2": "the kernel is not subtracted: {side} pixels "
        "have fewer than {side} places for {size}",
        "side - size → side + size": "the kernel is added; it takes places away",
        "(side - size + 2 * padding) // stride + 1 → side - size + 2 * padding + 1":
        "that is "
        "the side with stride 1; divide by the stride",
        "2 * padding → padding": "padding counts on both sides",
        " + 2 * padding →": "the padding is missing",
        "+ 2 * padding → - 2 * padding": "the padding is taken away; it adds places",
        "// stride → / stride": "half a place is no place: round down, `//`",
        "out = (side - size + 2 * padding) // stride + 1 → "
        "out = -(-(side - size + 2 * padding) // stride) + 1": "half a place is no "
        "place: round down, not up",
        "weights + filters → weights": "the biases are missing, one a filter",
        "weights + filters → weights + 1": "one bias for *each* filter, not one for "
        "all",
        "weights + filters → weights + channels": "there is one bias a filter, not one "
        "a channel of the input",
        ("size * size * channels → size * channels",): "a kernel has size × size "
        "places, not size",
        "size * size * channels → size * size": "a filter looks at all {channels} "
        "channels",
        "channels * filters → channels": "that is a single filter; there are {filters}",
        "size * size * channels → size * size * size * channels": "a kernel has size × "
        "size places, not size³",
        "weights * out → (weights + filters) * out": "a bias is added, not multiplied; "
        "leave it out of the multiply-adds",
        "weights * out * out → weights * out": "the map has side × side places",
        "weights * out * out → weights": "that is the work at one place; the kernel is "
        "used at each of side × side places",
        "weights * out * out → weights // filters * out * out": "that is the work of "
        "a single filter; there are {filters}",
        "weights + filters, weights * out * out → weights * out * out, weights + "
        "filters": "the parameters and the multiply-adds are exchanged",
        "weights * out * out → weights * side * side": "the kernel is used once at "
        "each place of the *output*",
        "weights * out * out → size * size * out * out * filters": "every place of a "
        "kernel looks at all {channels} channels",
        "weights * out * out → 2 * weights * out * out": "a multiply-add counts once, "
        "not as two operations",
        "out, weights + filters, weights * out * out → out": "three numbers are asked "
        "(side, parameters, multiply-adds)",
    },
    hints=(
        "The side of the map is (side - size + 2 * padding) // stride + 1.",
        "A filter has size * size * channels weights and one bias.",
        "Each weight is used once at every place of the output: weights * out * out.",
    ),
    lesson="35 thousand parameters, 105 million multiply-adds: weights are used again "
    "and again.",
)  # fmt: skip


def separable_block(x, filters):
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    return layers.Conv2D(filters, 1, use_bias=False)(x)


def _separable_facts(y, x, filters):
    right = blocks.reference(separable_block, x, filters)
    return blocks.facts(y, x, right, may_have_biases=False)


_DEPTHWISE = 'DepthwiseConv2D(3, padding="same", use_bias=False)'

separable = Exercise(
    separable_block,
    cases=lambda rng: [
        (keras.Input((10, 12, 6)), 5), (keras.Input((8, 8, 3)), 7),
        (keras.Input((5, 7, 4)), 4),
    ],
    view=_separable_facts,
    parts="a depthwise 3 × 3, then a 1 × 1 to `filters` maps; no bias, nothing else",
    mistakes={
        'layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)': "that is one "
        "ordinary 3 × 3 convolution",
        f'layers.{_DEPTHWISE}(x)': "the 1 × 1 convolution that mixes the maps is "
        "missing",
        "layers.Conv2D(filters, 1, use_bias=False)(x)": "the depthwise 3 × 3 "
        "convolution is missing",
        "(filters, 1, → (filters, 3, padding='same',": "the second convolution must be "
        "1 × 1",
        f'layers.{_DEPTHWISE}(layers.Conv2D(filters, 1, use_bias=False)(x))':
        "the order is "
        "reversed: first filter each map, then mix",
        "DepthwiseConv2D(3 → DepthwiseConv2D(1": "the depthwise kernels must be 3 × 3",
        "DepthwiseConv2D(3 → DepthwiseConv2D(5": "the depthwise kernels are 5 × 5; 3 × "
        "3 are asked",
        "DepthwiseConv2D( → Conv2D(filters, ": "the first convolution looks at all "
        "maps; use a depthwise one",
        "DepthwiseConv2D( → Conv2D(x.shape[-1], ": "the first convolution mixes all "
        "maps already; use a depthwise one",
        "Conv2D(filters, 1 → Conv2D(x.shape[-1], 1": "the 1 × 1 convolution must make "
        "`filters` maps",
        "Conv2D(filters, 1 → Conv2D(5, 1": "5 maps are written into it; use `filters`",
        'padding="same", →': 'rows and columns must stay (`padding="same"`)',
        'padding="same", → padding="same", strides=2,': "rows and columns must stay: "
        "no stride, no pooling",
        (', padding="same", use_bias=False → , padding="same"',
         "1, use_bias=False → 1"):
        "there are parameters besides the kernels; set `use_bias=False`",
        'padding="same", use_bias=False → padding="same"': "the depthwise layer has a "
        "bias, a parameter besides the kernels; set `use_bias=False`",
        "1, use_bias=False → 1": "the 1 × 1 layer has a bias, a parameter besides the "
        "kernels; set `use_bias=False`",
        'padding="same", use_bias → padding="same", activation="relu", use_bias':
        "there is an "
        "activation inside; the task asks for the two convolutions only",
        "1, use_bias → 1, activation='relu', use_bias": "there is an activation "
        "behind; the task asks for the two convolutions only",
        "DepthwiseConv2D(3, → DepthwiseConv2D(3, depth_multiplier=2,": "each map gets "
        "two filters; one is asked",
    },
    hints=(
        "Two layers: `layers.DepthwiseConv2D`, then `layers.Conv2D`.",
        'Both without bias; the first 3 × 3 with `padding="same"`, the second 1 × 1.',
        '`layers.Conv2D(filters, 1, use_bias=False)(layers.DepthwiseConv2D(3, '
        'padding="same", use_bias=False)(x))`',
    ),
    lesson="84 weights where an ordinary convolution has 270: 1/5 + 1/9 of them.",
)  # fmt: skip


def residual_block(x, filters, stride):
    f = layers.Conv2D(filters, 3, stride, padding="same", activation="relu")(x)
    f = layers.Conv2D(filters, 3, padding="same")(f)
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, stride)(x)
    return layers.ReLU()(layers.Add()([f, x]))


def _residual_facts(y, x, filters, stride):
    return blocks.facts(y, x, blocks.reference(residual_block, x, filters, stride))


_NO_FIRST = ', activation="relu")(x) → )(x)'
_SECOND = 'filters, 3, padding="same")(f) → filters, 3, padding="same"{})(f){}'
_SKIP = "layers.Conv2D(filters, 1, stride)(x) →"
_END = "layers.ReLU()(layers.Add()([f, x])) →"
_IF = "if stride > 1 or x.shape[-1] != filters →"

residual = Exercise(
    residual_block,
    cases=lambda rng: [
        (keras.Input((8, 8, 6)), 10, 2), (keras.Input((4, 6, 3)), 3, 1),
        (keras.Input((6, 4, 3)), 3, 2), (keras.Input((3, 4, 2)), 3, 1),
    ],
    view=_residual_facts,
    parts="asked are two 3 × 3 in f, padded, with a ReLU between them; on the skip x, "
    "or a 1 × 1 where shapes differ; their sum, and a ReLU",
    mistakes={
        _NO_FIRST: "a ReLU is missing between the two convolutions; without it they "
        "are one linear map",
        _SECOND.format(', activation="relu"', ""): "a ReLU stands behind the second "
        "convolution as well; f ends with the convolution",
        (_NO_FIRST, _SECOND.format(', activation="relu"', "")): "the ReLU stands "
        "behind the second convolution, not between the two",
        ', activation="relu")(x) → , activation="relu")(layers.ReLU()(x))':
        "a ReLU stands "
        "before the first convolution; it reads x as it is",
        ', activation="relu")(x) → )(layers.ReLU()(x))': "a ReLU stands before the "
        "first convolution, and none between the two",
        f'{_SKIP} layers.Conv2D(filters, 1, stride, activation="relu")(x)': "something "
        "else stands on the skip: its 1 × 1 has a ReLU; leave it linear",
        f"{_END} layers.Add()([layers.ReLU()(f), layers.ReLU()(x)])": "the ReLU comes "
        "before the addition; add first",
        f"{_END} layers.Add()([layers.ReLU()(f), x])": "the ReLU comes before the "
        "addition, on f alone; add first",
        f"{_END} layers.ReLU()(layers.Add()([f, layers.ReLU()(x)]))": "the skip passes "
        "a ReLU before the addition; add it as it is",
        f"{_END} layers.Add()([f, x])": "negative numbers come out; the ReLU comes "
        "last, after the addition",
        "layers.Add() → layers.Subtract()": "the skip is subtracted; add it",
        "layers.Add()([f, x]) → layers.Subtract()([x, f])": "f is subtracted from the "
        "skip; add it",
        "layers.Add() → layers.Multiply()": "the skip is multiplied: where f is 0, "
        "nothing comes out. Add it",
        "layers.Add() → layers.Maximum()": "the larger of f and skip was taken; add "
        "them",
        "layers.Add() → layers.Average()": "the mean of f and skip was taken; add them",
        "layers.Add() → layers.Concatenate()": "the skip stands beside f; add it, so "
        "that the number of maps stays",
        f"{_END} layers.ReLU()(f)": "the skip is missing: x is not added, and no 1 × 1 "
        "is used",
        "layers.Add()([f, x]) → layers.Add()([f, f])": "f was added to itself; the "
        "skip is missing",
        ("filters, 3, stride, padding → filters, 3, padding",
         'padding="same")(f) → strides=stride, padding="same")(f)'): "the stride "
        "stands at the second convolution; it belongs to the first",
        "filters, 3, padding → filters, 3, stride, padding": "both convolutions have "
        "the stride; only the first should",
        "filters, 3, stride, padding → filters, 3, padding": "the stride is missing at "
        "the first convolution",
        f"{_SKIP} layers.Conv2D(filters, 3, stride, padding='same')(x)": "a 3 × 3 "
        "stands on the skip; a 1 × 1 on the skip is enough to make shapes match",
        f"{_SKIP} layers.Conv2D(filters, 1)(x)": "the 1 × 1 on the skip needs the "
        "stride, too",
        f"{_IF} if True": "equal maps at stride 1 fit as they are: no 1 × 1 then, the "
        "skip is the input itself",
        f"{_IF} if False": "shapes do not match: a 1 × 1 convolution with the same "
        "stride makes them",
        f"{_IF} if x.shape[-1] != filters": "equal maps with stride 2 need the 1 × 1 "
        "as well",
        f"{_IF} if stride > 1": "other numbers of maps need the 1 × 1 at stride 1 as "
        "well",
        f"{_IF} if stride > 1 and x.shape[-1] != filters": "the 1 × 1 is needed if the "
        "stride *or* the number of maps changes",
        _SECOND.format("", "\n    f = layers.Dropout(0.5)(f)"): "there is a layer that "
        "acts in training only, such as Dropout; the task has none",
        _SECOND.format("", "\n    f = layers.BatchNormalization()(f)"): "there are "
        "weights besides the convolutions' (batch normalization?); the task has none",
        "filters, 3, padding → filters, 1, padding": "the second convolution must be 3 "
        "× 3",
        _SECOND.format("", "\n    f = layers.Conv2D(filters, 3, padding='same')(f)"):
        "f has "
        "two convolutions, not three",
    },
    hints=(
        "First f: 3 × 3 with the stride and ReLU, then 3 × 3 without activation.",
        "If `stride > 1` or `x.shape[-1] != filters`, pass x through a 1 × 1 "
        "convolution with the same stride.",
        "`layers.ReLU()(layers.Add()([f, x]))` comes last.",
    ),
    lesson="The skip is the input where shapes fit, and a strided 1 × 1 where they do "
    "not.",
)  # fmt: skip


def maps_read(k0, k, n):
    return [k0 + k * i for i in range(n)]


dense_maps = Exercise(
    maps_read,
    cases=lambda rng: [(64, 32, 6), (16, 12, 3), (24, 5, 1), (7, 40, 4)],
    mistakes={
        "k * i → k * (i + 1)": "these are the maps *after* each layer; asked are those "
        "it reads",
        "[k0] + [k] * (n - 1)": "a layer reads all maps before it, not only those of "
        "the last one",
        "[k0] * n": "adding keeps the number of maps; concatenation lets it grow",
        "range(n) → range(n + 1)": "one number too many; {n} layers read {n} times",
        "range(n) → range(n - 1)": "one number too few; {n} layers read {n} times",
        "[k0 * 2**i for i in range(n)]": "maps are not doubled; each layer adds k",
        "[k0 + k * i * (i + 1) // 2 for i in range(n)]": "each layer makes k new maps, "
        "whatever it reads",
        "k0 + k * i → k + k0 * i": "k0 and k are swapped: {k0} maps enter, {k} are "
        "added",
        "k0 + k * i → k * i": "the k0 maps that enter the block are read as well",
        "k0 + k * i → k * (i + 1)": "that is what the layers made, their own included; "
        "the k0 maps that enter are read, and a layer does not read itself",
        "k0 + k * (n - 1)": "one number came, what the last layer reads; a list of {n} "
        "is asked, one a layer",
        "k0 + k * n": "one number came, the maps after the block; a list of {n} is "
        "asked, one a layer",
        "sum(k0 + k * i for i in range(n))": "that is the sum; a list of {n} is asked, "
        "one a layer",
        "k0 + k * i → k0 + i": "each layer adds k = {k} maps, not 1",
    },
    parts="each of the n layers adds k maps to the k0 that came in",
    hints=(
        "The first layer reads the k0 maps that enter the block.",
        "Each layer appends k maps to all that were there.",
        "`[k0 + k * i for i in range(n)]`",
    ),
    lesson="k0 + k (l - 1): the input of the layers grows, what each makes stays "
    "small.",
)  # fmt: skip


def mended_network(x, filters, blocks):
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    for _ in range(blocks):
        f = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        f = layers.ReLU()(layers.BatchNormalization()(f))
        f = layers.Conv2D(filters, 3, padding="same", use_bias=False)(f)
        f = layers.BatchNormalization()(f)
        x = layers.ReLU()(layers.Add()([f, x]))
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(10)(x)


def _network_facts(y, x, *plan):
    model = blocks.network(x, y)
    told = {"scores": model.output_shape[-1], "parameters": model.count_params()}
    return told | {"the scores for random weights": blocks.computed(model)}


_STEM = ("x = layers.Conv2D → x = start = layers.Conv2D", "[f, x] → [f, start]")
_NORM = "f = layers.BatchNormalization()(f) →"
_BENT = f"{_NORM} f = layers.ReLU()(layers.BatchNormalization()(f))"
_SCORES = "layers.Dense(10)(x) → layers.Dense(10, activation='relu')(x)"

mended = Exercise(
    mended_network,
    cases=lambda rng: [
        (keras.Input((6, 5, 2)), 4, 2), (keras.Input((4, 4, 1)), 3, 3),
        (keras.Input((5, 6, 3)), 5, 1),
    ],
    view=_network_facts,
    parts="each block is ReLU(f(x) + x), f ends with its normalization, the scores are "
    "those of the dense layer; all else stays as it was",
    mistakes={
        (*_STEM, _BENT, _SCORES): "that is the broken network; three lines are wrong",
        (*_STEM, _BENT): "the scores are mended; f, and what is added to it, are not",
        (*_STEM, _SCORES): "f is mended; what is added to it, and the scores, are not",
        (_BENT, _SCORES): "the skip is mended; what f writes, and the scores, are not",
        _STEM: "each block adds the first layer's maps; a skip adds its own input",
        _BENT: "f ends with a ReLU, so that no correction can be negative",
        _SCORES: "a ReLU on the scores: a negative one becomes 0, its gradient, too",
        "layers.Add()([f, x]) → f": "the skip is gone; it had to be mended",
        "layers.ReLU()(layers.Add()([f, x])) → layers.Add()([f, x])": "the ReLU behind "
        "the addition was right",
        f"{_NORM} f = f": "the normalization in f was right",
    },
    hints=(
        "Whose maps does the third block add? And may f lower a number?",
        "Ask of each ReLU what it forbids: a negative correction, a negative score?",
        "`Add()([f, x])`, `f = layers.BatchNormalization()(f)`, `layers.Dense(10)(x)`",
    ),
    lesson="It built, and it trained: ask of each line what it makes impossible.",
)  # fmt: skip
