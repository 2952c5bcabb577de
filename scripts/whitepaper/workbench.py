"""One network with its samples and what runs it: the place where a method is applied and its outputs are judged."""

import dataclasses
import functools
import shutil

import numpy as np
import onnx
import onnxruntime

from bench import samples
from bench.case import Case
from bench.setup import import_peers
from whitepaper import affine, simulation, subjects
from whitepaper.results import Result
from zoo import fashion_mnist

peers = import_peers()


class Workbench(Case):
    """A case of the benchmarks with samples to judge on, run in batches where the network takes them."""

    def __init__(self, name, subject, folder, count, *, quick=False):
        self.subject, self.quick = subject, quick
        network = dataclasses.replace(subject.network, test=min(count, subject.network.test))
        super().__init__(name, network, folder, network.calibration)
        self.test = samples.test(network)
        self.batch = 250 if subject.fashion else 1

    @functools.cached_property
    def float_model(self):
        return onnx.load(self.network.model())

    @functools.cached_property
    def original(self):
        return self.simulated(self.float_model)

    @functools.cached_property
    def wanted(self):
        wanted = subjects.truth(self.subject, len(self.test))
        return self.original.argmax(1) if wanted is None else wanted

    @functools.cached_property
    def calibration_array(self):
        return np.load(self.calibration)

    def training_samples(self, count, seed):
        """A .npy of so many of the 60,000 training pictures, chosen by chance."""
        images = fashion_mnist.read("train")[0]
        chosen = np.random.default_rng(seed).choice(len(images), count, replace=False)
        path = self.folder / f"training_{count}_{seed}.npy"
        np.save(path, samples.preprocess(self.network, images[chosen][..., None]))
        return path

    def simulated(self, model):
        """Outputs [samples, values] of an ONNX network in float arithmetic."""
        (outputs,) = simulation.run(model, self.test, self.batch)
        return outputs.reshape(len(self.test), -1)

    def quantized_onnx(self, file):
        """The same of another tool's file, as written: run without graph optimizations."""
        model = onnx.load(file)
        if self.batch > 1:
            free_batch(model)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        (outputs,) = simulation.run(model, self.test, self.batch, options=options)
        return outputs.reshape(len(self.test), -1)

    def tflite(self, file):
        """The same of a TFLite file, run by LiteRT on one thread."""
        model = peers.LiteRt(file, peers.XNNPACK)
        (outputs,) = model.run(model.as_inputs([self.test.transpose(0, 2, 3, 1)]))
        return reals(outputs, model.outputs[0]).reshape(len(self.test), -1)

    def ours(self, file):
        """The same, run by our runner."""
        folder = self.folder / "ours"
        folder.mkdir(exist_ok=True)
        shutil.copy(file, folder / "model.tflite")
        peers.write_inputs(folder, [self.test.transpose(0, 2, 3, 1)])
        peers.run_ours("fast", [folder])
        return peers.our_outputs("fast", folder)[0].reshape(len(self.test), -1)

    def judge(self, outputs, file_bytes, training=None):
        answers = [self.answers(values) for values in (outputs, self.original)]
        return Result(
            subjects.scores(self.subject, outputs, self.wanted),
            affine.sqnr_db(self.original, outputs),
            float(np.mean(answers[0] == answers[1])),
            float(file_bytes),
            training,
        )

    def answers(self, outputs):
        """The class of each sample, or whether each pixel belongs to the mask."""
        return outputs > 0 if self.subject.masks else outputs.argmax(1)


def reals(values, details):
    """What integers stand for; other tools' files may have an integer output."""
    scale, zero_point = details["quantization"]
    return values if details["dtype"] == np.float32 else np.float32(scale) * (values.astype(np.float32) - zero_point)


def free_batch(model):
    """Lets a network of one sample take any number of them."""
    del model.graph.value_info[:]
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
