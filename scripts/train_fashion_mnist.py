#!/usr/bin/python3
"""Trains the two Fashion-MNIST networks of testdata/fashion_mnist and writes them as ONNX.

usage: train_fashion_mnist.py [--epochs N] [--out DIR] [mobilenet] [resnet]

Each network trains in a process of its own, on one thread, from a fixed seed; --epochs 0 writes
untrained networks of the same shape. Two files per network: NAME.onnx with its batch norms folded
by the exporter, NAME_bn.onnx with them kept. Input: [batch, 1, 28, 28], (pixel / 255 - 0.2860) /
0.3530. Output: ten logits. Needs Debian's python3-torch and dataset-fashion-mnist.
"""

import argparse
import copy
import multiprocessing
import pathlib
import time

import torch
from torch import nn

from zoo import export_onnx, fashion_mnist

EPOCHS = 3
BATCH = 128
PEAK_LEARNING_RATE = 0.2
SEED = 0


def conv_bn(inputs, outputs, kernel, stride=1, groups=1):
    """A convolution without bias and the batch norm behind it."""
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise 3x3, project 1x1; with a shortcut where the shape stays the same."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        expand = [*conv_bn(inputs, hidden, 1), nn.ReLU6()] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand,
            *conv_bn(hidden, hidden, 3, stride, hidden),
            nn.ReLU6(),
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


def mobilenet():
    """MobileNetV2's structure at 1/50 of its size: 41,754 parameters."""
    blocks = [InvertedResidual(16, 16, 1, 1)]
    inputs = 16
    for outputs, count, first_stride in ((16, 2, 1), (24, 2, 2), (48, 2, 2)):
        for k in range(count):
            blocks.append(InvertedResidual(inputs, outputs, first_stride if k == 0 else 1, 3))
            inputs = outputs
    head = [
        *conv_bn(48, 128, 1),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 10),
    ]
    return nn.Sequential(*conv_bn(1, 16, 3), nn.ReLU6(), *blocks, *head)


def resnet():
    """A ResNet of three basic blocks: 77,754 parameters."""
    blocks = [BasicBlock(16, 16, 1), BasicBlock(16, 32, 2), BasicBlock(32, 64, 2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*conv_bn(1, 16, 3), nn.ReLU(), *blocks, *head)


NETWORKS = {"mobilenet": mobilenet, "resnet": resnet}


def normalized(pixels):
    """uint8 [N, 28, 28] -> float32 [N, 1, 28, 28] as the networks expect it."""
    x = torch.from_numpy(pixels.copy()).float()[:, None] / 255
    return (x - fashion_mnist.MEAN) / fashion_mnist.STD


def accuracy_percent(model, images, labels):
    model.eval()
    with torch.no_grad():
        right = sum(
            int((model(x).argmax(1) == y).sum())
            for x, y in zip(images.split(500), labels.split(500))
        )
    return 100 * right / len(labels)


def train(name, model, epochs):
    images, labels = fashion_mnist.read("train")
    images, labels = normalized(images), torch.from_numpy(labels.astype("int64"))
    steps = len(labels) // BATCH
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_LEARNING_RATE, total_steps=epochs * steps
    )
    for epoch in range(epochs):
        model.train()
        start = time.monotonic()
        for batch in torch.randperm(len(labels))[: steps * BATCH].split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
        print(
            f"{name}: epoch {epoch + 1}, loss {loss.item():.3f}, {time.monotonic() - start:.0f} s",
            flush=True,
        )


def make(name, epochs, out):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = NETWORKS[name]()
    parameters = sum(p.numel() for p in model.parameters())
    if epochs:
        train(name, model, epochs)
        images, labels = fashion_mnist.read("t10k")
        percent = accuracy_percent(
            model, normalized(images), torch.from_numpy(labels.astype("int64"))
        )
        print(f"{name}: {parameters} parameters, {percent:.2f} % of the test images", flush=True)
    sample = torch.zeros(1, 1, 28, 28)
    for suffix, folded in (("", True), ("_bn", False)):
        path = out / f"{name}{suffix}.onnx"
        export_onnx.export(copy.deepcopy(model), sample, path, folded=folded, dynamic_batch=True)
        print(f"{path}: {path.stat().st_size} bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default_out = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "fashion_mnist"
    parser.add_argument("names", nargs="*", choices=[*NETWORKS, []], help="default: both")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=pathlib.Path, default=default_out)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    jobs = [
        multiprocessing.Process(target=make, args=(name, args.epochs, args.out))
        for name in args.names or NETWORKS
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    raise SystemExit(any(job.exitcode for job in jobs))


if __name__ == "__main__":
    main()
