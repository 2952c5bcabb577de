"""Writes a torch module as ONNX, in the two shapes that a converter meets."""

import os
import warnings

import torch


def export(model, sample, path, *, folded=True, dynamic_batch=False, opset=17):
    """Exports for inference, with batch norms folded by the exporter or all of them kept."""
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if dynamic_batch else None
    mode = torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE
    beside = path.with_name(path.name + ".tmp")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            sample,
            str(beside),
            training=mode,
            do_constant_folding=folded,
            opset_version=opset,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes=axes,
        )
    os.replace(beside, path)
