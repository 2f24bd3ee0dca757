"""The models directory: which encoders there are, which are installed, and how one comes in. Imports no torch.

Layout: `NAME/open_clip_model.safetensors`, with tokenizer files beside it where the model needs them, and
`NAME/origin.json`, which says where they came from and against what they were checked.
"""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from core.errors import ModelError, ModelMissingError
from core.known_words import FILE as KNOWN_WORDS_FILE
from core.known_words import KnownWords, read_known_words
from core.models.disk import disk_errors
from core.models.json_cache import read_object
from core.models.spec import ORIGIN_FILE, EncoderSpec, offered_encoders, own_encoder
from core.models.taggers.store import HUB, BackboneStore
from core.models.weights_file import KnownHashes, check_name, check_weights
from core.types import ModelInfo

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.models.download import Cancelled, OnProgress
    from core.settings import Settings

_HUB_VARIABLE = "HF_ENDPOINT"  # the hub's own clients read it too: a mirror is set in one place
_VOUCHERS = {
    "registry": "checked against Recollect's own registry",
    "hub": "checked against what the hub states",
    "size": "only its size could be checked",
    "import": "imported from a file, checked for damage only",
}


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """An installed encoder whose weights are whole."""

    spec: EncoderSpec
    weights: Path
    sha256: str  # of the weights


