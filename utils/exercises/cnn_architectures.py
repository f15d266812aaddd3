"""Exercises of 03_CNNArchitectures: cost of a layer, separable and residual blocks, a dense block."""

import numpy as np

from utils.exercises.old import Exercise, Wrong, array, call, describe


def _verify_cost(function):
    given = 227, 3, 96, 11, 4, 0
    right = 55, 34_944, 55 * 55 * 11 * 11 * 3 * 96
    result = call(function, *given)
    if np.shape(result) != (3,):
        raise Wrong(
            f"three numbers are asked (side, parameters, multiply-adds); {describe(result)} came."
        )
    side, parameters, work = array(result, "the result", (3,))
    slips = {
        54: "the + 1 is missing: the first place counts as well",
        57: "the side is not divided before adding: (side - kernel + 2 padding) / stride + 1",
        56.75: "the kernel is not subtracted: 227 pixels have fewer than 227 places for 11",
        217: "that is the side with stride 1; divide by the stride",
    }
    if side != 55:
        raise Wrong(
            f"side {side:g} instead of 55: {slips.get(side, '(227 - 11 + 0) / 4 + 1')}."
        )
    slips = {
        34_848: "the biases are missing, one a filter",
        (11 * 3 + 1) * 96: "a kernel has size × size places, not size",
        (121 + 1) * 96: "a filter looks at all 3 channels",
        121 * 3 * 96 + 3: "there is one bias a filter, not one a channel of the input",
    }
    if parameters != right[1]:
        raise Wrong(
            f"{parameters:,.0f} parameters instead of {right[1]:,}: "
            f"{slips.get(parameters, '(size × size × channels + 1) × filters')}."
        )
    slips = {
        right[1]
        * 55
        * 55: "a bias is added, not multiplied; leave it out of the multiply-adds",
        right[2] // 55: "the map has side × side places",
        34_848: "that is the work at one place; the kernel is used at each of side × side places",
        34_848 * 227 * 227: "the kernel is used once at each place of the *output*",
    }
    if work != right[2]:
        reason = slips.get(work, "weights of the kernels × side × side")
        raise Wrong(f"{work:,.0f} multiply-adds instead of {right[2]:,}: {reason}.")
    for given in ((32, 1, 6, 5, 1, 2), (224, 3, 64, 7, 2, 3), (8, 4, 5, 3, 2, 0)):
        s, channels, filters, size, stride, padding = given
        out = (s - size + 2 * padding) // stride + 1
        weights = size * size * channels * filters
        again = array(call(function, *given), "the result", (3,))
        if again[0] != out:
            raise Wrong(
                f"for {given} the side is {again[0]:g} instead of {out}: padding counts on both "
                "sides, and half a place is no place (round down)."
            )
        if tuple(again) != (out, weights + filters, weights * out * out):
            raise Wrong(
                f"right for AlexNet's first layer, but {given} gave {again.tolist()}."
            )
    return "35 thousand parameters, 105 million multiply-adds: weights are used again and again."


_COST = "def cost(side, channels, filters, size, stride, padding):\n"
layer_cost = Exercise(
    _verify_cost,
    hints=(
        "The side of the map is (side - size + 2 * padding) // stride + 1.",
        "A filter has size * size * channels weights and one bias.",
        "Each weight is used once at every place of the output: weights * out * out.",
    ),
    wrong_answers={
        _COST
        + "    out = (side - size + 2 * padding) // stride\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, w * out**2": "the \\+ 1",
        _COST
        + "    out = side - size + 2 * padding + 1\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, w * out**2": "stride 1",
        _COST
        + "    out = (side - size + padding) // stride + 1\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, w * out**2": "both sides",
        _COST
        + "    out = (side - size + 2 * padding) / stride + 1\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, w * out**2": "round down",
        _COST
        + "    out = (side - size + 2 * padding) // stride + 1\n    w = size**2 * channels * filters\n"
        "    return out, w, w * out**2": "biases are missing",
        _COST
        + "    out = (side - size + 2 * padding) // stride + 1\n    w = size**2 * filters\n"
        "    return out, w + filters, w * out**2": "all 3 channels",
        _COST
        + "    out = (side - size + 2 * padding) // stride + 1\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, (w + filters) * out**2": "bias is added",
        _COST
        + "    out = (side - size + 2 * padding) // stride + 1\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, w * out": "side × side",
        _COST
        + "    out = (side - size + 2 * padding) // stride + 1\n    w = size**2 * channels * filters\n"
        "    return out, w + filters, w * side**2": "\\*output\\*",
        _COST + "    return (side - size + 2 * padding) // stride + 1": "three numbers",
    },
)


