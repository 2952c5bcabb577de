"""Ways to quantize: qconvert with flags, other tools, and the simulation. Each has a command and makes outputs."""

import dataclasses
import json
import pathlib
import sys
import sysconfig

from bench import case
from bench.setup import OPENVINO, import_peers
from whitepaper import affine, folding, simulation

peers = import_peers()

LITERT_QUANTIZE = pathlib.Path(case.__file__).with_name("litert_quantize.py")


@dataclasses.dataclass(frozen=True)
class Float:
    command: str = "float"

    def apply(self, bench):
        return bench.original, bench.network.model().stat().st_size


@dataclasses.dataclass(frozen=True)
class Ours:
    """qconvert's file, run by LiteRT; calibrated on the network's samples or on chosen training pictures."""

    flags: str = ""
    samples: int = 0
    seed: int = 0

    @property
    def command(self):
        chosen = f" on {self.samples} training pictures, seed {self.seed}" if self.samples else ""
        return f"qconvert {self.flags}".strip() + chosen

    def apply(self, bench):
        output = bench.folder / "ours.tflite"
        data = bench.training_samples(self.samples, self.seed) if self.samples else bench.calibration
        peers.run(*self.arguments(bench, output), *([] if self.flags == "--bits 16" else ["--data", data]))
        return bench.tflite(output), output.stat().st_size

    def summary(self, bench):
        """What qconvert says of the file, as its --json."""
        summary = bench.folder / "summary.json"
        output = bench.folder / "ours.tflite"
        peers.run(*self.arguments(bench, output), "--data", bench.calibration, "--json", summary)
        return json.loads(summary.read_text())

    def arguments(self, bench, output):
        return [peers.BUILD / "bin/qconvert", bench.model, "--threads", "1", "-q", "-o", output, *self.flags.split()]


@dataclasses.dataclass(frozen=True)
class Peer:
    """Another tool's file with its defaults: onnxruntime, nncf, nncf-full (its slower bias correction), litert."""

    tool: str

    @property
    def command(self):
        return self.tool

    def apply(self, bench):
        if self.tool == "litert":
            return self.litert(bench)
        output = bench.folder / f"{self.tool}.onnx"
        peers.run(*(bench.onnxruntime_command(output) if self.tool == "onnxruntime" else self.nncf(bench, output)))
        return bench.quantized_onnx(output), output.stat().st_size

    def nncf(self, bench, output):
        arguments = [bench.model, bench.network.input, bench.calibration, output, sysconfig.get_path("purelib")]
        full = ["full"] if self.tool == "nncf-full" else []
        return [OPENVINO / "bin/python", "-B", case.NNCF_QUANTIZE, *arguments, *full]

    def litert(self, bench):
        floats, output = bench.folder / "float.tflite", bench.folder / "litert.tflite"
        peers.run(peers.BUILD / "bin/qconvert", bench.model, "--float", "-q", "-o", floats)
        peers.run(sys.executable, "-B", LITERT_QUANTIZE, floats, bench.network.input, bench.calibration, output)
        return bench.tflite(output), output.stat().st_size


@dataclasses.dataclass(frozen=True)
class Simulated:
    """Weights and activations of so many bits by affine.py; none keeps them float."""

    weight_bits: int = 0
    scheme: str = "symmetric"
    per_channel: bool = True
    activation_bits: int = 0
    least_error: bool = False  # of the ranges of activations, else averaged extremes

    @property
    def command(self):
        granularity = "per channel" if self.per_channel else "per layer"
        how = ", least error" if self.least_error else ""
        weights = f"{self.weight_bits}-bit weights, {self.scheme} {granularity}"
        activations = f"{self.activation_bits}-bit activations{how}"
        weights = weights if self.weight_bits else "float weights"
        return f"simulated: {weights}, {activations if self.activation_bits else 'float activations'}"

    def quantize(self, values, axis):
        if not self.weight_bits:
            return values
        return affine.weights(values, self.weight_bits, self.scheme, axis if self.per_channel else None)

    def apply(self, bench):
        model = simulation.with_weights(bench.float_model, self.quantize)
        if self.activation_bits:
            limits = simulation.ranges(
                bench.float_model, bench.calibration_array, self.activation_bits, least_error=self.least_error
            )
            model = simulation.with_activations(model, limits, self.activation_bits)
        known = folding.initializers(model)
        weights = sum(known[name].size for _, name, _ in folding.layers(model))
        return bench.simulated(model), weights * (self.weight_bits or 32) / 8
