"""Backbones in the models directory: which there are, which are installed, and how one comes in. Imports no torch.

Layout: `NAME/model.safetensors`, `NAME/config.json` where the registry does not know the architecture, and
`NAME/origin.json`, as for encoders; a repository `owner/name` lies in `owner--name`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.models.json_cache import read_object
from core.models.spec import ORIGIN_FILE
from core.models.taggers.offered import STARTER, BackboneSpec, backbone_spec, is_repository, offered_backbones
from core.models.weights_file import check_name, check_weights, sha256_of
from core.types import ModelInfo

if TYPE_CHECKING:
    from core.models.download import Cancelled, OnProgress

HUB = "https://huggingface.co"
PURPOSE = "training"
"""In `ModelInfo.extra["purpose"]` of a backbone: it answers no queries, taggers are trained from it."""


class BackboneStore:
    """Backbones by name: those of the registry, and any "owner/name" of the hub."""

    def __init__(self, directory: Path, hub: str = HUB) -> None:
        """
        Args:
            directory: the models directory; made when it is needed.
            hub: base address of downloads.
        """
        self._directory = directory
        self._hub = hub

    @staticmethod
    def knows(name: str) -> bool:
        return is_repository(name) or name in {spec.name for spec in offered_backbones()}

    def infos(self) -> list[ModelInfo]:
        """Those of the registry, then what was fetched beside them, as the user chooses them."""
        offered = [spec.name for spec in offered_backbones()]
        folders = sorted(self._directory.glob("*--*")) if self._directory.is_dir() else []
        fetched = [folder.name.replace("--", "/", 1) for folder in folders]
        return [self.info(name) for name in [*offered, *(name for name in fetched if self._is_whole(name))]]

    def info(self, name: str) -> ModelInfo:
        """Raises ModelError, with the nearest name, when there is none of that name."""
        spec = backbone_spec(name)
        return ModelInfo(
            name=spec.name,
            title=spec.title,
            description=spec.description,
            languages="none: it looks at pictures alone",
            license=spec.license,
            license_url=spec.license_url,
            size_bytes=spec.download_bytes,
            speed="not known",
            installed=self.is_installed(name),
            live=False,
            extra={"purpose": PURPOSE, "source": self._source(spec)},
        )

    def is_installed(self, name: str) -> bool:
        spec = backbone_spec(name)
        return all((self.folder(spec) / remote.file).is_file() for remote in spec.downloads if not remote.optional)

    def download(self, name: str, *, on_progress: OnProgress | None = None, cancelled: Cancelled | None = None) -> Path:
        """Fetch what is missing; goes on where it stopped before. Returns the path of the weights.

        Raises:
            DownloadCancelledError, DownloadError: with the remedy.
            DiskFullError, PermissionDeniedError: the disk cannot take it.
            ModelError: there is nothing to download under that name.
        """
        from core.models.installation import install_from_hub

        spec = self._downloadable(name)
        install_from_hub(spec, self.folder(spec), self._hub, on_progress=on_progress, cancelled=cancelled)
        return self.folder(spec) / spec.downloads[0].file

    def import_file(self, name: str, path: Path) -> Path:
        """Install from a file that the user got otherwise. Returns the path of the copy.

        Raises:
            ModelError: a pickle, damaged, or its config is not beside it.
            DiskFullError, PermissionDeniedError: the disk cannot take it.
        """
        from core.models.installation import install_from_file

        spec = self._downloadable(name)
        install_from_file(spec, self.folder(spec), path.expanduser())
        return self.folder(spec) / spec.downloads[0].file

    def folder(self, spec: BackboneSpec) -> Path:
        return self._directory / spec.folder_name

    def checked_weights(self, spec: BackboneSpec) -> Path | None:
        """Weights that are whole, or None when they are not there. Raises ModelError when they are damaged."""
        remote = spec.downloads[0]
        path = self.folder(spec) / remote.file
        if not path.is_file():
            return None
        check_name(path)
        check_weights(path)
        recorded = read_object(self.folder(spec) / ORIGIN_FILE).get(remote.file, {}).get("sha256")
        promised = remote.sha256 or recorded
        if promised is not None and sha256_of(path) != promised:
            raise ModelError(
                f"The weights of {spec.name} are damaged: their checksum is not the one that they came with.",
                remedy=f"Run `recollect models download {spec.name}`.",
                path=path,
            )
        return path

    def _downloadable(self, name: str) -> BackboneSpec:
        if name == STARTER:
            raise ModelError(f"The {name} comes with Recollect: there is nothing to download.", remedy="Train with it.")
        return backbone_spec(name)

    def _is_whole(self, name: str) -> bool:
        return is_repository(name) and self.is_installed(name)

    def _source(self, spec: BackboneSpec) -> str:
        origin = read_object(self.folder(spec) / ORIGIN_FILE).get(spec.downloads[0].file, {})
        return str(origin.get("url", spec.downloads[0].url(self._hub)))
