"""Runs files in LiteRT for another process, because LiteRT may end the process that it runs in.

Each line of the input is JSON: the file, an .npz of inputs by name, the .npz to write, and the kind of kernels. The
answer is a line: the error, empty where there was none. Started as a program, in the Python of scripts/setup test.
"""

import json
import subprocess
import sys

import numpy as np

DIED = "LiteRT ended the process"


class Worker:
    """A process of this file; it is started again when it has died."""

    def __init__(self):
        self.process = None

    def run(self, file, inputs, kernels="BUILTIN_WITHOUT_DEFAULT_DELEGATES"):
        """Outputs by name for inputs by name; RuntimeError says what LiteRT says."""
        folder = file.parent
        np.savez(folder / "worker_in.npz", **inputs)
        self.ask([str(file), str(folder / "worker_in.npz"), str(folder / "worker_out.npz"), kernels])
        with np.load(folder / "worker_out.npz") as outputs:
            return dict(outputs)

    def ask(self, question):
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, "-B", __file__], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.close()
            raise RuntimeError(DIED)
        if json.loads(answer):
            raise RuntimeError(json.loads(answer))

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


def answer(file, inputs, outputs, kernels):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kind = getattr(OpResolverType, kernels)
    interpreter = Interpreter(file, experimental_op_resolver_type=kind, num_threads=1)
    interpreter.allocate_tensors()
    signature = interpreter.get_signature_runner()
    with np.load(inputs) as given:
        values = {name: given[name].reshape(details["shape"]).astype(details["dtype"])
                  for name, details in signature.get_input_details().items()}
    np.savez(outputs, **signature(**values))


def main():
    for line in sys.stdin:
        error = ""
        try:
            answer(*json.loads(line))
        except Exception as exception:  # whatever it is, the other process is told
            error = f"{type(exception).__name__}: {exception}"[:300]
        print(json.dumps(error), flush=True)


if __name__ == "__main__":
    main()
