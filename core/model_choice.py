"""The models of a library as the user sees them: what there is, getting one, letting another one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ModelError, ModelMissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.encoders import Encoders
    from core.models.registry import ModelStore
    from core.settings import Settings
    from core.types import ModelInfo


class ModelChoice:
    """Safe to use from any thread. Downloads and imports take their time on the caller's."""

    def __init__(
        self,
        store: Callable[[], ModelStore],
        answering: Callable[[], str],
        settings: Callable[[], Settings],
        change_settings: Callable[..., None],
        encoders: Encoders,
        on_installed: Callable[[], None],
    ) -> None:
        """
        Args:
            store: The models that the settings of this moment know.
            answering: The name of the model that answers, or will.
            settings: Those of this moment.
            on_installed: Called when weights have come, or another model was chosen: one that failed may load now.
        """
        self._store = store
        self._answering = answering
        self._settings = settings
        self._change_settings = change_settings
        self._encoders = encoders
        self._on_installed = on_installed

    def all(self) -> list[ModelInfo]:
        return self._store().infos(self._answering())

    def backbones(self) -> list[ModelInfo]:
        """What taggers are trained from, beside the bundled starter. `info`, `download` and `import_file` know them."""
        return self._store().backbones.infos()

    def info(self, name: str) -> ModelInfo:
        """Raises ModelError, with the nearest name, when there is none of that name."""
        return self._store().info(name, self._answering())

    def devices(self) -> list[str]:
        """What a model can run on here: values of the setting `device` besides `auto`, which takes the first of them.

        Takes seconds when it is the first to ask torch.
        """
        from core.models.device import available_devices

        return available_devices()

    def download(
        self,
        name: str,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Path:
        """Download a model's weights. Goes on where an earlier try ended.

        Args:
            on_progress: Called with bytes done and bytes in total.
            cancelled: Asked now and then; what was downloaded so far is kept.

        Raises:
            DownloadError: the network, the server or the checksum failed.
            DiskFullError: there is not enough space.
        """
        installed = self._store().download(name, on_progress=on_progress, cancelled=cancelled)
        self._on_installed()
        return installed

    def import_file(self, name: str, path: Path) -> Path:
        """Install a model's weights from a local file.

        Raises:
            ModelError: the file is not what the model needs.
        """
        installed = self._store().import_file(name, path.expanduser())
        self._on_installed()
        return installed

    def use(self, name: str) -> None:
        """Let another model answer, once it has embedded every photo in the background.

        Raises:
            ModelError: there is no such model, or it is not installed.
        """
        if not self._store().is_installed(name):
            raise ModelMissingError(
                f"The model {name} is not installed.",
                remedy=f"Run `recollect models download {name}`, or `recollect models import {name} FILE`.",
            )
        self._change_settings(encoder=name)
        self._on_installed()

    def delete(self, name: str) -> None:
        """Delete a model of the user's own: its files, where they lie in the library, and what it knows of the photos.

        Raises:
            ModelError: it is not one of the user's own, or it answers, or will.
            MachineError: the disk does not let go of it.
        """
        store, settings = self._store(), self._settings()
        if not store.spec(name).own:
            raise ModelError(
                f"{name} is not a model of your own.",
                remedy="Those that were adapted, or stand under [encoders] in the settings, can be deleted.",
            )
        at_work = {one.name for one in self._encoders.active}
        if name in {self._answering(), settings.encoder, self._encoders.answered_last, *at_work}:
            raise ModelError(f"{name} answers your searches.", remedy="Let another model answer first.")
        store.remove(name)
        now = self._settings()  # removing takes a while
        rest = {other: custom.model_dump() for other, custom in now.encoders.items() if other != name}
        self._change_settings(encoders=rest)
        self._encoders.forget(name)
