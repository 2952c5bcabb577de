"""The networks of testdata/fashion_mnist as torch modules: what the paper measures, in small.

Input: [batch, 1, 28, 28]. Output: ten logits, or [batch, 1, 28, 28] of the U-Net. The order in which
layers are made decides their first weights.
"""

import torch
from torch import nn


def conv_bn(inputs, outputs, kernel, stride=1, groups=1):
    """A convolution without bias and the batch norm behind it."""
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


def conv_bn_relu(inputs, outputs, kernel, stride=1):
    return nn.Sequential(*conv_bn(inputs, outputs, kernel, stride), nn.ReLU())


def classifier(features):
    """From [batch, features, height, width] to ten logits."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 10)]


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise 3x3, project 1x1; with a shortcut where the shape stays the same."""

    def __init__(self, inputs, outputs, stride, expansion, activation=nn.ReLU6):
        super().__init__()
        hidden = inputs * expansion
        expand = [*conv_bn(inputs, hidden, 1), activation()] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand,
            *conv_bn(hidden, hidden, 3, stride, hidden),
            activation(),
            *conv_bn(hidden, outputs, 1),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.shortcut else self.body(x)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn(inputs, outputs, 3, stride), nn.ReLU(), *conv_bn(outputs, outputs, 3)
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(*conv_bn(inputs, outputs, 1, stride))
        )

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


class Branches(nn.Module):
    """What each branch makes of the same input, joined along the channels."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def mobilenet_v2(activation, stem_stride):
    blocks = [InvertedResidual(16, 16, 1, 1, activation)]
    inputs = 16
    for outputs, count, first_stride in ((16, 2, 1), (24, 2, 2), (48, 2, 2)):
        for k in range(count):
            stride = first_stride if k == 0 else 1
            blocks.append(InvertedResidual(inputs, outputs, stride, 3, activation))
            inputs = outputs
    head = [*conv_bn(48, 128, 1), activation(), *classifier(128)]
    return nn.Sequential(*conv_bn(1, 16, 3, stem_stride), activation(), *blocks, *head)


def mobilenet():
    """MobileNetV2's structure at 1/50 of its size: 41,754 parameters."""
    return mobilenet_v2(nn.ReLU6, 1)


def mobilenet_relu():
    """The same with plain ReLU, and a first convolution of stride 2."""
    return mobilenet_v2(nn.ReLU, 2)


def resnet():
    """A ResNet of three basic blocks: 77,754 parameters."""
    blocks = [BasicBlock(16, 16, 1), BasicBlock(16, 32, 2), BasicBlock(32, 64, 2)]
    head = classifier(64)
    return nn.Sequential(*conv_bn(1, 16, 3), nn.ReLU(), *blocks, *head)


def resnet_deep():
    """A ResNet of nine narrow basic blocks."""
    blocks = [BasicBlock(16, 16, 1) for _ in range(3)]
    for inputs, outputs in ((16, 24), (24, 28)):
        blocks += [BasicBlock(inputs, outputs, 2), *(BasicBlock(outputs, outputs, 1) for _ in range(2))]
    return nn.Sequential(*conv_bn(1, 16, 3, 2), nn.ReLU(), *blocks, *classifier(28))


def depthwise_separable(width):
    """MobileNetV1's structure: depthwise 3x3 and pointwise 1x1 in turn, of so many channels at first."""
    layers = [*conv_bn(1, width, 3, 2), nn.ReLU6()]
    inputs = width
    for outputs, stride in ((2 * width, 1), (4 * width, 2), (4 * width, 1), (8 * width, 2), (8 * width, 1)):
        layers += [*conv_bn(inputs, inputs, 3, stride, inputs), nn.ReLU6()]
        layers += [*conv_bn(inputs, outputs, 1), nn.ReLU6()]
        inputs = outputs
    return nn.Sequential(*layers, *classifier(inputs))


def mobilenet_v1():
    return depthwise_separable(16)


def mobilenet_v1_half():
    return depthwise_separable(8)


