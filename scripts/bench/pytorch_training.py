"""Times steps of PyTorch's quantization-aware training, and prints JSON: a program of its own, in Debian's Python.

usage: pytorch_training.py THREADS BATCH STEPS
"""

import json
import sys
import time

import torch
from torch import nn
from torch.ao.quantization import get_default_qat_qconfig_mapping
from torch.ao.quantization.quantize_fx import prepare_qat_fx

# Of EfficientNet-Lite0: expansion, channels, blocks, stride of the first, kernel.
STAGES = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
          (6, 320, 1, 1, 3)]


def convolution(inputs, outputs, kernel, stride=1, groups=1, clamps=True):
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)
    return nn.Sequential(layer, nn.ReLU6()) if clamps else nn.Sequential(layer)


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride):
        super().__init__()
        wide = inputs * expansion
        first = [convolution(inputs, wide, 1)] if expansion > 1 else []
        self.body = nn.Sequential(*first, convolution(wide, wide, kernel, stride, wide),
                                  convolution(wide, outputs, 1, clamps=False))
        self.skips = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.skips else self.body(x)


def lite0():
    layers, inputs = [convolution(3, 32, 3, 2)], 32
    for expansion, outputs, blocks, stride, kernel in STAGES:
        for number in range(blocks):
            layers.append(Block(inputs, outputs, expansion, kernel, stride if number == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, convolution(320, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


def main():
    threads, batch, steps = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    pictures = torch.randn(batch, 3, 224, 224)
    with torch.no_grad():
        wanted = lite0().eval()(pictures).softmax(1)
    model = prepare_qat_fx(lite0().train(), get_default_qat_qconfig_mapping("fbgemm"), (pictures,))
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)

    def step():
        optimizer.zero_grad()
        (-(wanted * model(pictures).log_softmax(1)).sum(1).mean()).backward()
        optimizer.step()

    step()
    start = time.monotonic()
    for _ in range(steps):
        step()
    seconds = time.monotonic() - start
    print(json.dumps({"version": torch.__version__, "samples_per_s": batch * steps / seconds}))


main()
