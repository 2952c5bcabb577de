#!/usr/bin/python3
"""Writes batch_norm_step.txt: one training step of a quantized network with batch norms, by PyTorch.

usage: batch_norm_step.py > batch_norm_step.txt

Needs Debian's python3-torch. The network, float64, its grids chosen by the paper's equations alone:
    x [N, 3, 6, 6] -> conv 3x3, no bias -> batch norm -> ReLU6
                   -> depthwise 3x3 with a bias -> batch norm -> ReLU -> inner product -> scores [N, 3]
Each line is a name and its values. Images are NHWC, filters OHWI, as our graphs have them.
"""

import torch
from torch import nn
from torch.nn import functional

EPSILON = 1e-3
KEPT = 0.99  # of running statistics
RANGES = {"x": (-2.1, 2), "c": (0, 3), "d": (0, 3), "y": (-4, 3.9)}


class Round(torch.autograd.Function):
    """Rounds to a grid; gradients stop where it clamps."""

    @staticmethod
    def forward(ctx, x, scale, low, high):
        steps = torch.round(x / scale)
        ctx.save_for_backward((steps >= low) & (steps <= high))
        return torch.clamp(steps, low, high) * scale

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None, None


def activation(x, name):
    low, high = RANGES[name]
    scale = (high - low) / 255
    zero = round(-128 - low / scale)
    return Round.apply(x, scale, -128 - zero, 127 - zero)


def weights(w, scale):
    return Round.apply(w, scale, -127, 127)


def by_channel(v):
    return v.reshape(1, -1, 1, 1)


class Normed(nn.Module):
    """A convolution and a batch norm, folded with batch statistics in one of two ways."""

    def __init__(self, shape, groups, bias):
        super().__init__()
        channels = shape[0]
        self.groups = groups
        self.w = nn.Parameter(torch.rand(shape) * 2 - 1)
        self.gamma = nn.Parameter(torch.rand(channels) + 0.5)
        self.beta = nn.Parameter(torch.rand(channels) * 0.5)
        self.bias = torch.rand(channels) if bias else torch.zeros(channels)
        self.mean, self.variance = torch.rand(channels) * 0.2, torch.rand(channels) + 0.5

    def deviation(self):
        return torch.sqrt(self.variance + EPSILON)

    def scale(self):
        """Of the weights as they are folded before training."""
        return float((self.w * (self.gamma / self.deviation()).reshape(-1, 1, 1, 1)).abs().max()) / 127

    def forward(self, x, naive):
        conv = lambda w: functional.conv2d(x, w, padding=1, groups=self.groups)
        sums = conv(self.w)
        mean = sums.mean((0, 2, 3))
        batch = torch.sqrt(sums.var((0, 2, 3), unbiased=False) + EPSILON)
        folding = batch if naive else self.deviation()
        folded = weights(self.w * (self.gamma / folding).reshape(-1, 1, 1, 1), self.fixed_scale)
        self.new_mean = KEPT * (self.mean - self.bias) + (1 - KEPT) * mean
        self.new_variance = KEPT * self.variance + (1 - KEPT) * sums.var((0, 2, 3))
        return conv(folded) * by_channel(folding / batch) + by_channel(self.beta - self.gamma * mean / batch)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = Normed((4, 3, 3, 3), 1, bias=False)
        self.d = Normed((4, 1, 3, 3), 4, bias=True)
        self.w = nn.Parameter(torch.rand(3, 6 * 6 * 4) * 0.2 - 0.1)
        self.b = nn.Parameter(torch.rand(3) - 0.5)
        for layer in (self.c, self.d):
            layer.fixed_scale = layer.scale()

    def forward(self, x, naive):
        c = activation(functional.relu6(self.c(activation(x, "x"), naive)), "c")
        d = activation(functional.relu(self.d(c, naive)), "d")
        scale = float(self.w.abs().max()) / 127
        flat = d.permute(0, 2, 3, 1).reshape(len(x), -1)
        return activation(functional.linear(flat, weights(self.w, scale), self.b), "y")


def nhwc(image):
    return image.permute(0, 2, 3, 1)


def ohwi(filters, depthwise):
    return filters.permute(1, 2, 3, 0) if depthwise else filters.permute(0, 2, 3, 1)


def show(name, values):
    print(name, *(f"{v:.9g}" for v in values.detach().flatten().tolist()))


def show_layer(name, layer):
    show(name + ".w", ohwi(layer.w, layer.groups > 1))
    for what in ("gamma", "beta", "bias", "mean", "variance"):
        show(f"{name}.{what}", getattr(layer, what))


def show_step(network, x, labels, mode):
    network.zero_grad()
    loss = functional.cross_entropy(network(x, mode == "naive"), labels)
    loss.backward()
    print(f"{mode}.loss", f"{loss.item():.9g}")
    for name, layer in (("c", network.c), ("d", network.d)):
        show(f"{mode}.{name}.w", ohwi(layer.w.grad, layer.groups > 1))
        show(f"{mode}.{name}.gamma", layer.gamma.grad)
        show(f"{mode}.{name}.beta", layer.beta.grad)
        show(f"{mode}.{name}.mean", layer.new_mean)
        show(f"{mode}.{name}.variance", layer.new_variance)
    show(f"{mode}.w", network.w.grad)
    show(f"{mode}.b", network.b.grad)


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    network = Network()
    x = torch.rand(5, 3, 6, 6) * 4 - 2
    labels = torch.tensor([0, 2, 1, 1, 0])
    show("x", nhwc(x))
    show_layer("c", network.c)
    show_layer("d", network.d)
    show("w", network.w)
    show("b", network.b)
    for mode in ("corrected", "naive"):
        show_step(network, x, labels, mode)


main()
