"""Which files and folders are photos of the user, and which are junk. Looks at names only, never at the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

from core.errors import SettingsError
from core.files.formats import SUFFIXES

JUNK_FOLDERS = frozenset(
    {
        "$recycle.bin",  # Windows
        "system volume information",
        "found.000",
        "lost+found",  # ext4
        "__macosx",  # resource forks in ZIP files
        "@eadir",  # thumbnails on Synology
        "#recycle",
        "#snapshot",
        "@recycle",  # QNAP
        "@recently-snapshot",
        "node_modules",
    }
)
"""Lower case. Hidden folders (.thumbnails, .Trash-1000, .git and so on) are left out by their dot."""

JUNK_PATTERNS = (
    "*.photoslibrary/resources/",  # Apple Photos: smaller copies of what lies in originals/
    "*.photoslibrary/scopes/",
    "*.photolibrary/Thumbnails/",
    "*.lrdata/",  # Lightroom's previews
    "*.lrcat-data/",
)


class IgnoreRules:
    """Built-in junk and the user's own patterns, which are written as in .gitignore.

    Raises:
        SettingsError: a pattern that cannot be understood.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        try:
            self._patterns = GitIgnoreSpec.from_lines((*JUNK_PATTERNS, *patterns))
        except ValueError as error:
            raise SettingsError(
                f"A pattern of the setting 'ignore' is not valid: {error}.", remedy="Write it as in a .gitignore file."
            ) from error

    def allows_file(self, path: Path, root: Path) -> bool:
        """Whether this is a picture to be shown. All folders between it and `root` are looked at too."""
        if path.suffix.lower() not in SUFFIXES:
            return False
        return self._allows(path.relative_to(root), is_dir=False)

    def allows_dir(self, path: Path, root: Path) -> bool:
        """Whether this folder may hold pictures to be shown. `root` itself always may."""
        return path == root or self._allows(path.relative_to(root), is_dir=True)

    def _allows(self, relative: PurePath, *, is_dir: bool) -> bool:
        *folders, name = relative.parts
        if name.startswith(".") or any(_is_junk_folder(folder) for folder in folders):
            return False
        if is_dir and _is_junk_folder(name):
            return False
        return not self._patterns.match_file(f"{relative.as_posix()}/" if is_dir else relative.as_posix())


def _is_junk_folder(name: str) -> bool:
    return name.startswith(".") or name.casefold() in JUNK_FOLDERS
