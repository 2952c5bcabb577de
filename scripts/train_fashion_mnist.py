#!/usr/bin/python3
"""Trains the Fashion-MNIST networks of testdata/fashion_mnist and writes them as ONNX.

usage: train_fashion_mnist.py [--epochs N] [--out DIR] [NAME...]

Each network trains in a process of its own, on one thread, from a fixed seed; --epochs 0 writes
untrained networks of the same shape. NAME_bn.onnx keeps the batch norms; of mobilenet and resnet
there is also NAME.onnx, where the exporter folded them. Input: [batch, 1, 28, 28], (pixel / 255 -
0.2860) / 0.3530. Output: ten logits; of the U-Net a logit per pixel, trained on
zoo/silhouettes.py's masks. Needs Debian's python3-torch and dataset-fashion-mnist.
"""

import argparse
import copy
import multiprocessing
import pathlib
import time

import torch
from torch import nn

from zoo import export_onnx, fashion_mnist
from zoo.fashion_networks import NETWORKS
from zoo.silhouettes import silhouettes

EPOCHS = 3
BATCH = 128
OBSERVED = 100  # batches that the batch norms of random weights see
PEAK_LEARNING_RATE = 0.2
SEED = 0
FOLDED_TOO = ("mobilenet", "resnet")


def normalized(pixels):
    """uint8 [N, 28, 28] -> float32 [N, 1, 28, 28] as the networks expect it."""
    x = torch.from_numpy(pixels.copy()).float()[:, None] / 255
    return (x - fashion_mnist.MEAN) / fashion_mnist.STD


def read(name, part):
    """Pictures as the networks expect them, and int64 [N] labels or the U-Net's [N, 1, 28, 28] masks."""
    images, labels = fashion_mnist.read(part)
    if name == "unet":
        return normalized(images), torch.from_numpy(silhouettes(images)).float()[:, None]
    return normalized(images), torch.from_numpy(labels.astype("int64"))


def loss_of(outputs, labels):
    if labels.dtype == torch.int64:
        return nn.functional.cross_entropy(outputs, labels)
    return nn.functional.binary_cross_entropy_with_logits(outputs, labels)


def right_answers(outputs, labels):
    return outputs.argmax(1) == labels if labels.dtype == torch.int64 else (outputs > 0) == (labels > 0)


def accuracy_percent(model, images, labels):
    """Of pictures, or of pixels."""
    model.eval()
    with torch.no_grad():
        right = sum(
            int(right_answers(model(x), y).sum())
            for x, y in zip(images.split(500), labels.split(500))
        )
    return 100 * right / labels.numel()


def train(name, model, epochs):
    images, labels = read(name, "train")
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
            loss = loss_of(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
        print(
            f"{name}: epoch {epoch + 1}, loss {loss.item():.3f}, {time.monotonic() - start:.0f} s",
            flush=True,
        )


def observe(name, model):
    """Gives the batch norms of random weights the statistics of those weights' results."""
    images, labels = read(name, "train")
    model.train()
    with torch.no_grad():
        for batch in torch.randperm(len(labels))[: OBSERVED * BATCH].split(BATCH):
            model(images[batch])


def make(name, epochs, out):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = NETWORKS[name]()
    parameters = sum(p.numel() for p in model.parameters())
    if epochs:
        train(name, model, epochs)
        percent = accuracy_percent(model, *read(name, "t10k"))
        print(f"{name}: {parameters} parameters, {percent:.2f} % of the test set", flush=True)
    else:
        observe(name, model)
    sample = torch.zeros(1, 1, 28, 28)
    for suffix, folded in (("", True), ("_bn", False)):
        if folded and name not in FOLDED_TOO:
            continue
        path = out / f"{name}{suffix}.onnx"
        export_onnx.export(copy.deepcopy(model), sample, path, folded=folded, dynamic_batch=True)
        print(f"{path}: {path.stat().st_size} bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default_out = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "fashion_mnist"
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NETWORKS, []], help=f"default: all; {', '.join(NETWORKS)}")
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
