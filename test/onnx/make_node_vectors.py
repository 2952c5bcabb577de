"""Writes ONNX's own test vectors, one folder per case, for node_vectors_test.cc.

    make_node_vectors.py FOLDER

    FOLDER/CASE/model.onnx       as ONNX has it
    FOLDER/CASE/constants.onnx   the same with every input but the first a constant, as networks have it
    FOLDER/CASE/input_0.pb ...   TensorProto, reals as float32
    FOLDER/CASE/output_0.pb ...
    FOLDER/CASE/tolerance        relative and absolute, ONNX's own unless the case is in a 16-bit type
    FOLDER/complete              the version of the package that wrote them
"""

import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from conform.vectors import EPSILON, with_constants  # noqa: E402

WIDER = {"float16": np.float32, "bfloat16": np.float32, "float64": np.float32, "uint32": np.int64, "uint16": np.int32}
KINDS = {"float32", "int64", "int32", "int16", "int8", "uint8", "bool"}

FLOAT32_ROUNDING = 1e-6  # of intermediate values of some units, where ONNX allows less


def widened(array):
    """The values in the type that the importer gives them; None where it has none."""
    array = np.asarray(array)
    array = array.astype(WIDER.get(array.dtype.name, array.dtype))
    return array if array.dtype.name in KINDS else None


def write_tensors(folder, stem, arrays):
    for number, array in enumerate(arrays):
        (folder / f"{stem}_{number}.pb").write_bytes(numpy_helper.from_array(array).SerializeToString())


def tolerance(case, arrays):
    rounding = max((EPSILON.get(array.dtype.name, 0) for array in map(np.asarray, arrays)), default=0)
    return max(case.rtol, 4 * rounding), max(case.atol, FLOAT32_ROUNDING, rounding)


def write_case(case, folder):
    """Writes the first data set; False when it is not made of numeric tensors, or of empty ones."""
    inputs, outputs = case.data_sets[0]
    if not all(isinstance(value, (np.ndarray, np.generic)) for value in [*inputs, *outputs]):
        return False
    wide_inputs, wide_outputs = [widened(value) for value in inputs], [widened(value) for value in outputs]
    if any(value is None for value in wide_inputs + wide_outputs) or any(value.size == 0 for value in wide_inputs):
        return False
    folder.mkdir()
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    if len(inputs) > 1:
        (folder / "constants.onnx").write_bytes(with_constants(case.model, inputs).SerializeToString())
    write_tensors(folder, "input", wide_inputs)
    write_tensors(folder, "output", wide_outputs)
    (folder / "tolerance").write_text("{} {}\n".format(*tolerance(case, inputs + outputs)))
    return True


def main(folder):
    complete = folder / "complete"
    if complete.exists() and complete.read_text() == onnx.__version__:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = [case.name for case in collect_testcases(None) if write_case(case, folder / case.name)]
    complete.write_text(onnx.__version__)
    print(f"{len(written)} cases in {folder}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