def squeezenet():
    """SqueezeNet's fire modules with batch norms, which the original lacks."""

    def fire(inputs, squeezed, expanded):
        expand = Branches(conv_bn_relu(squeezed, expanded, 1), conv_bn_relu(squeezed, expanded, 3))
        return [conv_bn_relu(inputs, squeezed, 1), expand]

    return nn.Sequential(
        conv_bn_relu(1, 32, 3, 2),
        *fire(32, 12, 24),
        *fire(48, 12, 24),
        nn.MaxPool2d(3, 2, 1),
        *fire(48, 20, 40),
        *fire(80, 20, 40),
        nn.MaxPool2d(3, 2, 1),
        *fire(80, 28, 56),
        nn.Conv2d(112, 10, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def inception():
    """Inception v3's block three times: 1x1, 3x3, two 3x3 in a row (the second as 3x1 and 1x3), pooling."""

    def thin(channels, kernel):
        padding = (kernel[0] // 2, kernel[1] // 2)
        convolution = nn.Conv2d(channels, channels, kernel, 1, padding, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU())

    def block(inputs, width):
        return Branches(
            conv_bn_relu(inputs, width, 1),
            nn.Sequential(conv_bn_relu(inputs, width // 2, 1), conv_bn_relu(width // 2, width, 3)),
            nn.Sequential(
                conv_bn_relu(inputs, width // 2, 1),
                conv_bn_relu(width // 2, width, 3),
                thin(width, (3, 1)),
                thin(width, (1, 3)),
            ),
            nn.Sequential(nn.AvgPool2d(3, 1, 1), conv_bn_relu(inputs, width, 1)),
        )

    return nn.Sequential(
        conv_bn_relu(1, 24, 3, 2),
        block(24, 16),
        nn.MaxPool2d(3, 2, 1),
        block(64, 24),
        nn.MaxPool2d(3, 2, 1),
        block(96, 28),
        *classifier(112),
    )


class NasCell(nn.Module):
    """NASNet-A's cell: five sums of two branches each, joined; with stride 2 a reduction cell.

    Its inputs are the results of the two cells before; where these differ in size the older is pooled.
    """

    def __init__(self, older, newer, width, stride):
        super().__init__()
        self.squeeze = nn.ModuleList([conv_bn_relu(older, width, 1), conv_bn_relu(newer, width, 1)])
        self.separable = nn.ModuleList(
            [self.branch(width, kernel, stride) for kernel in (5, 3, 5, 3, 3)]
        )
        self.pool = nn.AvgPool2d(3, stride, 1)

    @staticmethod
    def branch(width, kernel, stride):
        depthwise = nn.Conv2d(width, width, kernel, stride, kernel // 2, groups=width, bias=False)
        return nn.Sequential(depthwise, *conv_bn(width, width, 1))

    def forward(self, older, newer):
        if older.shape[2] != newer.shape[2]:
            older = nn.functional.max_pool2d(older, 2, 2)
        older, newer = self.squeeze[0](older), self.squeeze[1](newer)
        five, three, other_five, other_three, last = self.separable
        pooled = self.pool(older)
        sums = [
            five(newer) + three(older),
            other_five(older) + other_three(older),
            self.pool(newer) + pooled,
            last(newer) + pooled,
        ]
        return torch.relu(torch.cat(sums, 1))


class NasNet(nn.Module):
    """Normal and reduction cells in turn."""

    def __init__(self, stem, cells):
        super().__init__()
        self.stem = conv_bn_relu(1, stem, 3, 2)
        self.cells = nn.ModuleList()
        older = newer = stem
        for width, stride in cells:
            self.cells.append(NasCell(older, newer, width, stride))
            older, newer = newer, 4 * width
        self.head = nn.Sequential(*classifier(newer))

    def forward(self, x):
        older = newer = self.stem(x)
        for cell in self.cells:
            older, newer = newer, cell(older, newer)
        return self.head(newer)


def nasnet():
    return NasNet(24, ((12, 1), (24, 2), (24, 1), (36, 2)))


class UNet(nn.Module):
    """A U-Net of three sizes, 28, 14 and 7 pixels: a logit per pixel, positive where it is garment."""

    def __init__(self, width):
        super().__init__()
        self.down = nn.ModuleList(
            [self.twice(1, width), self.twice(width, 2 * width), self.twice(2 * width, 4 * width)]
        )
        self.rise = nn.ModuleList(
            [nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), nn.ConvTranspose2d(2 * width, width, 2, 2)]
        )
        self.up = nn.ModuleList([self.twice(4 * width, 2 * width), self.twice(2 * width, width)])
        self.last = nn.Conv2d(width, 1, 1)

    @staticmethod
    def twice(inputs, outputs):
        return nn.Sequential(conv_bn_relu(inputs, outputs, 3), conv_bn_relu(outputs, outputs, 3))

    def forward(self, x):
        fine = self.down[0](x)
        middle = self.down[1](nn.functional.max_pool2d(fine, 2))
        coarse = self.down[2](nn.functional.max_pool2d(middle, 2))
        middle = self.up[0](torch.cat([middle, self.rise[0](coarse)], 1))
        return self.last(self.up[1](torch.cat([fine, self.rise[1](middle)], 1)))


def unet():
    return UNet(8)


CLASSIFIERS = (
    mobilenet,
    resnet,
    mobilenet_v1,
    mobilenet_v1_half,
    nasnet,
    inception,
    squeezenet,
    resnet_deep,
    mobilenet_relu,
)
NETWORKS = {make.__name__: make for make in (*CLASSIFIERS, unet)}
