"""Which photos Recollect starts with where nobody has told it yet."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from core.errors import FolderError
from core.files.ignore import IgnoreRules
from core.files.scan import scan
from core.samples import build_samples


def choose_folder(wanted: Path | None, home: Path) -> Path:
    """The folder that the user named, else the Pictures folder if it holds photos, else the sample library in `home`.

    Raises:
        FolderError: the folder that the user named is not there.
    """
    if wanted is not None:
        if not wanted.is_dir():
            raise FolderError(
                f"There is no folder {wanted}.", remedy="Check its name, or plug in its drive.", path=wanted
            )
        return wanted.resolve()
    pictures = Path(platformdirs.user_pictures_dir())
    if next(iter(scan(pictures, IgnoreRules())), None) is not None:
        return pictures
    return build_samples(home)