def _model(function, shape, *arguments):
    """The learner's block as a Keras model on an input of this shape."""
    import keras

    if not callable(function):
        raise Wrong(f"a function is needed; received {describe(function)}.")
    x = keras.Input(shape)
    try:
        y = function(x, *arguments)
    except Exception as error:
        text = str(error).split("\n")[0]
        raise Wrong(
            f"`{function.__name__}` raised {type(error).__name__} for an input of shape {shape}: {text}"
        ) from error
    if y is None:
        raise Wrong(f"`{function.__name__}` returned None. Is a `return` missing?")
    if not keras.utils.is_keras_tensor(y):
        raise Wrong(
            f"the block must return the output of a layer; received {describe(y)}."
        )
    return keras.Model(x, y)


def _kernels(model):
    return [
        tuple(w.shape)
        for layer in model.layers
        for w in layer.weights
        if "kernel" in w.name
    ]


def _run(model, maps):
    import keras

    return keras.ops.convert_to_numpy(model(maps))


def _verify_separable(function):
    model = _model(function, (10, 12, 6), 5)
    shapes = _kernels(model)
    count = sum(int(np.prod(shape)) for shape in shapes)
    slips = {
        9 * 6 * 5: "that is one ordinary 3 × 3 convolution",
        9 * 6: "the 1 × 1 convolution that mixes the maps is missing",
        6 * 5: "the depthwise 3 × 3 convolution is missing",
        9 * 6 + 9 * 6 * 5: "the second convolution must be 1 × 1",
        6 * 5 + 9 * 5: "the order is reversed: first filter each map, then mix",
        6 + 6 * 5: "the depthwise kernels must be 3 × 3",
        9 * 6 * 5
        + 9 * 5: "the first convolution looks at all maps; use a depthwise one",
        9 * 6 + 6 * 6: "the 1 × 1 convolution must make `filters` maps",
    }
    if count != 84:
        raise Wrong(
            f"{count} weights in kernels instead of 9·6 + 6·5 = 84: {slips.get(count, f'kernels of shapes {shapes}')}."
        )
    if model.output.shape[1:] != (10, 12, 5):
        raise Wrong(
            f"10 × 12 × 6 became {' × '.join(map(str, model.output.shape[1:]))}; rows and columns must "
            'stay (`padding="same"`).'
        )
    if model.count_params() != 84:
        raise Wrong(
            f"{model.count_params() - 84} parameters besides the kernels; set `use_bias=False`."
        )
    maps = np.random.default_rng(0).normal(size=(1, 10, 12, 6)).astype(np.float32)
    if not np.allclose(_run(model, -maps), -_run(model, maps), atol=1e-4):
        raise Wrong(
            "there is an activation inside; the task asks for the two convolutions only."
        )
    for channels, filters in ((3, 7), (16, 16)):
        again = _model(function, (8, 8, channels), filters).count_params()
        if again != 9 * channels + channels * filters:
            raise Wrong(
                f"{channels} maps to {filters} took {again} weights, not {9 * channels + channels * filters}."
            )
    return "84 weights where an ordinary convolution has 270: 1/5 + 1/9 of them."


_SEP = "def separable(x, filters):\n"
separable = Exercise(
    _verify_separable,
    hints=(
        "Two layers: `layers.DepthwiseConv2D`, then `layers.Conv2D`.",
        'Both without bias; the first one 3 × 3 with `padding="same"`, the second one 1 × 1.',
        '`layers.Conv2D(filters, 1, use_bias=False)(layers.DepthwiseConv2D(3, padding="same", '
        "use_bias=False)(x))`",
    ),
    wrong_answers={
        _SEP
        + '    return layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)': "ordinary",
        _SEP
        + '    return layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)': "mixes",
        _SEP
        + "    return layers.Conv2D(filters, 1, use_bias=False)(x)": "depthwise 3 × 3",
        _SEP + "    x = layers.Conv2D(filters, 1, use_bias=False)(x)\n"
        '    return layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)': "reversed",
        _SEP + "    x = layers.DepthwiseConv2D(3, use_bias=False)(x)\n"
        "    return layers.Conv2D(filters, 1, use_bias=False)(x)": "must\\s+stay",
        _SEP + '    x = layers.DepthwiseConv2D(3, padding="same")(x)\n'
        "    return layers.Conv2D(filters, 1)(x)": "besides the kernels",
        _SEP + '    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)\n'
        '    return layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)': "must be 1 × 1",
        _SEP
        + '    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, activation="relu")(x)\n'
        "    return layers.Conv2D(filters, 1, use_bias=False)(x)": "activation",
        _SEP + '    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)\n'
        "    return layers.Conv2D(5, 1, use_bias=False)(x)": "3 maps to 7",
        _SEP
        + '    layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)': "`return`",
    },
)


