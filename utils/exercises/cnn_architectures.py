"""Exercises of 03: cost, separable, residual, dense block, a network to mend."""

import keras
from keras import layers

from utils.exercises import Exercise, blocks


def cost(side, channels, filters, size, stride, padding):
    out = (side - size + 2 * padding) // stride + 1
    weights = size * size * channels * filters
    return out, weights + filters, weights * out * out


_SIDE = "(side - size + 2 * padding) // stride + 1 →"
_WORK = "weights * out * out →"

layer_cost = Exercise(
    cost,
    cases=lambda rng: [
        (227, 3, 96, 11, 4, 0), (32, 1, 6, 5, 1, 2), (224, 3, 64, 7, 2, 3),
        (8, 4, 5, 3, 2, 0), (10, 2, 3, 4, 3, 1), (5, 7, 2, 1, 1, 0),
    ],
    parts={"the side": "(side - size + 2 × padding) / stride + 1, rounded down",
           "the parameters": "(size × size × channels + 1) × filters",
           "the multiply-adds": "weights of the kernels × out × out"},
    mistakes={
        "// stride + 1 → // stride": "the + 1 is missing: the first place counts, too",
        "ng) // stride + 1 → ng + 1) // stride": "divide before you add 1",
        " - size →": "the kernel is not subtracted; it has fewer than {side} places",
        f"{_SIDE} side - size + 2 * padding + 1": "that is the side with stride 1",
        "2 * padding → padding": "padding counts on both sides",
        " + 2 * padding →": "the padding is missing",
        "// stride → / stride": "half a place is no place: round down, `//`",
        "weights + filters → weights": "the biases are missing, one a filter",
        "weights + filters → weights + channels": "there is one bias a filter",
        "size * size * channels → size * channels": "a kernel has size × size places",
        "size * channels → size": "a filter looks at all {channels} channels",
        f"{_WORK} (weights + filters) * out * out": "biases are added, not multiplied",
        f"{_WORK} weights * out": "the map has side × side places",
        f"{_WORK} weights": "that is one place; kernels work at side × side places",
        f"{_WORK} weights * side * side": "kernels work at each place of the *output*",
        ", weights + filters, weights * out * out →": "three numbers are asked",
    },
    hints=("The side of the map is (side - size + 2 * padding) // stride + 1.",
           "A filter has size * size * channels weights and one bias.",
           "Each weight is used once at every place of the output."),
    lesson="35 thousand parameters, 105 million multiply-adds: weights are used again "
    "and again.",
)  # fmt: skip


def separable_block(x, filters):
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    return layers.Conv2D(filters, 1, use_bias=False)(x)


def _separable_facts(y, x, filters):
    right = blocks.reference(separable_block, x, filters)
    return blocks.facts(y, x, right, may_have_biases=False)


_DEPTHWISE = 'layers.DepthwiseConv2D(3, padding="same", use_bias=False)'
_MIX = "layers.Conv2D(filters, 1, use_bias=False)(x)"

