"""Networks of signals, words and vectors, one of each kind."""

import math

import numpy as np

from conform.net import SAMPLES, Net

WIDTH, HEADS, TOKENS, WORDS = 64, 4, 24, 100
SIZE = WIDTH // HEADS


def keywords():
    """Depthwise separable convolutions over a spectrogram, as for spoken keywords."""
    net = Net()
    x = net.signal(1, 40, 49)
    x = net.relu(net.conv(x, 32, strides=[2, 2]))
    for width in (48, 64):
        x = net.relu(net.conv(x, net.widths[x], group=net.widths[x]))
        x = net.relu(net.conv(x, width, 1))
    net.emit("Softmax", net.classify(x, 12), axis=1)
    return net.model(), net.samples


def wavenet():
    """Dilated convolutions of a signal, padded on one side, gated by tanh and sigmoid."""
    net, width = Net(), 24
    x = net.conv(net.signal(1, 256), width, 1, rank=1)
    skips = []
    for dilation in (1, 2, 4, 8):
        padded = net.emit("Pad", x, net.whole(0, 0, dilation, 0, 0, 0))
        gates = net.conv(padded, 2 * width, 2, rank=1, dilations=[dilation], pads=[0, 0])
        a, b = net.emit("Split", gates, net.whole(width, width), axis=1, outputs=2)
        y = net.emit("Mul", net.emit("Tanh", a), net.emit("Sigmoid", b))
        net.widths[y] = width
        skips.append(net.conv(y, width, 1, rank=1))
        x = net.emit("Add", x, skips[-1])
    total = skips[0]
    for skip in skips[1:]:
        total = net.emit("Add", total, skip)
    net.conv(net.relu(total), 8, 1, rank=1)
    return net.model(), net.samples


def point_cloud():
    """PointNet: the same layers for every point, the largest over all of them."""
    net = Net()
    x = net.signal(3, 128)
    for width in (32, 64, 128):
        x = net.relu(net.conv(x, width, 1, rank=1))
    x = net.emit("ReduceMax", x, axes=[2], keepdims=0)
    net.widths[x] = 128
    net.linear(net.relu(net.linear(x, 64)), 10)
    return net.model(), net.samples


def policy():
    """A multilayer perceptron with tanh, as of agents."""
    net = Net()
    x = net.emit("Tanh", net.linear(net.signal(24), 64))
    net.linear(net.emit("Tanh", net.linear(x, 64)), 6)
    return net.model(), net.samples


def mixer():
    """MLP-Mixer: layers over patches and layers over channels take turns."""
    net, patches = Net(), 36
    x = net.conv(net.picture(side=48), WIDTH, 8, strides=[8, 8], pads=[0] * 4)
    x = net.emit("Transpose", net.reshape(x, 1, WIDTH, patches), perm=[0, 2, 1])
    for _ in range(2):
        y = net.emit("Transpose", normalized(net, x), perm=[0, 2, 1])
        y = net.linear(gelu(net, net.linear(y, 2 * patches, patches)), patches)
        x = net.emit("Add", x, net.emit("Transpose", y, perm=[0, 2, 1]))
        x = net.emit("Add", x, net.linear(gelu(net, net.linear(normalized(net, x), 2 * WIDTH, WIDTH)), WIDTH))
    net.linear(net.emit("ReduceMean", normalized(net, x), axes=[1], keepdims=0), 10, WIDTH)
    return net.model(), net.samples


def normalized(net, x):
    return net.emit("LayerNormalization", x, net.table(WIDTH, mean=1, deviation=0.1), net.table(WIDTH, deviation=0.1))


def gelu(net, x):
    erf = net.emit("Erf", net.emit("Div", x, net.constant(math.sqrt(2))))
    return net.emit("Mul", net.emit("Mul", x, net.emit("Add", erf, net.constant(1))), net.constant(0.5))


def rms_normalized(net, x):
    """As exporters write what has no operator of its own in their opset."""
    square = net.emit("ReduceMean", net.emit("Pow", x, net.constant(2)), axes=[-1])
    deviation = net.emit("Sqrt", net.emit("Add", square, net.constant(1e-6)))
    y = net.emit("Mul", x, net.emit("Div", net.constant(1), deviation))
    return net.emit("Mul", net.table(WIDTH, mean=1, deviation=0.1), y)


