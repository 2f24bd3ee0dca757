"""Draws small photos with Pillow, for tests that need real files of a known look."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PIL import Image, ImageDraw

_EXIF_IFD, _TAKEN_AT, _MAKE, _MODEL, _ORIENTATION = 0x8769, 0x9003, 0x010F, 0x0110, 0x0112


class PhotoMaker:
    """Writes photos below one folder; the suffix of the name decides the format."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(
        self,
        name: str,
        subject: str = "red circle",
        *,
        size: tuple[int, int] = (160, 120),
        taken_at: datetime | None = None,
        camera: tuple[str, str] | None = None,
        orientation: int | None = None,
    ) -> Path:
        """Write one photo of `subject`, "COLOUR SHAPE" or "COLOUR SHAPE on COLOUR"; shapes: circle, square, triangle.

        `camera` is (make, model). Returns the path.
        """
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        if camera is not None:
            exif[_MAKE], exif[_MODEL] = camera
        if orientation is not None:
            exif[_ORIENTATION] = orientation
        if taken_at is not None:
            exif.get_ifd(_EXIF_IFD)[_TAKEN_AT] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        draw(subject, size).save(path, exif=exif)
        return path

    def six(self) -> Path:
        """Six photos in two folders, each of another colour and shape. Returns the outer folder."""
        for name, subject in (
            ("red circle.jpg", "red circle"),
            ("blue square.jpg", "blue square"),
            ("green triangle.png", "green triangle"),
            ("trip/yellow circle.jpg", "yellow circle"),
            ("trip/black square.jpg", "black square"),
            ("trip/white triangle.jpg", "white triangle on gray"),
        ):
            self(name, subject)
        return self.folder


def draw(subject: str, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A picture of "COLOUR SHAPE" on white, or on the colour that follows "on"."""
    thing, _, ground = subject.partition(" on ")
    color, shape = thing.split()
    image = Image.new("RGB", size, ground or "white")
    width, height = size
    edge = min(size) * 0.7
    left, top = (width - edge) / 2, (height - edge) / 2
    box = (left, top, left + edge, top + edge)
    pen = ImageDraw.Draw(image)
    match shape:
        case "circle":
            pen.ellipse(box, fill=color)
        case "square":
            pen.rectangle(box, fill=color)
        case "triangle":
            pen.polygon([(width / 2, top), (left, top + edge), (left + edge, top + edge)], fill=color)
        case _:
            raise ValueError(f"no such shape: {shape}")
    return image
