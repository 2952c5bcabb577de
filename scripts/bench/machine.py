"""What figures depend on besides the code: the processor and the versions."""

import importlib.metadata
import os
import pathlib

from bench.setup import OPENVINO, import_peers

peers = import_peers()

INSTRUCTION_SETS = {"AVX2": "avx2", "AVX-VNNI": "avx_vnni", "AVX512-VNNI": "avx512_vnni", "AMX": "amx_int8"}


def processor():
    """What the system says of a core: {key: value}."""
    lines = [line.split(":", 1) for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if ":" in line]
    return {key.strip(): value.strip() for key, value in lines}


def has_bfloat16():
    return bool({"avx512_bf16", "amx_bf16"} & set(processor()["flags"].split()))


def has_vnni():
    """Whether it multiplies 8-bit integers exactly."""
    return bool({"avx_vnni", "avx512_vnni", "amx_int8"} & set(processor()["flags"].split()))


def description():
    """The processor, its cores, and which instruction sets for 8-bit products it has and has not."""
    facts = processor()
    flags = facts["flags"].split()
    present = [name for name, flag in INSTRUCTION_SETS.items() if flag in flags]
    absent = [name for name, flag in INSTRUCTION_SETS.items() if flag not in flags]
    cores = len(os.sched_getaffinity(0))
    return f"{facts['model name']}, {cores} cores, with {listed(present)}, without {listed(absent)}"


def listed(names):
    return ", ".join(names) or "none"


def version(package):
    return importlib.metadata.version(package)


def openvino_version(package):
    """Of what is in OpenVINO's own Python."""
    folders = map(str, OPENVINO.glob("lib/python*/site-packages"))
    (found,) = importlib.metadata.distributions(name=package, path=folders)
    return found.version


def our_version():
    return peers.run(peers.BUILD / "bin/qconvert", "--version").split()[-1]
