"""Networks of pictures, one of each kind."""

from conform.net import Net


def unet():
    """Transposed convolutions going up, skips joined by Concat."""
    net = Net()
    x, skips = net.picture(side=64), []
    for width in (16, 32, 64):
        x = net.relu(net.conv(net.relu(net.conv(x, width)), width))
        skips.append(x)
        x = net.emit("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.relu(net.conv(x, 96))
    for width in (64, 32, 16):
        x = net.conv(x, width, 2, transposed=True, strides=[2, 2], pads=[0] * 4)
        x = net.relu(net.conv(net.concat(x, skips.pop()), width))
    net.conv(x, 4, 1)
    return net.model(), net.samples


def shuffled(net, x, block):
    """PixelShuffle, as torch exports it."""
    y = net.emit("DepthToSpace", x, blocksize=block, mode="CRD")
    net.widths[y] = net.widths[x] // block**2
    return y


def super_resolution():
    """ESPCN and EDSR in one: residual blocks, then two pixel shuffles, the last to three channels."""
    net = Net()
    x = first = net.conv(net.picture(side=32), 24)
    for _ in range(3):
        x = net.emit("Add", x, net.conv(net.relu(net.conv(x, 24)), 24))
    x = net.emit("Add", x, first)
    x = shuffled(net, net.conv(x, 96), 2)
    shuffled(net, net.conv(x, 12), 2)
    return net.model(), net.samples


def pixel_unshuffle():
    """Space to depth as torch exports it, by a Transpose of six dimensions."""
    net, side, width = Net(), 48, 3
    x = net.picture(width, side)
    x = net.reshape(x, 1, width, side // 2, 2, side // 2, 2)
    x = net.emit("Transpose", x, perm=[0, 1, 3, 5, 2, 4])
    x = net.reshape(x, 1, width * 4, side // 2, side // 2, channels=width * 4)
    x = net.relu(net.conv(x, 32))
    x = net.relu(net.conv(x, 48, strides=[2, 2]))
    net.classify(x)
    return net.model(), net.samples


def group_norm():
    """GroupNorm as torch exports it, around an InstanceNormalization of groups."""
    net, groups, width, side = Net(), 4, 32, 24
    x = net.conv(net.picture(side=2 * side), width, strides=[2, 2])
    for _ in range(3):
        y = net.reshape(x, 0, groups, -1)
        y = net.emit("InstanceNormalization", y, net.constant([1] * groups), net.constant([0] * groups))
        y = net.reshape(y, 1, width, side, side, channels=width)
        y = net.emit("Mul", y, net.table(width, 1, 1, mean=1, deviation=0.2))
        y = net.emit("Add", y, net.table(width, 1, 1, deviation=0.2))
        x = net.emit("Add", x, net.conv(net.emit("Mul", y, net.emit("Sigmoid", y)), width))
    net.classify(x)
    return net.model(), net.samples


def style_transfer():
    """Reflected borders, instance norms, an upsampling by nearest pixels."""
    net = Net()
    border = net.whole(0, 0, 1, 1, 0, 0, 1, 1)
    x = net.picture(side=64)
    for width, stride in ((16, 1), (32, 2), (32, 1)):
        x = net.emit("Pad", x, border, mode="reflect")
        x = net.conv(x, width, pads=[0] * 4, strides=[stride, stride])
        x = net.relu(net.emit("InstanceNormalization", x, net.table(width, mean=1, deviation=0.2), net.table(width)))
    x = net.emit("Resize", x, "", net.constant([1, 1, 2, 2]), mode="nearest", nearest_mode="floor",
                 coordinate_transformation_mode="asymmetric")
    net.emit("Tanh", net.conv(x, 3))
    return net.model(), net.samples


def boxes_of_anchors():
    """A YOLOv8 head: a softmax over distances, boxes from two corners, scores by sigmoid."""
    net, bins, classes = Net(), 16, 5
    x, levels = net.picture(side=64), []
    for width in (16, 32, 64):
        x = net.conv(x, width, strides=[2, 2])
        x = net.emit("Mul", x, net.emit("Sigmoid", x))
        levels.append(net.reshape(net.concat(net.conv(x, 4 * bins, 1), net.conv(x, classes, 1)), 1, 4 * bins + classes, -1))
    joined = net.emit("Concat", *levels[1:], axis=2)
    boxes, scores = net.emit("Split", joined, net.whole(4 * bins, classes), axis=1, outputs=2)
    count = 16 * 16 + 8 * 8
    boxes = net.emit("Transpose", net.reshape(boxes, 1, 4, bins, count), perm=[0, 3, 1, 2])
    boxes = net.emit("Softmax", boxes, axis=3)
    boxes = net.emit("MatMul", boxes, net.constant([[float(i)] for i in range(bins)]))
    boxes = net.emit("Transpose", net.reshape(boxes, 1, count, 4), perm=[0, 2, 1])
    near, far = net.emit("Split", boxes, net.whole(2, 2), axis=1, outputs=2)
    centres = net.table(1, 2, count, deviation=8)
    low, high = net.emit("Sub", centres, near), net.emit("Add", centres, far)
    middle = net.emit("Div", net.emit("Add", low, high), net.constant(2))
    net.emit("Concat", middle, net.emit("Sub", high, low), net.emit("Sigmoid", scores), axis=1)
    return net.model(), net.samples


def peaks_of_heatmaps():
    """CenterNet's end: local maxima of a heat map, the eight largest, and sizes picked at their places."""
    net, side, most = Net(opset=13), 12, 8
    x = net.relu(net.conv(net.picture(), 32, strides=[2, 2]))
    x = net.relu(net.conv(x, 32, strides=[2, 2]))
    heat, sizes = net.emit("Sigmoid", net.conv(x, 1, 1)), net.conv(x, 2, 1)
    largest = net.emit("MaxPool", heat, kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1])
    same = net.emit("Cast", net.emit("Equal", heat, largest), to=1)
    peaks = net.reshape(net.emit("Mul", heat, same), 1, side * side)
    scores, places = net.emit("TopK", peaks, net.whole(most), axis=1, outputs=2)
    sizes = net.reshape(sizes, 1, 2, side * side)
    places = net.emit("Expand", net.emit("Unsqueeze", places, net.whole(1)), net.whole(1, 2, most))
    picked = net.emit("GatherElements", sizes, places, axis=2)
    return net.model(scores, picked), net.samples


def generator():
    """A VAE's decoder: a Linear becomes a picture, transposed convolutions enlarge it."""
    net, width = Net(), 32
    x = net.relu(net.linear(net.signal(16), width * 6 * 6))
    x = net.reshape(x, 1, width, 6, 6, channels=width)
    for wide in (24, 16):
        x = net.relu(net.conv(x, wide, 4, transposed=True, strides=[2, 2], pads=[1] * 4))
    net.emit("Sigmoid", net.conv(x, 3))
    return net.model(), net.samples


def embedding():
    """Squeeze and excitation, PReLU, and an embedding divided by its length, as of faces."""
    net = Net()
    x = net.picture()
    for width in (16, 32, 48):
        x = net.conv(x, width, strides=[2, 2])
        x = net.emit("PRelu", x, net.table(width, 1, 1, mean=0.25, deviation=0.1))
        gate = net.relu(net.conv(net.emit("GlobalAveragePool", x), width // 4, 1))
        gate = net.emit("Sigmoid", net.conv(gate, width, 1))
        x = net.emit("Mul", x, gate)
    x = net.classify(x, 64)
    net.emit("Div", x, net.emit("ReduceL2", x, axes=[1], keepdims=1))
    return net.model(), net.samples


def video():
    """Convolutions over time, height and width."""
    net = Net()
    x = net.signal(3, 8, 24, 24)
    net.widths[x] = 3
    for width in (8, 16):
        x = net.relu(net.conv(x, width, rank=3, strides=[1, 2, 2]))
    net.classify(x)
    return net.model(), net.samples


def residual():
    """The small residual network that ONNX Runtime quantizes for the rows of its forms."""
    net = Net()
    x = net.relu(net.conv(net.picture(), 16))
    for width in (16, 32, 48):
        y = net.conv(net.relu(net.conv(x, width, strides=[2, 2])), width)
        x = net.relu(net.emit("Add", y, net.conv(x, width, 1, strides=[2, 2])))
    net.classify(x)
    return net.model(), net.samples
