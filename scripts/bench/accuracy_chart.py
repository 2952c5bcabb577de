"""Draws how near the int8 files of three tools come to their float networks, from the table in docs/accuracy.md, as SVG."""

import re

from bench.roofline_chart import COLOURS, INK, line, text

TOOLS = {
    "qconvert": "int8 per channel",
    "ONNX Runtime": "ONNX Runtime, int8 per channel, min-max",
    "NNCF": "NNCF, int8, its defaults",
}
NETWORKS = {
    "mobilenet": "mobilenet",
    "resnet": "resnet",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "ppocr_cls": "PP-OCR orientation",
}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 300, 50, 40, 250
MOST_DB, BAR, GROUP = 40, 44, 165


def figures(document):
    """{(network, mode): (SQNR in dB, "99.41 %")} of the trained networks."""
    rows = re.findall(r"^\| (\S+) \| ([^|]+) \| ([\d.]+ %) \| ([\d.]+) dB \|", document, re.MULTILINE)
    return {(network, mode): (float(decibels), share) for network, mode, share, decibels in rows}


def grid():
    for decibels in range(0, MOST_DB + 1, 10):
        y = height_of(decibels)
        yield line([(LEFT, y), (WIDTH - 10, y)], 'stroke-opacity="0.3"')
        yield text(LEFT - 6, y + 4, decibels, "end")


def height_of(decibels):
    return BOTTOM - (BOTTOM - TOP) * decibels / MOST_DB


def bars(document):
    found = figures(document)
    for place, (network, name) in enumerate(NETWORKS.items()):
        left = LEFT + 20 + GROUP * place
        for k, (mode, colour) in enumerate(zip(TOOLS.values(), COLOURS)):
            decibels, share = found[network, mode]
            x, y = left + BAR * k, height_of(decibels)
            yield f'<rect x="{x}" y="{y:.1f}" width="{BAR - 6}" height="{BOTTOM - y:.1f}" fill="{colour}"/>'
            yield text(x + (BAR - 6) / 2, y - 5, share.replace(" %", ""), "middle")
        yield text(left + 1.5 * BAR - 3, BOTTOM + 20, name, "middle")


def legend():
    for place, (tool, colour) in enumerate(zip(TOOLS, COLOURS)):
        x = LEFT + 20 + 130 * place
        yield f'<rect x="{x}" y="8" width="12" height="12" fill="{colour}"/>'
        yield text(x + 18, 19, tool)


def draw(document):
    """The picture of docs/accuracy.md."""
    style = f'fill="{INK}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>'
    title = "<title>SQNR of int8 files in dB; on each bar the percentage of answers that are the float network's</title>"
    foot = text(LEFT, BOTTOM + 42, "SQNR in dB; on each bar: answers that are the float network's, percent")
    return "\n".join([head, title, *grid(), *bars(document), *legend(), foot, "</svg>\n"])
