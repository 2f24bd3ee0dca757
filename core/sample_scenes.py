"""The pictures that Recollect draws itself for the sample library: simple scenes that everyone recognises.

Only drawing lives here. Which pictures there are, and what they say about themselves, is for `core.samples`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFilter

Color = tuple[int, int, int]
Point = tuple[float, float]

# Drawn twice as large and reduced, so that edges are smooth: Pillow draws without antialiasing.
_OVERSAMPLING = 2


class Canvas:
    """A picture in the making. Coordinates run from 0 to 1 in both directions, y downwards; radii are of the width."""

    def __init__(self, size: tuple[int, int], seed: int = 0) -> None:
        self._size = size
        self.width, self.height = size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING
        self.image = Image.new("RGB", (self.width, self.height), "white")
        self.pen = ImageDraw.Draw(self.image)
        self.chance = random.Random(seed)

    def finish(self) -> Image.Image:
        """The picture in its real size, softened a little, as a lens would."""
        return self.image.filter(ImageFilter.GaussianBlur(1)).resize(self._size, Image.Resampling.LANCZOS)

    def gradient(self, colors: Sequence[Color], top: float = 0.0, bottom: float = 1.0) -> None:
        """Fill a band with colours that pass into each other from top to bottom."""
        first, last = int(top * self.height), int(bottom * self.height)
        for y in range(first, last):
            place = (y - first) / max(1, last - first) * (len(colors) - 1)
            index = min(int(place), len(colors) - 2)
            color = mix(colors[index], colors[index + 1], place - index)
            self.pen.line([(0, y), (self.width, y)], fill=color)

    def circle(self, x: float, y: float, radius: float, color: Color | str) -> None:
        r = radius * self.width
        cx, cy = x * self.width, y * self.height
        self.pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=color)

    def polygon(self, points: Sequence[Point], color: Color | str) -> None:
        self.pen.polygon([(x * self.width, y * self.height) for x, y in points], fill=color)

    def box(self, left: float, top: float, right: float, bottom: float, color: Color | str) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], color)

    def line(self, points: Sequence[Point], color: Color | str, thickness: float) -> None:
        scaled = [(x * self.width, y * self.height) for x, y in points]
        self.pen.line(scaled, fill=color, width=max(1, round(thickness * self.width)), joint="curve")


def mix(first: Color, second: Color, share: float) -> Color:
    """The colour that lies `share` of the way from the first to the second."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(first, second, strict=True))
    return r, g, b


SKY: Sequence[Color] = ((96, 160, 226), (196, 224, 246))
MEADOW: Sequence[Color] = ((112, 168, 70), (66, 124, 48))
SEA: Sequence[Color] = ((52, 112, 168), (18, 60, 112))


def sunset(canvas: Canvas) -> None:
    canvas.gradient([(60, 40, 110), (214, 84, 92), (255, 186, 84)], 0, 0.62)
    canvas.circle(0.5, 0.56, 0.09, (255, 240, 180))
    canvas.gradient([(150, 70, 90), (30, 24, 60)], 0.62, 1)
    for step in range(14):
        y, reach = 0.64 + step * 0.025, 0.1 - step * 0.004
        canvas.line([(0.5 - reach, y), (0.5 + reach, y)], (255, 206, 130), 0.004)


def mountains(canvas: Canvas) -> None:
    canvas.gradient(SKY, 0, 0.7)
    for x, top, reach in ((0.25, 0.28, 0.34), (0.78, 0.34, 0.32), (0.52, 0.16, 0.38)):
        canvas.polygon([(x - reach, 0.75), (x, top), (x + reach, 0.75)], (98, 104, 122))
        cap = reach * 0.34
        canvas.polygon([(x - cap, top + 0.2), (x, top), (x + cap, top + 0.2), (x, top + 0.15)], (246, 248, 252))
    canvas.gradient(MEADOW, 0.72, 1)


def tree(canvas: Canvas) -> None:
    canvas.gradient(SKY, 0, 0.7)
    canvas.gradient(MEADOW, 0.7, 1)
    canvas.box(0.47, 0.5, 0.53, 0.82, (96, 64, 38))
    for _ in range(70):
        angle, distance = canvas.chance.uniform(0, math.tau), canvas.chance.uniform(0, 0.17)
        green = mix((34, 96, 34), (92, 164, 60), canvas.chance.random())
        canvas.circle(0.5 + math.cos(angle) * distance, 0.36 + math.sin(angle) * distance * 1.2, 0.05, green)