def _verify_residual(function):
    model = _model(function, (8, 8, 6), 10, 2)
    if model.output.shape[1:] != (4, 4, 10):
        raise Wrong(
            f"with 10 filters and stride 2, 8 × 8 × 6 became "
            f"{' × '.join(map(str, model.output.shape[1:]))}; 4 × 4 × 10 is needed."
        )
    shapes = sorted(_kernels(model))
    wanted = [(1, 1, 6, 10), (3, 3, 6, 10), (3, 3, 10, 10)]
    if shapes == wanted[1:]:
        raise Wrong(
            "no 1 × 1 kernel stands on the skip; pooling and repeating cannot learn to fit."
        )
    if shapes != wanted:
        raise Wrong(
            f"kernels {shapes}; needed are {wanted}: two 3 × 3, and a 1 × 1 on the skip."
        )
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(2, 8, 8, 6)).astype(np.float32)
    model.set_weights(
        [
            rng.normal(size=w.shape) if w.ndim == 4 else 0 * w
            for w in model.get_weights()
        ]
    )
    if _run(model, maps).min() < 0:
        raise Wrong(
            "negative numbers come out; the ReLU comes last, after the addition."
        )
    model.set_weights(
        [0 * w if w.shape[:2] == (3, 3) else w for w in model.get_weights()]
    )
    kernel = next(w for w in model.get_weights() if w.shape[:2] == (1, 1))[0, 0]
    skip, out = maps[:, ::2, ::2] @ kernel, _run(model, maps)
    if not np.any(out):
        raise Wrong(
            "with zero 3 × 3 kernels nothing comes out. Is the skip multiplied, or not added?"
        )
    if not np.allclose(out, np.maximum(skip, 0), atol=1e-4):
        raise Wrong(
            "with zero 3 × 3 kernels, the ReLU of the strided 1 × 1 convolution should come out; "
            "something else stands on the skip, or the skip is not the input's."
        )
    same = _model(function, (8, 8, 6), 6, 1)
    if len(_kernels(same)) != 2:
        raise Wrong(
            "6 maps to 6 at stride 1 fit as they are: no 1 × 1 then, the skip is the input itself."
        )
    same.set_weights([0 * w for w in same.get_weights()])
    if not np.allclose(_run(same, maps), np.maximum(maps, 0), atol=1e-5):
        raise Wrong(
            "where shapes match, the block with zero weights must return ReLU(x)."
        )
    shrunk = _model(function, (8, 8, 6), 6, 2)
    if len(_kernels(shrunk)) != 3:
        raise Wrong("equal maps with stride 2 need the 1 × 1 as well.")
    relus = sum(
        "relu"
        in (
            type(layer).__name__.lower(),
            getattr(getattr(layer, "activation", None), "__name__", ""),
        )
        for layer in same.layers
    )
    if relus < 2:
        raise Wrong(
            "a ReLU is missing between the two convolutions; without it they are one linear map."
        )
    return (
        "The skip is the input where shapes fit, and a strided 1 × 1 where they do not."
    )


