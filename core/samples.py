"""The sample library: pictures to try Recollect with, for a person who has none at hand. Needs no network.

Two sources: what scikit-image and scikit-learn ship inside their packages, as far as they are installed, and scenes
that `core.sample_scenes` draws. Where each comes from and its licence: `resources/samples/README.md`.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from importlib import resources
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import GPS, IFD, Base

from core.sample_scenes import draw_scene

log = logging.getLogger(__name__)

FOLDER_NAME = "samples"

Place = tuple[float, float]  # degrees: latitude (north positive), longitude (east positive)


@dataclass(frozen=True, slots=True)
class PackagePicture:
    """A picture that lies in an installed package. It is copied as it is."""

    name: str
    package: str
    file: str  # below the package's folder, with `/`


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is drawn, and what its EXIF says, so that filters have something to find."""

    name: str  # of a scene of core.sample_scenes, and of the file
    taken_at: datetime
    camera: tuple[str, str]  # make, model
    place: Place | None = None
    size: tuple[int, int] = (960, 640)  # pixels


# Pictures of everyday things; scans, medical pictures and test patterns of the packages are left out.
PACKAGE_PICTURES = (
    PackagePicture("astronaut.png", "skimage", "data/astronaut.png"),
    PackagePicture("bricks.png", "skimage", "data/brick.png"),
    PackagePicture("photographer.png", "skimage", "data/camera.png"),
    PackagePicture("cat.png", "skimage", "data/chelsea.png"),
    PackagePicture("coffee.png", "skimage", "data/coffee.png"),
    PackagePicture("coins.png", "skimage", "data/coins.png"),
    PackagePicture("grass.png", "skimage", "data/grass.png"),
    PackagePicture("gravel.png", "skimage", "data/gravel.png"),
    PackagePicture("horse.png", "skimage", "data/horse.png"),
    PackagePicture("galaxies.jpg", "skimage", "data/hubble_deep_field.jpg"),
    PackagePicture("moon.png", "skimage", "data/moon.png"),
    PackagePicture("motorcycle.png", "skimage", "data/motorcycle_left.png"),
    PackagePicture("rocket.jpg", "skimage", "data/rocket.jpg"),
    PackagePicture("temple.jpg", "sklearn", "datasets/images/china.jpg"),
    PackagePicture("dahlia.jpg", "sklearn", "datasets/images/flower.jpg"),
)

_BRUSH, _PENCIL = ("Recollect", "Brush One"), ("Recollect", "Pencil Two")
_LISBON, _ZERMATT, _SYLT = (38.7223, -9.1393), (46.0207, 7.7491), (54.9079, 8.3033)

DRAWINGS = (
    Drawing("sunset over the sea", datetime(2023, 7, 14, 21, 12), _BRUSH, _SYLT),
    Drawing("beach with an umbrella", datetime(2023, 7, 15, 11, 40), _BRUSH, _SYLT),
    Drawing("sailing boat", datetime(2023, 7, 16, 15, 5), _BRUSH, _SYLT, (640, 960)),
    Drawing("snowy mountains", datetime(2024, 2, 3, 10, 30), _PENCIL, _ZERMATT),
    Drawing("forest", datetime(2024, 2, 5, 14, 20), _PENCIL, _ZERMATT),
    Drawing("night sky", datetime(2024, 2, 5, 23, 50), _PENCIL, _ZERMATT),
    Drawing("street with houses", datetime(2022, 5, 1, 9, 15), _BRUSH, _LISBON),
    Drawing("orange", datetime(2022, 5, 2, 12, 0), _BRUSH, _LISBON, (800, 800)),
    Drawing("green tree", datetime(2021, 6, 6, 16, 45), _PENCIL, None, (640, 960)),
    Drawing("house with a red roof", datetime(2021, 6, 6, 17, 10), _PENCIL),
    Drawing("rainbow", datetime(2021, 6, 7, 18, 30), _PENCIL),
    Drawing("daisy", datetime(2021, 6, 8, 8, 5), _PENCIL, None, (640, 960)),
    Drawing("balloons", datetime(2022, 9, 24, 15, 30), _BRUSH, None, (640, 960)),
    Drawing("red circle", datetime(2020, 1, 1, 12, 0), _PENCIL, None, (600, 600)),
    Drawing("blue square", datetime(2020, 1, 1, 12, 1), _PENCIL, None, (600, 600)),
    Drawing("green triangle", datetime(2020, 1, 1, 12, 2), _PENCIL, None, (600, 600)),
    Drawing("yellow star", datetime(2020, 1, 1, 12, 3), _PENCIL, None, (600, 600)),
)


def build_samples(home: Path) -> Path:
    """Make the sample library below `home` and return its folder. What is there already is left alone.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = home / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    _write_once(folder / "README.md", (resources.files("resources") / "samples" / "README.md").read_bytes())
    for picture in PACKAGE_PICTURES:
        _copy_picture(picture, folder)
    for drawing in DRAWINGS:
        _draw(drawing, folder)
    return folder


def _copy_picture(picture: PackagePicture, folder: Path) -> None:
    target = folder / picture.name
    source = _package_folder(picture.package)
    if target.exists() or source is None:
        return
    path = source / picture.file
    if not _is_picture(path):
        log.info("%s has no %s; the sample library goes without it", picture.package, picture.file)
        return
    _write_once(target, path.read_bytes())


def _package_folder(package: str) -> Path | None:
    # Found without importing it: scikit-image and scikit-learn take seconds to import, and only their files are needed.
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _is_picture(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.verify()
    except (OSError, UnidentifiedImageError):
        return False
    return True


def _draw(drawing: Drawing, folder: Path) -> None:
    target = folder / f"{drawing.name}.jpg"
    if target.exists():
        return
    temporary = target.with_suffix(".part")
    draw_scene(drawing.name, drawing.size).save(temporary, "JPEG", quality=90, exif=_exif(drawing))
    taken_s = drawing.taken_at.timestamp()
    os.utime(temporary, (taken_s, taken_s))
    temporary.replace(target)


def _exif(drawing: Drawing) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = drawing.camera
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = drawing.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    if drawing.place is not None:
        latitude, longitude = drawing.place
        exif.get_ifd(IFD.GPSInfo).update(
            {
                GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
                GPS.GPSLatitude: _degrees_minutes_seconds(latitude),
                GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
                GPS.GPSLongitude: _degrees_minutes_seconds(longitude),
            }
        )
    return exif


def _degrees_minutes_seconds(angle: float) -> tuple[Fraction, Fraction, Fraction]:
    minutes, seconds = divmod(round(abs(angle) * 3600), 60)
    degrees, minutes = divmod(minutes, 60)
    return Fraction(degrees), Fraction(minutes), Fraction(seconds)


def _write_once(target: Path, content: bytes) -> None:
    if target.exists():
        return
    temporary = target.with_name(target.name + ".part")
    temporary.write_bytes(content)
    shutil.move(temporary, target)