def forest(canvas: Canvas) -> None:
    canvas.gradient([(170, 200, 214), (214, 226, 222)], 0, 0.6)
    canvas.gradient([(74, 104, 56), (40, 66, 34)], 0.6, 1)
    for row, base in enumerate((0.62, 0.72, 0.86)):
        for _ in range(11 - row * 2):
            x, height = canvas.chance.uniform(0, 1), canvas.chance.uniform(0.34, 0.46) + row * 0.08
            green = mix((60, 104, 76), (18, 62, 32), row / 2)
            for tier in range(3):
                top, reach = base - height + tier * height * 0.25, 0.04 + tier * 0.022 + row * 0.008
                canvas.polygon([(x - reach, top + height * 0.42), (x, top), (x + reach, top + height * 0.42)], green)
            canvas.box(x - 0.008, base - height * 0.1, x + 0.008, base, (70, 48, 32))


def beach(canvas: Canvas) -> None:
    canvas.gradient(SKY, 0, 0.42)
    canvas.gradient([(36, 120, 176), (92, 190, 200)], 0.42, 0.68)
    canvas.gradient([(232, 210, 160), (214, 186, 132)], 0.68, 1)
    canvas.line([(0.66, 0.9), (0.7, 0.55)], (240, 240, 236), 0.01)
    canvas.polygon([(0.52, 0.6), (0.7, 0.44), (0.88, 0.6)], (214, 52, 48))
    canvas.polygon([(0.64, 0.6), (0.7, 0.44), (0.76, 0.6)], (250, 246, 240))
    canvas.circle(0.16, 0.14, 0.05, (255, 236, 140))


def sailing_boat(canvas: Canvas) -> None:
    canvas.gradient(SKY, 0, 0.55)
    canvas.gradient(SEA, 0.55, 1)
    canvas.polygon([(0.34, 0.62), (0.68, 0.62), (0.62, 0.7), (0.4, 0.7)], (120, 62, 40))
    canvas.line([(0.5, 0.62), (0.5, 0.16)], (80, 60, 44), 0.008)
    canvas.polygon([(0.52, 0.18), (0.52, 0.58), (0.7, 0.58)], (250, 250, 246))
    canvas.polygon([(0.48, 0.24), (0.48, 0.58), (0.36, 0.58)], (226, 226, 220))


def night_sky(canvas: Canvas) -> None:
    canvas.gradient([(6, 8, 28), (24, 30, 70)], 0, 1)
    for _ in range(160):
        canvas.circle(canvas.chance.random(), canvas.chance.random() * 0.8, 0.0012, (236, 236, 220))
    canvas.circle(0.72, 0.24, 0.08, (244, 240, 214))
    canvas.circle(0.75, 0.22, 0.07, (14, 18, 46))
    canvas.polygon([(0, 1), (0, 0.84), (0.3, 0.76), (0.62, 0.86), (1, 0.8), (1, 1)], (4, 6, 14))


def house(canvas: Canvas) -> None:
    canvas.gradient(SKY, 0, 0.74)
    canvas.gradient(MEADOW, 0.74, 1)
    canvas.box(0.28, 0.44, 0.72, 0.82, (238, 222, 190))
    canvas.polygon([(0.22, 0.46), (0.5, 0.2), (0.78, 0.46)], (176, 58, 44))
    canvas.box(0.46, 0.6, 0.55, 0.82, (110, 70, 42))
    for left in (0.33, 0.6):
        canvas.box(left, 0.53, left + 0.08, 0.65, (150, 196, 224))


def rainbow(canvas: Canvas) -> None:
    canvas.gradient([(120, 150, 180), (190, 210, 224)], 0, 0.76)
    hues = ((220, 48, 48), (240, 140, 40), (246, 220, 70), (70, 170, 80), (60, 110, 210), (110, 70, 170))
    for step, color in enumerate(hues):
        canvas.circle(0.5, 0.86, 0.42 - step * 0.022, color)
    canvas.circle(0.5, 0.86, 0.42 - len(hues) * 0.022, (180, 203, 219))
    canvas.gradient(MEADOW, 0.76, 1)


