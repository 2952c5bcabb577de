"""What the comparisons share: their options, which sections there are, of which networks, and what these need.

A section is a module of bench/ with report(networks, rounds).
"""

import argparse
import importlib

from bench import setup
from bench.networks import TIMED

# The networks that a section takes unless some are named.
SECTIONS = {
    "latency": (
        "mobilenet_v2",
        "mobilenet_v3_large",
        "efficientnet_lite0",
        "resnet50",
        "inception_v3",
        "squeezenet1_1",
        "ssdlite320_mobilenet_v3",
        "vit_b_16",
    ),
    "conversion": ("mobilenet_v2", "efficientnet_lite0", "resnet50"),
}


def known(name, names):
    if name not in names:
        raise argparse.ArgumentTypeError(f"unknown: {name}; there are {', '.join(names)}")
    return name


def section_named(text):
    return known(text, SECTIONS)


def networks_named(text):
    return [known(name, TIMED) for name in text.split(",")]


def at_least_one(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


def parser(description):
    """The options of every comparison."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--networks", metavar="NAME,...", type=networks_named)
    options.add_argument("--rounds", metavar="N", type=at_least_one, default=3, help="the least counts (default: 3)")
    return options


def set_up(sections, networks):
    """Goes on in the peers' Python, with executables and networks made."""
    setup.enter_peers_python()
    setup.build_executables()
    needed = {name for section in sections for name in networks or SECTIONS[section]}
    setup.make_models(sorted({made for name in needed for made in TIMED[name].makings()}))


def reports(sections, networks, rounds):
    """Each section as Markdown."""
    modules = {name: importlib.import_module(f"bench.{name}") for name in sections}
    return [module.report(networks or SECTIONS[name], rounds) for name, module in modules.items()]
