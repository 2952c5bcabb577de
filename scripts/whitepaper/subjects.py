"""The study's networks, each with the network of the paper that it resembles, and what is right on its test samples."""

import dataclasses

import numpy as np

from bench import networks, samples
from zoo import fashion_mnist
from zoo.silhouettes import silhouettes


@dataclasses.dataclass(frozen=True)
class Subject:
    network: networks.Network
    likeness: str = ""  # the paper's name
    masks: bool = False  # a logit per pixel, right where its sign is that of silhouettes.py

    @property
    def fashion(self):
        return self.network.pictures == networks.FASHION_MNIST


def fashion(name, likeness="", *, masks=False):
    return Subject(networks.fashion_mnist(f"{name}_bn"), likeness, masks)


SUBJECTS = {
    "mobilenet_v1": fashion("mobilenet_v1", "MobileNet v1_1_224"),
    "mobilenet_v1_half": fashion("mobilenet_v1_half"),
    "mobilenet": fashion("mobilenet", "MobileNet v2_1_224"),
    "nasnet": fashion("nasnet", "NASNet-Mobile"),
    "inception": fashion("inception", "Inception v3"),
    "resnet": fashion("resnet", "ResNet v1_50"),
    "resnet_deep": fashion("resnet_deep", "ResNet v1_152"),
    "squeezenet": fashion("squeezenet"),
    "mobilenet_relu": fashion("mobilenet_relu"),
    "patient": fashion("patient"),
    "unet": fashion("unet", masks=True),
    "efficientnet_lite0": Subject(networks.NETWORKS["efficientnet_lite0"]),
    "ppocr_cls": Subject(networks.NETWORKS["ppocr_cls"]),
}
FASHION = [name for name, subject in SUBJECTS.items() if subject.fashion]


def truth(subject, count):
    """Labels [count] or masks [count, pixels] of the first test samples; None where there are none."""
    if subject.masks:
        return silhouettes(fashion_mnist.read("t10k")[0][:count]).reshape(count, -1)
    return samples.labels(subject.network)[:count] if subject.network.labelled else None


def scores(subject, outputs, wanted):
    """How well each sample is answered, 0 to 1.

    Of a classifier 1 where the class is the wanted one; of a mask its intersection with the wanted one over the union.
    """
    if not subject.masks:
        return (outputs.argmax(1) == wanted).astype(np.float64)
    found = outputs > 0
    union = (found | wanted).sum(1)
    return np.where(union > 0, (found & wanted).sum(1) / np.maximum(union, 1), 1.0)
