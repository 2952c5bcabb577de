"""Converts float ONNX networks into 8-bit TFLite files, and judges files against the float networks.

    import qconvert
    report = qconvert.convert("model.onnx", data="photos", output="model.tflite")
    verdict = qconvert.evaluate("model.onnx", report.output, data="photos", min_agreement=95)

Both start one of the executables that this package holds and read its JSON report. An option of the
command line is a keyword argument with underscores: `io="int8"` is `--io int8`, `strict=True` is
`--strict`, and a list is an option given several times (`mean` and `std` too take "0.4,0.5,0.6").
"""

from qconvert._run import (
    CannotWrite,
    ConvertReport,
    EvaluateReport,
    GateFailed,
    Interrupted,
    InternalError,
    QconvertError,
    Undecided,
    UnsupportedModel,
    UnusableInput,
    UsageError,
    convert,
    evaluate,
    find_bin,
)

__all__ = [
    "CannotWrite",
    "ConvertReport",
    "EvaluateReport",
    "GateFailed",
    "InternalError",
    "Interrupted",
    "QconvertError",
    "Undecided",
    "UnsupportedModel",
    "UnusableInput",
    "UsageError",
    "convert",
    "evaluate",
    "find_bin",
]
