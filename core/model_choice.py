"""The models of a library as the user sees them: what there is, getting one, letting another one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ModelMissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.models.registry import ModelStore
    from core.types import ModelInfo


class ModelChoice:
    """Safe to use from any thread. Downloads and imports take their time on the caller's."""

    def __init__(
        self,
        store: Callable[[], ModelStore],
        answering: Callable[[], str],
        choose: Callable[[str], None],
        on_installed: Callable[[], None],
    ) -> None:
        """
        Args:
            store: The models that the settings of this moment know.
            answering: The name of the model that answers, or will.
            choose: Writes the name of another one into the settings.
            on_installed: Called when weights have come, or another model was chosen: one that failed may load now.
        """
        self._store = store
        self._answering = answering
        self._choose = choose
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
        self._choose(name)
        self._on_installed()
