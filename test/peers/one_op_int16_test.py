"""Every operator with an int16 kernel, alone in a file: our kernels against LiteRT's on the same integers.

Reference and fast kernels must equal LiteRT's reference kernels bit for bit. Its default ones are the same but for
those in ROUND_ANOTHER_WAY, which stay within one step.
"""

import unittest

import numpy as np

import one_op_int8_test as int8
import peers
from one_op_cases import INT4, all_cases


# FULLY_CONNECTED, and QUANTIZE of reals.
ROUND_ANOTHER_WAY = {"FullyConnected", "Quantize", "Dequantize"}


class OneOperatorAsInt16(int8.OneOperatorAsIntegers):
    kind, flags = "int16", ("--activation-bits", "16")

    @classmethod
    def cases(cls):
        """Those whose operator has an int16 kernel, with weights that LiteRT takes beside it."""
        for case in all_cases():
            if cls.listed[case.operator][2] == "integer" and not set(INT4) <= set(case.flags):
                yield case

    def test_converted_files(self):
        random = np.random.default_rng(4)
        ready = []
        for number, case in enumerate(self.cases()):
            with self.subTest(case.name):
                folder = self.prepare(number, case, random)
                model = peers.LiteRt(folder / "model.tflite", case.resolver)
                inputs = [int8.random_samples(details, random, False) for details in model.inputs]
                peers.write_inputs(folder, inputs)
                theirs, step = model.run(inputs), model.largest_scale()
                by_default = peers.LiteRt(folder / "model.tflite", peers.DEFAULT).run(inputs)
                allowed = 1 if case.operator in ROUND_ANOTHER_WAY else 0
                for one, other in zip(theirs, by_default, strict=True):
                    self.assertLessEqual(int8.steps_apart(one, other, step).max(), allowed, "LiteRT's default kernel")
                ready.append((case.operator, case.name, folder, theirs, step, True))
        self.compare_all(ready)

    def test_files_that_we_only_read(self):
        self.skipTest("they are int8")

    def test_every_integer_operator_has_a_file(self):
        integer = {name for name, (_, _, arithmetic) in self.listed.items() if arithmetic == "integer"}
        self.assertEqual(integer - {case.operator for case in self.cases()}, set())


if __name__ == "__main__":
    unittest.main()