_RES = "def residual(x, filters, stride):\n"
_F = (
    '    f = layers.Conv2D(filters, 3, stride, padding="same", activation="relu")(x)\n'
    '    f = layers.Conv2D(filters, 3, padding="same")(f)\n'
)
_FIT = "    if stride > 1 or x.shape[-1] != filters:\n        x = layers.Conv2D(filters, 1, stride)(x)\n"
residual = Exercise(
    _verify_residual,
    hints=(
        "First f: 3 × 3 with the stride and ReLU, then 3 × 3 without activation.",
        "If `stride > 1` or `x.shape[-1] != filters`, pass x through a 1 × 1 convolution with the "
        "same stride.",
        "`layers.ReLU()(layers.Add()([f, x]))` comes last.",
    ),
    wrong_answers={
        _RES
        + _F
        + "    return layers.ReLU()(layers.Add()([f, x]))": "raised ValueError",
        _RES + _F + "    x = layers.Conv2D(filters, 1, stride)(x)\n"
        "    return layers.ReLU()(layers.Add()([f, x]))": "fit as they are",
        _RES
        + _F
        + "    if x.shape[-1] != filters:\n        x = layers.Conv2D(filters, 1, stride)(x)\n"
        "    return layers.ReLU()(layers.Add()([f, x]))": "raised ValueError",
        _RES + _F + _FIT + "    return layers.Add()([f, x])": "ReLU comes last",
        _RES
        + _F
        + _FIT
        + "    return layers.ReLU()(layers.Multiply()([f, x]))": "nothing comes out",
        _RES
        + _F
        + _FIT
        + "    return layers.ReLU()(layers.Concatenate()([f, x]))": "4 × 4 × 20",
        _RES + _F + "    if stride > 1 or x.shape[-1] != filters:\n"
        '        x = layers.Conv2D(filters, 3, stride, padding="same")(x)\n'
        "    return layers.ReLU()(layers.Add()([f, x]))": "1 × 1 on the skip",
        _RES
        + _F.replace(', activation="relu"', "")
        + _FIT
        + "    return layers.ReLU()(layers.Add()([f, x]))": "between the two",
        _RES + _F + "    return layers.ReLU()(f)": "no 1 × 1",
        _RES
        + _F
        + _FIT.replace(", 1, stride)", ', 1, stride, activation="relu")')
        + "    return layers.ReLU()(layers.Subtract()([f, x]))": "something else|nothing",
    },
)


def _verify_maps(function):
    result = call(function, 64, 32, 6)
    right = [64, 96, 128, 160, 192, 224]
    slips = {
        (
            96,
            128,
            160,
            192,
            224,
            256,
        ): "these are the maps *after* each layer; asked are those it reads",
        (
            64,
            32,
            32,
            32,
            32,
            32,
        ): "a layer reads all maps before it, not only those of the last one",
        (
            64,
            64,
            64,
            64,
            64,
            64,
        ): "adding keeps the number of maps; concatenation lets it grow",
        (64, 96, 128, 160, 192, 224, 256): "seven numbers; six layers read six times",
        (64, 128, 256, 512, 1024, 2048): "maps are not doubled; each layer adds k",
        (64, 96, 160, 256, 384, 544): "each layer makes k new maps, whatever it reads",
        (
            32,
            96,
            160,
            224,
            288,
            352,
        ): "k0 and k are swapped: 64 maps enter, 32 are added",
        (0, 32, 64, 96, 128, 160): "the k0 maps that enter the block are read as well",
    }
    if isinstance(result, (int, float, np.number)):
        raise Wrong(f"one number came, {result}; a list of six is asked, one a layer.")
    found = tuple(np.asarray(result).ravel().tolist())
    if found in slips:
        raise Wrong(f"{list(found)}: {slips[found]}.")
    if found != tuple(right):
        raise Wrong(
            f"{list(found)} instead of {right} for k0 = 64, k = 32, six layers."
        )
    for k0, k, n in ((16, 12, 3), (24, 5, 1)):
        again = list(np.asarray(call(function, k0, k, n)).ravel())
        if again != [k0 + k * i for i in range(n)]:
            raise Wrong(f"for k0 = {k0}, k = {k} and {n} layers it gave {again}.")
    return "k0 + k (l - 1): the input of the layers grows, what each makes stays small."


_MAPS = "def maps_read(k0, k, n):\n"
dense_maps = Exercise(
    _verify_maps,
    hints=(
        "The first layer reads the k0 maps that enter the block.",
        "Each layer appends k maps to all that were there.",
        "`[k0 + k * i for i in range(n)]`",
    ),
    wrong_answers={
        _MAPS + "    return [k0 + k * (i + 1) for i in range(n)]": "\\*after\\*",
        _MAPS + "    return [k0] + [k] * (n - 1)": "all maps before",
        _MAPS + "    return [k0] * n": "adding keeps",
        _MAPS + "    return [k0 + k * i for i in range(n + 1)]": "seven numbers",
        _MAPS + "    return [k0 * 2**i for i in range(n)]": "doubled",
        _MAPS + "    return [k + k0 * i for i in range(n)]": "swapped",
        _MAPS + "    return [k * i for i in range(n)]": "enter the block",
        _MAPS + "    return k0 + k * (n - 1)": "one number",
    },
)