def balloons(canvas: Canvas) -> None:
    canvas.gradient(SKY, 0, 1)
    for x, y, color in ((0.3, 0.36, (214, 44, 50)), (0.52, 0.26, (248, 206, 58)), (0.72, 0.4, (58, 110, 206))):
        canvas.line([(x, y), (0.5, 0.96)], (90, 90, 90), 0.003)
        canvas.circle(x, y, 0.1, color)
        canvas.circle(x - 0.03, y - 0.04, 0.02, mix(color, (255, 255, 255), 0.6))


def flower(canvas: Canvas) -> None:
    canvas.gradient([(150, 196, 120), (70, 128, 62)], 0, 1)
    canvas.line([(0.5, 0.5), (0.5, 1)], (52, 110, 44), 0.016)
    for petal in range(12):
        angle = petal * math.tau / 12
        canvas.circle(0.5 + math.cos(angle) * 0.15, 0.4 + math.sin(angle) * 0.15, 0.06, (250, 250, 246))
    canvas.circle(0.5, 0.4, 0.09, (246, 196, 44))


def orange_fruit(canvas: Canvas) -> None:
    canvas.gradient([(236, 232, 224), (206, 196, 182)], 0, 1)
    canvas.circle(0.52, 0.6, 0.27, (190, 180, 166))
    for step in range(20):
        share = step / 19
        canvas.circle(
            0.5 - 0.06 * share, 0.5 - 0.08 * share, 0.27 * (1 - 0.8 * share), mix((226, 110, 20), (255, 186, 84), share)
        )
    canvas.polygon([(0.5, 0.25), (0.6, 0.14), (0.66, 0.22)], (60, 130, 50))


def street(canvas: Canvas) -> None:
    canvas.gradient([(160, 184, 206), (220, 224, 226)], 0, 0.7)
    canvas.box(0, 0.7, 1, 1, (84, 86, 90))
    for left in range(6):
        x, top = left * 0.17, canvas.chance.uniform(0.12, 0.4)
        wall = mix((150, 90, 70), (190, 176, 150), canvas.chance.random())
        canvas.box(x, top, x + 0.16, 0.74, wall)
        for row in range(int((0.7 - top) / 0.08)):
            for column in range(3):
                canvas.box(
                    x + 0.02 + column * 0.045,
                    top + 0.03 + row * 0.08,
                    x + 0.045 + column * 0.045,
                    top + 0.07 + row * 0.08,
                    (212, 228, 238),
                )
    for dash in range(5):
        canvas.box(dash * 0.22, 0.87, dash * 0.22 + 0.12, 0.885, (236, 232, 214))


def shape(kind: str, color: Color, ground: Color = (246, 246, 244)) -> Callable[[Canvas], None]:
    """A plain shape in one colour on an even ground."""
    outlines: dict[str, Sequence[Point]] = {
        "square": ((0.25, 0.2), (0.75, 0.2), (0.75, 0.8), (0.25, 0.8)),
        "triangle": ((0.5, 0.15), (0.2, 0.82), (0.8, 0.82)),
        "star": [(0.5 + math.sin(i * math.pi / 5) * (0.36 if i % 2 == 0 else 0.15),
                  0.52 - math.cos(i * math.pi / 5) * (0.4 if i % 2 == 0 else 0.17)) for i in range(10)],
    }  # fmt: skip

    def draw(canvas: Canvas) -> None:
        canvas.gradient([ground, mix(ground, (0, 0, 0), 0.08)], 0, 1)
        if kind == "circle":
            canvas.circle(0.5, 0.5, 0.27, color)
        else:
            canvas.polygon(outlines[kind], color)

    return draw


SCENES: dict[str, Callable[[Canvas], None]] = {
    "sunset over the sea": sunset,
    "snowy mountains": mountains,
    "green tree": tree,
    "forest": forest,
    "beach with an umbrella": beach,
    "sailing boat": sailing_boat,
    "night sky": night_sky,
    "house with a red roof": house,
    "rainbow": rainbow,
    "balloons": balloons,
    "daisy": flower,
    "orange": orange_fruit,
    "street with houses": street,
    "red circle": shape("circle", (206, 34, 40)),
    "blue square": shape("square", (36, 76, 190)),
    "green triangle": shape("triangle", (40, 140, 62)),
    "yellow star": shape("star", (250, 204, 40), ground=(40, 44, 84)),
}


def draw_scene(name: str, size: tuple[int, int]) -> Image.Image:
    """One of `SCENES`. The same name gives the same picture, always."""
    canvas = Canvas(size, seed=len(name))
    SCENES[name](canvas)
    return canvas.finish()
