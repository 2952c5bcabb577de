"""Draws a roofline as SVG: on logarithmic axes a dot per step of each network, and the roofs above them."""

import dataclasses
import itertools
import math

from bench import roofline

# Readable on white and on black.
INK = "#767676"
COLOURS = ("#3b7dd8", "#d9482b", "#2f9155", "#a35bd0", "#b8791a", "#148f9c", "#d6458f", "#7d8a1f")
WIDTH, HEIGHT = 840, 500
LEFT, RIGHT, TOP, BOTTOM = 60, 600, 20, 440  # of the plot; the legend is beside it


@dataclasses.dataclass(frozen=True)
class Axis:
    """From one power of ten to another."""

    low: int
    high: int
    start: int
    end: int

    def at(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def decades(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def axis(values, start, end):
    return Axis(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))), start, end)


def text(x, y, words, anchor="start", turned=0):
    turn = f' transform="rotate({turned:.0f} {x:.0f} {y:.0f})"' if turned else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{turn}>{words}</text>'


def line(points, style):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{INK}" {style}/>'


def grid(across, up):
    style = 'stroke-opacity="0.3"'
    for value in across.decades():
        yield line([(across.at(value), TOP), (across.at(value), BOTTOM)], style)
        yield text(across.at(value), BOTTOM + 18, f"{value:g}", "middle")
    for value in up.decades():
        yield line([(LEFT, up.at(value)), (RIGHT, up.at(value))], style)
        yield text(LEFT - 6, up.at(value) + 4, f"{value:g}", "end")
    yield text((LEFT + RIGHT) / 2, BOTTOM + 42, "operations per byte", "middle")
    yield text(16, (TOP + BOTTOM) / 2, "GOP/s", "middle", turned=-90)


def peak(across, up, best):
    gops = best["int8_gops"]
    start = gops / max(level["gigabytes_per_s"] for level in best["levels"])
    yield line([(across.at(start), up.at(gops)), (RIGHT, up.at(gops))], 'stroke-width="2"')
    yield text(RIGHT, up.at(gops) - 6, f"{gops:.0f} GOP/s", "end")


def slope(across, up, gops, level):
    speed = level["gigabytes_per_s"]
    foot = max(10.0**across.low, 10.0**up.low / speed)
    (x0, y0), (x1, y1) = points = [(across.at(edge), up.at(edge * speed)) for edge in (foot, gops / speed)]
    degrees = math.degrees(math.atan2(y1 - y0, x1 - x0))
    words = f"{level['name']} {speed:.0f} GB/s"
    yield line(points, 'stroke-width="2"')
    yield text((x0 + x1) / 2, (y0 + y1) / 2 - 5, words, "middle", turned=degrees)


def roofs(across, up, best):
    yield from peak(across, up, best)
    for level in best["levels"]:
        yield from slope(across, up, best["int8_gops"], level)


def dots(steps, across, up, colour):
    yield f'<g fill="{colour}" fill-opacity="0.8">'
    for step in steps:
        yield f'<circle cx="{across.at(step["operations_per_byte"]):.1f}" cy="{up.at(step["gops"]):.1f}" r="3"/>'
    yield "</g>"


def legend(names):
    for place, (name, colour) in enumerate(zip(names, itertools.cycle(COLOURS))):
        y = TOP + 12 + 22 * place
        yield f'<circle cx="{RIGHT + 24}" cy="{y - 4}" r="5" fill="{colour}"/>'
        yield text(RIGHT + 36, y, name)


def draw(profiles, best):
    """The picture of {network: profile} under the machine's peaks."""
    steps = {name: roofline.products(lap) for name, lap in profiles.items()}
    every = [step for of_network in steps.values() for step in of_network]
    ridges = [best["int8_gops"] / level["gigabytes_per_s"] for level in best["levels"]]
    across = axis([*ridges, *(step["operations_per_byte"] for step in every)], LEFT, RIGHT)
    up = axis([best["int8_gops"], *(step["gops"] for step in every)], BOTTOM, TOP)
    parts = [*grid(across, up), *roofs(across, up, best)]
    for of_network, colour in zip(steps.values(), itertools.cycle(COLOURS)):
        parts += dots(of_network, across, up, colour)
    style = f'fill="{INK}" font-family="sans-serif" font-size="13"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>'
    return "\n".join([head, *parts, *legend(steps), "</svg>\n"])