class ModelStore:
    """Encoders by name: bundled ones, ones to download, and the user's own of `[encoders.NAME]`."""

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        *,
        calibration: Path | None = None,
        hub: str | None = None,
        offered: Sequence[EncoderSpec] | None = None,
    ) -> None:
        """
        Args:
            directory: where downloads and imports lie; made when it is needed.
            calibration: JSON file that remembers what was measured about models on this machine.
            hub: base address of downloads; None takes HF_ENDPOINT, else huggingface.co.
            offered: what there is beside the user's own; None takes Recollect's registry.
        """
        self._directory = directory
        self._settings = settings
        self._calibration = calibration
        self._hub = hub or os.environ.get(_HUB_VARIABLE) or HUB
        self._offered = offered_encoders() if offered is None else offered
        self._hashes = KnownHashes(directory / "hashes.json")

    def specs(self) -> list[EncoderSpec]:
        """All encoders, in the order in which the user should see them; one of the user's own may replace another."""
        own = {name: own_encoder(name, custom, self._directory) for name, custom in self._settings.encoders.items()}
        offered = [spec for spec in self._offered if spec.name not in own]
        return [*offered, *own.values()]

    def spec(self, name: str) -> EncoderSpec:
        """Raises ModelError, with the nearest name, when there is none of that name."""
        known = {spec.name: spec for spec in self.specs()}
        if name in known:
            return known[name]
        if BackboneStore.knows(name):
            raise ModelError(
                f"{name} answers no queries: taggers are trained from it.",
                remedy=f"Train with it: `recollect train --set backbone={name}`.",
            )
        near = difflib.get_close_matches(name, [*known, *(info.name for info in self.backbones.infos())], 1, 0.4)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ModelError(
            f"There is no model that is called {name!r}.", remedy=f"{hint}`recollect models list` shows all of them."
        )

    @property
    def backbones(self) -> BackboneStore:
        """What taggers are trained from. `info`, `is_installed`, `download` and `import_file` know these names too."""
        return BackboneStore(self._directory, self._hub)

    def info(self, name: str, live: str | None) -> ModelInfo:
        """One of `infos`. Raises ModelError, with the nearest name, when there is none of that name."""
        if self._is_backbone(name):
            return self.backbones.info(name)
        return self._info(self.spec(name), live)

    def infos(self, live: str | None) -> list[ModelInfo]:
        """All encoders as the user chooses them; `live` is the name of the one that answers."""
        return [self._info(spec, live) for spec in self.specs()]

    def is_installed(self, name: str) -> bool:
        if self._is_backbone(name):
            return self.backbones.is_installed(name)
        spec = self.spec(name)
        needed = [self._weights(spec), *(self._folder(spec) / remote.file for remote in spec.downloads[1:])]
        return all(path.is_file() for path in needed)

    def download(self, name: str, *, on_progress: OnProgress | None = None, cancelled: Cancelled | None = None) -> Path:
        """Fetch what is missing of an encoder; goes on where it stopped before. Returns the path of its weights.

        Args:
            on_progress: called with bytes done and bytes in all, often.
            cancelled: asked often; True ends the download and keeps the part.

        Raises:
            DownloadCancelledError, DownloadError: with the remedy.
            DiskFullError, PermissionDeniedError: the disk cannot take it.
            ModelError: there is nothing to download under that name.
        """
        from core.models.installation import install_from_hub

        if self._is_backbone(name):
            return self.backbones.download(name, on_progress=on_progress, cancelled=cancelled)
        spec = self._downloadable(name)
        install_from_hub(spec, self._folder(spec), self._hub, on_progress=on_progress, cancelled=cancelled)
        return self._weights(spec)

    def import_file(self, name: str, path: Path) -> Path:
        """Install from a file that the user got otherwise, with the checks of a download. Returns the path of the copy.

        Raises:
            ModelError: a pickle, damaged, or not the weights of this model.
            DiskFullError, PermissionDeniedError: the disk cannot take it.
        """
        from core.models.installation import install_from_file

        if self._is_backbone(name):
            return self.backbones.import_file(name, path)
        spec = self._downloadable(name)
        install_from_file(spec, self._folder(spec), path.expanduser())
        return self._weights(spec)

    def remove(self, name: str) -> None:
        """Delete the files of a model of the user's own that lie in a folder of the models directory; others stay.

        Raises:
            MachineError: the disk does not let go of them.
        """
        folder = self._weights(self.spec(name)).parent.resolve()
        others = [*self._offered, *(spec for spec in self.specs() if spec.name != name)]
        used = {file.parent.resolve() for spec in others for file in self._own_files(spec)}
        if folder.parent != self._directory.resolve() or folder in used or not folder.is_dir():
            return
        going = folder.with_name(f".{folder.name}-{uuid4().hex[:8]}.part")
        with disk_errors(folder):
            folder.rename(going)
        shutil.rmtree(going, ignore_errors=True)

    def load(self, name: str) -> ClipEncoder:
        """The encoder, ready to work. Takes seconds: not for the thread that draws.

        Raises:
            ModelMissingError: it is not installed; the remedy says how to install it.
            ModelError: its files are damaged, or do not belong together.
        """
        from core.models.calibration import Plans
        from core.models.loading import load_encoder

        files = self.files(name)
        return load_encoder(
            files.spec,
            weights=files.weights,
            sha256=files.sha256,
            device=self._settings.device,
            plans=Plans(self._calibration),
        )

    def files(self, name: str) -> EncoderFiles:
        """The files of an installed encoder, looked through.

        Raises:
            ModelMissingError: it is not installed; the remedy says how to install it.
            ModelError: its files are damaged.
        """
        spec = self.spec(name)
        weights = self._weights(spec)
        if not self.is_installed(name):
            raise self._missing(spec, weights)
        check_name(weights)
        check_weights(weights)
        sha256 = self._hashes.sha256(weights)
        if sha256 != (self._promised_sha256(spec) or sha256):
            raise ModelError(
                f"The weights of {name} are damaged: their checksum is not the one that they came with.",
                remedy=f"Run `recollect models download {name}`." if spec.downloads else "Install Recollect again.",
                path=weights,
            )
        return EncoderFiles(spec, weights, sha256)

    def weights(self, name: str) -> Path:
        """Where the weights of an encoder lie, or will lie when it is installed.

        Raises:
            ModelError: there is none of that name.
        """
        return self._weights(self.spec(name))

    def known_words(self, name: str) -> KnownWords | None:
        """The words that a model was trained with, read from beside its weights; None where it ships none."""
        if name not in {spec.name for spec in self.specs()}:
            return None
        return read_known_words(self._weights(self.spec(name)).with_name(KNOWN_WORDS_FILE))

    def _is_backbone(self, name: str) -> bool:
        """An encoder of the user's own may have any name."""
        return BackboneStore.knows(name) and name not in {spec.name for spec in self.specs()}

    def _info(self, spec: EncoderSpec, live: str | None) -> ModelInfo:
        return ModelInfo(
            name=spec.name,
            title=spec.title,
            description=spec.description,
            languages=spec.languages,
            license=spec.license,
            license_url=spec.license_url,
            size_bytes=spec.download_bytes,
            speed=spec.speed,
            installed=self.is_installed(spec.name),
            live=spec.name == live,
            good_for=spec.good_for,
            weights_bytes=spec.weights_bytes,
            extra={"architecture": Path(spec.architecture).stem, **self._provenance(spec)},
            own=spec.own,
            adapted_from=spec.adapted_from,
        )

    def _provenance(self, spec: EncoderSpec) -> dict[str, str]:
        """Where the weights come from, and whose checksum vouches for them."""
        if not spec.downloads:
            return {"source": str(spec.local_weights)}
        origin = self._origin(spec)
        promised = "registry" if spec.sha256 else "hub"
        return {
            "source": str(origin.get("url", spec.downloads[0].url(self._hub))),
            "checksum": _VOUCHERS.get(str(origin.get("checked", promised)), "unknown"),
        }

    def _downloadable(self, name: str) -> EncoderSpec:
        spec = self.spec(name)
        if not spec.downloads:
            raise ModelError(
                f"The model {name} is on this computer already: there is nothing to download or import.",
                remedy=f"Run `recollect models use {name}`.",
                path=spec.local_weights,
            )
        return spec

    def _folder(self, spec: EncoderSpec) -> Path:
        return self._directory / spec.name

    def _own_files(self, spec: EncoderSpec) -> list[Path]:
        """All that it is read from; a name of open_clip's is no file, and does no harm among them."""
        return [self._weights(spec), Path(spec.architecture), *([spec.local_tokenizer] if spec.local_tokenizer else [])]

    def _weights(self, spec: EncoderSpec) -> Path:
        return spec.local_weights or self._folder(spec) / spec.downloads[0].file

    def _promised_sha256(self, spec: EncoderSpec) -> str | None:
        """The registry's, else what was found when the weights came in; None for weights of the user's own."""
        return spec.sha256 or (self._origin(spec).get("sha256") if spec.downloads else None)

    def _origin(self, spec: EncoderSpec) -> dict[str, Any]:
        """What was written down about the weights when they came in."""
        return read_object(self._folder(spec) / ORIGIN_FILE).get(spec.downloads[0].file, {})

    def _missing(self, spec: EncoderSpec, weights: Path) -> ModelMissingError:
        if spec.downloads:
            remedy = f"Run `recollect models download {spec.name}`, or `recollect models import {spec.name} FILE`."
        else:
            remedy = "Check the path under [encoders] in the settings."
        return ModelMissingError(f"The model {spec.name} is not installed.", remedy=remedy, path=weights)
