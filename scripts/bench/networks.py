"""The networks that are compared, and how each is fed: those whose accuracy is judged, and those that are timed."""

import dataclasses

from bench.setup import ROOT


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """pixels * pixel_range / 255, minus the mean, divided by the deviation; channels are RGB or BGR."""

    mean: tuple
    std: tuple
    pixel_range: int = 1
    channels: str = "rgb"

    def flags(self):
        """The same for qconvert and qeval."""
        flags = ["--pixel-range", "255"] if self.pixel_range == 255 else []
        flags += ["--mean", ",".join(map(str, self.mean)), "--std", ",".join(map(str, self.std))]
        return flags + (["--channels", "bgr"] if self.channels == "bgr" else [])


@dataclasses.dataclass(frozen=True)
class Network:
    path: str
    pictures: str  # a folder with calibration/ and the pictures to judge on
    preprocessing: Preprocessing
    height: int = 224
    width: int = 224
    input: str = "input"
    free_shape: bool = False  # of the input's height and width
    calibration: int = 16
    test: int = 16
    trained: bool = False
    labelled: bool = False

    def model(self):
        return ROOT / self.path

    def makings(self):
        """What scripts/models is asked for; testdata is there already."""
        paths = [self.path, self.pictures]
        return [path.removeprefix(".models/") for path in paths if path.startswith(".models/")]


IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
FASHION_MNIST = "testdata/fashion_mnist"
PHOTOS, WORDS = ".models/photos", ".models/words"


def fashion_mnist(name):
    return Network(
        path=f"{FASHION_MNIST}/{name}.onnx",
        pictures=FASHION_MNIST,
        preprocessing=Preprocessing((0.286,), (0.353,)),
        height=28,
        width=28,
        calibration=64,
        test=10000,
        trained=True,
        labelled=True,
    )


def lite0(name):
    how = Preprocessing((127,), (128,), pixel_range=255)
    return Network(f".models/{name}.onnx", PHOTOS, how, calibration=100, test=200, trained=True)


def random_weights(name, pixels=224):
    return Network(f".models/{name}.onnx", PHOTOS, IMAGENET, pixels, pixels)


PPOCR_CLS = Network(
    path=".models/ppocr_cls.onnx",
    pictures=WORDS,
    preprocessing=Preprocessing((0.5,), (0.5,), channels="bgr"),
    height=48,
    width=192,
    input="x",
    free_shape=True,
    calibration=64,
    test=400,
    trained=True,
    labelled=True,
)

NETWORKS = {
    "mobilenet": fashion_mnist("mobilenet"),
    "resnet": fashion_mnist("resnet"),
    "efficientnet_lite0": lite0("efficientnet_lite0"),
    "efficientnet_lite0_bn": lite0("efficientnet_lite0_bn"),
    "ppocr_cls": PPOCR_CLS,
    "resnet50": random_weights("resnet50"),
    "mobilenet_v2": random_weights("mobilenet_v2"),
    "mobilenet_v3_large": random_weights("mobilenet_v3_large"),
    "squeezenet1_1": random_weights("squeezenet1_1"),
    "inception_v3": random_weights("inception_v3", 299),
    "shufflenet_v2_x1_0": random_weights("shufflenet_v2_x1_0"),
    "densenet121": random_weights("densenet121"),
    "efficientnet_b0": random_weights("efficientnet_b0"),
}
# What is timed besides: a detector as it is before its boxes are sorted out, and a transformer encoder.
TIMED = NETWORKS | {
    "ssdlite320_mobilenet_v3": random_weights("ssdlite320_mobilenet_v3", 320),
    "vit_b_16": random_weights("vit_b_16"),
}
