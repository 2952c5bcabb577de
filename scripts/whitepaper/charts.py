"""Draws small charts as SVG: panels of lines over the same axes, and labelled dots. Readable on white and on black."""

import dataclasses
import itertools
import math

from bench.roofline_chart import COLOURS, INK, line, text

PANEL_WIDTH, PANEL_HEIGHT, GAP_X, GAP_Y, LEFT = 170, 130, 46, 52, 56
COLUMNS = 4
LETTER = 6.4  # mean width of a letter, in pixels
STYLE = f'fill="{INK}" font-family="sans-serif" font-size="12"'


@dataclasses.dataclass(frozen=True)
class Scale:
    """From least to most, on pixels from start to end."""

    least: float
    most: float
    start: float
    end: float

    def at(self, value):
        share = (min(max(value, self.least), self.most) - self.least) / ((self.most - self.least) or 1)
        return self.start + share * (self.end - self.start)

    def ticks(self, count=4):
        """Round numbers from least to most."""
        step = (self.most - self.least) / count
        power = 10.0 ** math.floor(math.log10(step))
        step = next(power * k for k in (1, 2, 5, 10) if power * k >= step)
        first = math.ceil(self.least / step)
        return [k * step for k in range(first, math.floor(self.most / step) + 1)]


def picture(width, height, title, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" {STYLE}>'
    return "\n".join([head, f"<title>{title}</title>", *parts, "</svg>\n"])


def polyline(points, colour):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>'


def legend(names, width):
    """Names with their colours in rows below the title; the height they take."""
    parts, x, y = [], LEFT, 38
    for name, colour in zip(names, itertools.cycle(COLOURS)):
        length = 30 + LETTER * len(name)
        if x + length > width:
            x, y = LEFT, y + 18
        parts.append(f'<rect x="{x:.0f}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(text(x + 17, y, name))
        x += length
    return parts, y


def panels(title, series, labels, least, most):
    """A panel per network of {network: {name: [y, ...]}}; labels [x] are the places of the values, below each panel.

    Values outside least to most are drawn on the edge.
    """
    columns = min(COLUMNS, len(series))
    width = LEFT + max(columns * (PANEL_WIDTH + GAP_X), LETTER * len(title))
    names = list(dict.fromkeys(name for lines in series.values() for name in lines))
    parts, bottom = legend(names, width)
    parts.append(text(LEFT, 16, title))
    top = bottom + 34
    for place, (network, lines) in enumerate(series.items()):
        x = LEFT + (place % columns) * (PANEL_WIDTH + GAP_X)
        y = top + (place // columns) * (PANEL_HEIGHT + GAP_Y)
        parts += panel(network, lines, labels, names, x, Scale(least, most, y + PANEL_HEIGHT, y))
    rows = math.ceil(len(series) / columns)
    return picture(width, top + rows * (PANEL_HEIGHT + GAP_Y), title, parts)


def panel(network, lines, labels, names, x, up):
    yield text(x, up.end - 8, network)
    for value in up.ticks():
        yield line([(x, up.at(value)), (x + PANEL_WIDTH, up.at(value))], 'stroke-opacity="0.3"')
        yield text(x - 5, up.at(value) + 4, f"{value:g}", "end")
    count = max(len(values) for values in lines.values())
    across = Scale(-0.3, count - 0.7, x, x + PANEL_WIDTH)
    for place, label in enumerate(labels[:count]):
        yield text(across.at(place), up.start + 16, label, "middle")
    for name, values in lines.items():
        colour = COLOURS[names.index(name) % len(COLOURS)]
        yield from polyline([(across.at(place), up.at(value)) for place, value in enumerate(values)], colour)


def dots(title, groups, x_label, y_label, lowest):
    """Labelled dots of {group: [(label, x, y)]}; what lies lower than lowest is drawn on the edge with its value."""
    width, height, left, right, bottom = 860, 540, 64, 840, 480
    parts, y = legend(groups, width)
    parts.append(text(LEFT, 16, title))
    every = [dot for group in groups.values() for dot in group]
    lowest = max(lowest, 1.1 * min(y for _, _, y in every))
    across = Scale(0, 1.1 * max(x for _, x, _ in every), left, right)
    up = Scale(lowest, max(0.05 * -lowest, *(y for _, _, y in every)), bottom, y + 20)
    for value in up.ticks(6):
        parts += [line([(left, up.at(value)), (right, up.at(value))], 'stroke-opacity="0.3"')]
        parts += [text(left - 6, up.at(value) + 4, f"{value:.3g}", "end")]
    parts += [text(across.at(value), bottom + 18, f"{value:g}", "middle") for value in across.ticks(6)]
    parts += [text((left + right) / 2, bottom + 42, x_label, "middle"), text(left, up.end - 4, y_label)]
    taken = [box(across.at(x), up.at(value), 0) for _, x, value in every]
    for (group, members), colour in zip(groups.items(), itertools.cycle(COLOURS)):
        for label, x, value in sorted(members, key=lambda dot: -dot[2]):
            shown = label if value >= lowest else f"{label} ({value:.1f})"
            place = across.at(x), up.at(value)
            parts.append(f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4" fill="{colour}"/>')
            parts += tag(place, shown, taken, (left, y + 20, right, bottom + 6))
    return picture(width, height, title, parts)


def box(x, y, length):
    """Left, top, right and bottom of a label that begins at x, or of a dot there."""
    return (x, y - 6, x + length, y + 6) if length else (x - 5, y - 5, x + 5, y + 5)


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def contains(outer, inner):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def tag(dot, words, taken, frame):
    """A label near its dot on the first free place, with a line to it where that is further off; taken grows by it."""
    length = LETTER * len(words)
    steps = itertools.product((8, 26, 60, 110), range(-240, 241, 6), (1, -1))
    places = [
        box(dot[0] + side * shift - (length if side < 0 else 0), dot[1] + down, length)
        for shift, down, side in sorted(steps, key=lambda step: math.hypot(step[0], step[1]))
    ]
    within = [place for place in places if contains(frame, place)]
    free = next(place for place in within if not any(overlap(place, other) for other in taken))
    taken.append(free)
    middle = (free[1] + free[3]) / 2
    edge, anchor = (free[0], "start") if free[0] > dot[0] else (free[2], "end")
    if abs(edge - dot[0]) > 8 or middle != dot[1]:
        yield line([dot, (edge + (-2 if anchor == "start" else 2), middle)], 'stroke-opacity="0.6"')
    yield text(edge, middle + 4, words, anchor)