separable = Exercise(
    separable_block,
    cases=lambda rng: [(keras.Input((10, 12, 6)), 5), (keras.Input((8, 8, 3)), 7),
                       (keras.Input((5, 7, 4)), 4)],
    view=_separable_facts,
    parts="a depthwise 3 × 3, then a 1 × 1 to `filters` maps; no bias, nothing else",
    mistakes={
        'layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)':
        "that is one ordinary 3 × 3 convolution",
        f"{_DEPTHWISE}(x)": "the 1 × 1 convolution that mixes the maps is missing",
        _MIX: "the depthwise 3 × 3 convolution is missing",
        f"{_DEPTHWISE}({_MIX})": "the order is reversed: first filter, then mix",
        "filters, 1 → filters, 3, padding='same'": "the second must be 1 × 1",
        "DepthwiseConv2D(3 → DepthwiseConv2D(1": "the depthwise kernels must be 3 × 3",
        "DepthwiseConv2D( → Conv2D(filters, ": "it mixes all maps; use a depthwise one",
        "filters, 1 → x.shape[-1], 1": "the 1 × 1 must make `filters` maps",
        "filters, 1 → 5, 1": "5 maps are written into it; use `filters`",
        'padding="same", →': 'rows and columns must stay (`padding="same"`)',
        ('padding="same", use_bias=False → padding="same"', "1, use_bias=False → 1"):
        "there are parameters besides the kernels; set `use_bias=False`",
        'padding="same", use_bias → padding="same", activation="relu", use_bias':
        "there is an activation inside; two convolutions are asked, nothing else",
    },
    hints=("Two layers: `layers.DepthwiseConv2D`, then `layers.Conv2D`.",
           'Both without bias; first 3 × 3 with `padding="same"`, then 1 × 1.',
           '`layers.Conv2D(filters, 1, use_bias=False)(layers.DepthwiseConv2D(3, '
           'padding="same", use_bias=False)(x))`'),
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
_SECOND = '3, padding="same")(f) → 3, padding="same", activation="relu")(f)'
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
    parts="f is two padded 3 × 3 with a ReLU between them; add the skip x, or a 1 × 1 "
    "of it where shapes differ; a ReLU comes last",
    mistakes={
        _NO_FIRST: "a ReLU is missing between the two: they are one linear map",
        _SECOND: "f ends with its second convolution, without a ReLU",
        (_NO_FIRST, _SECOND): "the ReLU belongs between the two, not behind the second",
        f"{_SKIP} layers.Conv2D(filters, 1, stride, activation='relu')(x)":
        "something else stands on the skip, a ReLU; leave the 1 × 1 linear",
        f"{_END} layers.Add()([layers.ReLU()(f), x])": "add first, then the ReLU",
        f"{_END} layers.Add()([f, x])": "negative numbers come out: the ReLU is last",
        ".Add()([f, x]) → .Subtract()([f, x])": "the skip is subtracted; add it",
        ".Add() → .Multiply()": "where f is 0, nothing comes out; add the skip",
        ".Add() → .Concatenate()": "the skip stands beside f; add it",
        f"{_END} layers.ReLU()(f)": "the skip is missing: no x is added, no 1 × 1 used",
        "3, stride, padding → 3, padding": "the first convolution needs the stride",
        f"{_SKIP} layers.Conv2D(filters, 3, stride, padding='same')(x)":
        "a 1 × 1 on the skip is enough to make shapes match, not 3 × 3",
        f"{_SKIP} layers.Conv2D(filters, 1)(x)": "the 1 × 1 needs the stride, too",
        f"{_IF} if True": "equal maps at stride 1 fit as they are: no 1 × 1 then",
        f"{_IF} if False": "shapes do not match: a 1 × 1 with the stride makes them",
        f"{_IF} if x.shape[-1] != filters": "stride 2 needs the 1 × 1 as well",
        f"{_IF} if stride > 1": "other numbers of maps need the 1 × 1 as well",
        'same")(f) → same")(layers.BatchNormalization()(f))': "leave out what else has "
        "weights, such as batch normalization",
    },
    hints=("First f: 3 × 3 with the stride and ReLU, then 3 × 3 without activation.",
           "If `stride > 1` or `x.shape[-1] != filters`, pass x through a 1 × 1 "
           "convolution with the same stride.",
           "`layers.ReLU()(layers.Add()([f, x]))` comes last."),
    lesson="The skip is the input where shapes fit, and a strided 1 × 1 where they do "
    "not.",
)  # fmt: skip


def maps_read(k0, k, n):
    return [k0 + k * i for i in range(n)]


dense_maps = Exercise(
    maps_read, cases=lambda rng: [(64, 32, 6), (16, 12, 3), (24, 5, 1), (7, 40, 4)],
    parts="each of the n layers adds k maps to the k0 that came in",
    mistakes={
        "k0 + k * i → k0 + k * (i + 1)": "that is *after* each layer; it reads less",
        "[k0] + [k] * (n - 1)": "a layer reads all maps before it, not the last one's",
        "[k0] * n": "adding keeps the number of maps; concatenation lets it grow",
        "range(n) → range(n + 1)": "one number too many; {n} layers read {n} times",
        "[k0 * 2**i for i in range(n)]": "maps are not doubled; each layer adds k",
        "k * i → k * i * (i + 1) // 2": "a layer makes k maps, whatever it reads",
        "k0 + k * i → k + k0 * i": "k0 and k are swapped: {k0} enter, {k} are added",
        "k0 + k * i → k * i": "the k0 maps that enter the block are read as well",
        "k0 + k * (n - 1)": "one number came, the last; a list of {n} is asked",
    },
    hints=("The first layer reads the k0 maps that enter the block.",
           "Each layer appends k maps to all that were there.",
           "`[k0 + k * i for i in range(n)]`"),
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
