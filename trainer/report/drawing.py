"""What all figures of a report share: canvas, fonts, colours, and how they are kept.

A figure is drawn with stand-in colours for ink and lines. In the page they become CSS variables, so that one
drawing serves light and dark; in files they become the colours of a light page. pyplot, which keeps figures in a global
list, is not used.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind people tell apart. Without yellow and black: each vanishes on one ground.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#999999")
MARKERS = "os^DvPX*<>hd"  # with another shape each round of the palette: 84 classes that differ
RIGHT, WRONG = PALETTE[0], PALETTE[3]

# Colours that nothing else has; the same things on a light page.
_STAND_INS = {"ink": "#010203", "faint": "#040506"}
_PAPER = {"ink": "#1f2328", "faint": "#b6bcc4"}

# The first that is installed draws a character: names of classes come in any script.
_FONTS = (
    "DejaVu Sans", "Noto Sans", "Arial Unicode MS", "Segoe UI", "Noto Sans CJK SC", "Noto Sans CJK JP",
    "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Emoji",
)  # fmt: skip
_PNG_DPI = 120
_PX_PER_PT = 4 / 3


@dataclass(frozen=True, slots=True)
class Rendered:
    """One figure in the forms that a report needs."""

    inline: str  # <svg> for the page: colours are its CSS variables
    svg: str  # a file of its own, for a light ground
    png: bytes  # on white


def render(draw: Callable[[], Figure]) -> Rendered:
    """Draw it with stand-ins for the page, and once more on paper."""
    with _house_style(_STAND_INS):
        text = _svg(draw())
    with _house_style(_PAPER):
        png = _png(draw())
    return Rendered(_inline(text), _coloured(text, _PAPER), png)


@contextmanager
def _house_style(colours: Mapping[str, str]) -> Iterator[None]:
    """Settings for all that is drawn or saved inside."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        "font.family": _fonts(),
        "font.size": 9,
        "text.parse_math": False,  # a class may be called $5
        "svg.fonttype": "none",  # texts stay texts: small, and the browser has a font for every script
        "svg.hashsalt": "recollect",
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), colours["ink"]),
        **dict.fromkeys(("axes.edgecolor", "grid.color", "legend.edgecolor"), colours["faint"]),
        **dict.fromkeys(("axes.facecolor", "figure.facecolor", "legend.facecolor"), "none"),
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        # Where no font has a character the picture shows a box; the texts of the page are whole.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Laid out so that no text is cut."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def tidy(axes: Axes, *, grid: str = "both") -> None:
    """Faint lines behind what is drawn."""
    axes.set_axisbelow(True)
    axes.grid(axis=grid, linewidth=0.6, alpha=0.6)  # type: ignore[arg-type]
    axes.tick_params(length=0)


def colour_of(row: int) -> str:
    return PALETTE[row % len(PALETTE)]


def marker_of(row: int) -> str:
    return MARKERS[row // len(PALETTE) % len(MARKERS)]


def faint() -> str:
    """The colour of lines that only guide the eye."""
    import matplotlib as mpl

    return str(mpl.rcParams["axes.edgecolor"])


def ink() -> str:
    """The colour of text."""
    import matplotlib as mpl

    return str(mpl.rcParams["text.color"])


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_PNG_DPI, facecolor="white")
    return stream.getvalue()


def _inline(text: str) -> str:
    """Without the XML head, in the size of the page."""
    head, body = _coloured(text, {name: f"var(--{name})" for name in _STAND_INS})[text.index("<svg") :].split(">", 1)
    width = re.search(r'width="([\d.]+)pt"', head)
    head = re.sub(r' (width|height)="[\d.]+pt"', "", head)
    style = f"width:{float(width[1]) * _PX_PER_PT:.0f}px" if width else ""
    return f'{head} role="img" style="{style}">{body}'


def _coloured(text: str, colours: Mapping[str, str]) -> str:
    for name, stand_in in _STAND_INS.items():
        text = text.replace(stand_in, colours[name])
    return text


@cache
def _fonts() -> list[str]:
    """Those of `_FONTS` that are installed."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in _FONTS if name in installed]
