"""What is installed, which device is used, what is wrong and how to mend it. Looks only; changes nothing."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.display import reason_for_no_window
from core.errors import RecollectError
from core.library import Library
from core.paths import LibraryPaths, default_home
from core.tags.values import TagSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIGABYTE = 1_000_000_000
FREE_DISK = 1 * GIGABYTE  # below this an index of a few ten thousand photos with thumbnails may not fit
FEW_WATCHES = 16_384  # Linux: one is needed for each directory; old systems allow 8,192
SHOWN_PROBLEMS = 5

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    state: State
    subject: str
    text: str
    remedy: str = ""


def examine(home: Path | None = None) -> Iterator[Finding]:
    """Look at everything, the installation first. A check that fails becomes a finding itself."""
    yield from _checked("Program", _program)
    yield from _checked("Device", _device)
    yield from _checked("Formats", _formats)
    yield from _checked("Window", _window)
    yield from _checked("Disk", lambda: _disk(_paths(home)))
    yield from _checked("Watching", _watches)
    yield from _checked("Library", lambda: _library(_paths(home)))


def _checked(subject: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except RecollectError as error:
        yield Finding("wrong", subject, f"{error.title}: {error.message}", error.remedy)
    except (ImportError, OSError, RuntimeError) as error:
        yield Finding("wrong", subject, f"{type(error).__name__}: {error}", "Install Recollect again.")


def _paths(home: Path | None) -> LibraryPaths:
    return LibraryPaths((home or default_home()).expanduser().absolute())


def _program() -> Iterator[Finding]:
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("ok", "Program", f"Recollect {_version('recollect')}, {python}")
    packages = ("torch", "open_clip_torch", "hnswlib", "pillow", "sqlite-utils")
    yield Finding("ok", "Packages", ", ".join(f"{name} {_version(name)}" for name in packages))


def _device() -> Iterator[Finding]:
    import torch

    if torch.cuda.is_available():
        yield Finding("ok", "Device", f"CUDA: {torch.cuda.get_device_name()}")
    elif torch.backends.mps.is_available():
        yield Finding("ok", "Device", "MPS: the graphics processor of this Mac")
    else:
        yield Finding(
            "ok", "Device", f"CPU with {os.cpu_count()} cores, {torch.get_num_threads()} threads for the model"
        )


def _formats() -> Iterator[Finding]:
    from PIL import features

    missing = [name for name in ("jpg", "webp", "avif", "libtiff") if not features.check(name)]
    missing += [] if importlib.util.find_spec("pillow_heif") else ["heif"]
    if missing:
        yield Finding("wrong", "Formats", f"cannot read {', '.join(missing)}", "Install pillow and pillow-heif again.")
    else:
        yield Finding("ok", "Formats", "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC/HEIF, AVIF")


def _window() -> Iterator[Finding]:
    if importlib.util.find_spec("PySide6") is None:
        yield Finding("note", "Window", "not installed", "pip install 'recollect[desktop]'")
    elif (reason := reason_for_no_window()) is not None:
        yield Finding(
            "note", "Window", f"cannot open here: {reason}", "The command line does the same: recollect --help"
        )
    else:
        yield Finding("ok", "Window", f"PySide6 {_version('PySide6-Essentials')}")


def _disk(paths: LibraryPaths) -> Iterator[Finding]:
    place = next(parent for parent in (paths.home, *paths.home.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / GIGABYTE:.1f} GB free for the library in {paths.home}"
    if not os.access(place, os.W_OK):
        yield Finding("wrong", "Disk", f"{place} cannot be written", "Choose another place with --home.")
    elif free < FREE_DISK:
        yield Finding("note", "Disk", text, "Free some space: thumbnails and models need it.")
    else:
        yield Finding("ok", "Disk", text)


def _watches() -> Iterator[Finding]:
    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    if sys.platform != "linux" or not limit.exists():
        yield Finding("ok", "Watching", "by the events of the system")
        return
    watches = int(limit.read_text(encoding="ascii"))
    remedy = "" if watches >= FEW_WATCHES else "sudo sysctl fs.inotify.max_user_watches=524288"
    yield Finding("note" if remedy else "ok", "Watching", f"up to {watches:,} folders at a time", remedy)


def _library(paths: LibraryPaths) -> Iterator[Finding]:
    if not paths.database.exists():
        yield Finding("note", "Library", f"there is none in {paths.home} yet", "recollect index DIR")
        return
    library = Library.open(paths.home)
    try:
        damage = library.damage()
        if damage:
            yield Finding(
                "wrong", "Library", damage, "Restore library.db from a backup, or move it away and index again."
            )
        yield Finding("ok", "Library", f"{library.photo_count():,} photos in {paths.home}")
        yield from _model(library)
        yield from _taggers(library)
        yield from _folders(library)
        yield from _problems(library)
    finally:
        library.close()


def _model(library: Library) -> Iterator[Finding]:
    chosen = library.settings.encoder
    info = next((info for info in library.models.all() if info.name == chosen), None)
    if info is None:
        yield Finding("wrong", "Model", f"{chosen} is not known", "recollect models list")
    elif not info.installed:
        yield Finding("wrong", "Model", f"{chosen} is not installed", f"recollect models download {chosen}")
    else:
        yield Finding("ok", "Model", f"{info.title}")


def _taggers(library: Library) -> Iterator[Finding]:
    trained = [info for info in library.tags.taggers() if info.source is TagSource.MODEL]
    for info in trained:
        if library.tags.has_lost_files(info.id):
            remedy = (
                f"Take {library.paths.taggers} from a backup, or train it again: recollect taggers delete {info.id}"
            )
            yield Finding("note", "Tagger", f"the files of {info.name} (number {info.id}) are lost", remedy)
        elif not info.usable:
            remedy = "Train it again, or choose that model again: recollect models list"
            yield Finding("note", "Tagger", f"{info.name} was trained on another model than the one in use", remedy)
    answering = next((info.name for info in trained if info.live), None)
    yield Finding("ok", "Tags", f"{answering} answers" if answering else "by words alone, until a tagger is trained")


def _folders(library: Library) -> Iterator[Finding]:
    for folder in library.folders():
        text = f"{folder.path}: {folder.photos:,} photos, {folder.queued:,} waiting"
        if not folder.online:
            yield Finding("note", "Folder", f"{folder.path} is not connected; its photos are hidden", "Plug it in.")
        else:
            yield Finding("ok", "Folder", text + (", looked through now and then" if folder.polled else ""))


def _problems(library: Library) -> Iterator[Finding]:
    problems = library.problems()
    for problem in problems[:SHOWN_PROBLEMS]:
        yield Finding("note", "Unreadable", f"{problem.path}: {problem.reason}")
    if len(problems) > SHOWN_PROBLEMS:
        yield Finding("note", "Unreadable", f"and {len(problems) - SHOWN_PROBLEMS} more files")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