def rotated(net, x):
    """Rotary embedding of [1, heads, TOKENS, SIZE], halves exchanged."""
    angles = np.arange(TOKENS)[:, None] / 100.0 ** (np.arange(SIZE // 2) * 2 / SIZE)
    angles = np.concatenate([angles, angles], axis=1)[None, None]
    low, high = net.emit("Split", x, net.whole(SIZE // 2, SIZE // 2), axis=3, outputs=2)
    turned = net.emit("Concat", net.emit("Neg", high), low, axis=3)
    still = net.emit("Mul", x, net.constant(np.cos(angles)))
    return net.emit("Add", still, net.emit("Mul", turned, net.constant(np.sin(angles))))


def heads(net, x, count):
    return net.emit("Transpose", net.reshape(x, 1, TOKENS, count, SIZE), perm=[0, 2, 1, 3])


def repeated(net, x, count):
    """Each of `count` heads for as many queries as share it."""
    shape = (1, count, HEADS // count, TOKENS, SIZE)
    x = net.emit("Expand", net.emit("Unsqueeze", x, net.whole(2)), net.whole(*shape))
    return net.reshape(x, 1, HEADS, TOKENS, SIZE)


def product(net, x, out):
    return net.emit("MatMul", x, net.table(WIDTH, out, deviation=WIDTH**-0.5))


def llama():
    """RMSNorm, rotary embedding, keys shared by two heads, a gate of SiLU, a causal mask."""
    net, shared = Net(), 2
    ids = net.input("ids", net.random.integers(0, WORDS, (SAMPLES, TOKENS)))
    x = net.emit("Gather", net.table(WORDS, WIDTH), ids)
    mask = net.constant(np.triu(np.full((1, 1, TOKENS, TOKENS), np.finfo(np.float32).min), 1))
    for _ in range(2):
        y = rms_normalized(net, x)
        query = rotated(net, heads(net, product(net, y, WIDTH), HEADS))
        keys = repeated(net, rotated(net, heads(net, product(net, y, shared * SIZE), shared)), shared)
        values = repeated(net, heads(net, product(net, y, shared * SIZE), shared), shared)
        scores = net.emit("MatMul", query, net.emit("Transpose", keys, perm=[0, 1, 3, 2]))
        scores = net.emit("Add", net.emit("Div", scores, net.constant(math.sqrt(SIZE))), mask)
        y = net.emit("MatMul", net.emit("Softmax", scores, axis=-1), values)
        y = net.reshape(net.emit("Transpose", y, perm=[0, 2, 1, 3]), 1, TOKENS, WIDTH)
        x = net.emit("Add", x, product(net, y, WIDTH))
        y = rms_normalized(net, x)
        gate = product(net, y, 2 * WIDTH)
        gated = net.emit("Mul", net.emit("Mul", gate, net.emit("Sigmoid", gate)), product(net, y, 2 * WIDTH))
        down = net.table(2 * WIDTH, WIDTH, deviation=(2 * WIDTH) ** -0.5)
        x = net.emit("Add", x, net.emit("MatMul", gated, down))
    product(net, rms_normalized(net, x), WORDS)
    return net.model(), net.samples


def encoder():
    """An encoder of words behind a mask of padding, norms after the sums."""
    net = Net()
    ids = net.input("ids", net.random.integers(0, WORDS, (SAMPLES, TOKENS)))
    lengths = net.random.integers(TOKENS // 2, TOKENS + 1, (SAMPLES, 1))
    mask = net.input("mask", (np.arange(TOKENS) < lengths).astype(np.int64))
    mask = net.emit("Cast", net.emit("Unsqueeze", mask, net.whole(1, 2)), to=1)
    mask = net.emit("Mul", net.emit("Sub", net.constant(1), mask), net.constant(-10000))
    x = normalized(net, net.emit("Add", net.emit("Gather", net.table(WORDS, WIDTH), ids), net.table(1, TOKENS, WIDTH)))
    for _ in range(2):
        query, keys, values = (heads(net, net.linear(x, WIDTH, WIDTH), HEADS) for _ in range(3))
        scores = net.emit("MatMul", query, net.emit("Transpose", keys, perm=[0, 1, 3, 2]))
        scores = net.emit("Add", net.emit("Div", scores, net.constant(math.sqrt(SIZE))), mask)
        y = net.emit("MatMul", net.emit("Softmax", scores, axis=-1), values)
        y = net.reshape(net.emit("Transpose", y, perm=[0, 2, 1, 3]), 1, TOKENS, WIDTH)
        x = normalized(net, net.emit("Add", x, net.linear(y, WIDTH, WIDTH)))
        x = normalized(net, net.emit("Add", x, net.linear(gelu(net, net.linear(x, 128, WIDTH)), WIDTH)))
    net.linear(net.emit("Gather", x, net.constant(0, np.int64), axis=1), 8, WIDTH)
    return net.model(), net.samples


def recurrent(kind, gates):
    def build():
        net, hidden = Net(), 32
        x = net.input("x", net.random.normal(0, 1, (SAMPLES, 20, 16)).astype(np.float32))
        x = net.emit("Transpose", x, perm=[1, 0, 2])
        scale = hidden**-0.5
        weights = [net.table(1, gates * hidden, wide, deviation=scale) for wide in (16, hidden)]
        bias = net.table(1, 2 * gates * hidden, deviation=0.1)
        y = net.emit(kind, x, *weights, bias, outputs=2, hidden_size=hidden)[1]
        y = net.reshape(y, 1, hidden)
        net.linear(y, 6, hidden)
        return net.model(), net.samples

    build.__name__ = kind.lower()
    build.__doc__ = f"One {kind} over a sequence, its last state classified."
    return build


lstm, gru = recurrent("LSTM", 4), recurrent("GRU", 3)


def graph_network():
    """A graph convolution: a constant adjacency times features, twice."""
    net, nodes = Net(), 20
    adjacency = net.random.uniform(0, 1, (nodes, nodes)) < 0.2
    adjacency = adjacency / np.maximum(adjacency.sum(1, keepdims=True), 1)
    x = net.signal(nodes, 16)
    x = net.relu(net.emit("MatMul", net.constant(adjacency), net.linear(x, 32, 16)))
    net.emit("MatMul", net.constant(adjacency), net.linear(x, 4, 32))
    return net.model(), net.samples
