"""Which tagger answers, as the user chooses it: take in, use, go back, put together, delete.

Files of a checkpoint are copied into the library and never changed there. Works in any process: the one that indexes
notices the choice and does the work.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import DiskFullError, ModelError, PermissionDeniedError
from core.events import EventBus, TaggerChanged, TagsChanged
from core.tags.values import TaggerId, TaggerInfo, TagSource

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from core.protocols import Tagger
    from core.store.predictions import PredictionStore
    from core.store.taggers import TaggerRow, TaggerStore

CONFIG = "config.json"  # a directory without it is no checkpoint


class TaggerChoice:
    """Safe to use from any thread; `promote` and `combine` load the tagger and take seconds."""

    def __init__(
        self,
        store: TaggerStore,
        predictions: PredictionStore,
        directory: Path,
        bus: EventBus,
        *,
        load: Callable[[Path], Tagger],
        encoder_keys: Callable[[], Sequence[str]],
        wake: Callable[[], None],
    ) -> None:
        """
        Args:
            directory: Where the checkpoints of the library lie.
            load: Loads the checkpoint in a directory.
            encoder_keys: Of the encoders that photos get vectors of now.
            wake: Called when there is work for the indexer.
        """
        self._store = store
        self._predictions = predictions
        self._directory = directory
        self._bus = bus
        self._load = load
        self._encoder_keys = encoder_keys
        self._wake = wake

    def taggers(self) -> list[TaggerInfo]:
        """All trained ones, newest first, and zero-shot as it answers now."""
        rows = self._store.all()
        keys = self._encoder_keys()
        shown = [row for row in rows if row.source is TagSource.MODEL or row.live]
        return [self._info(row, keys) for row in sorted(shown, key=lambda row: row.source is TagSource.ZERO_SHOT)]

    def on_its_way(self) -> TaggerInfo | None:
        """The trained tagger that looks at the photos now and answers when it has seen all of them."""
        row = self._store.target(TagSource.MODEL)
        return None if row is None else self._info(row, self._encoder_keys())

    def promote(
        self, checkpoint: Path, *, name: str, metrics: Mapping[str, float], run: str | None = None
    ) -> TaggerInfo:
        """Take a checkpoint into the library and use it.

        Raises:
            ModelError: it is none, or is damaged.
            DiskFullError, PermissionDeniedError: it cannot be copied.
        """
        tagger = self._load(checkpoint)
        known = next((row for row in self._store.all() if row.key == tagger.key and self._has_files(row)), None)
        place = known.directory if known is not None else self._take_in(checkpoint)
        tagger_id = self._store.add(
            tagger.key,
            name,
            TagSource.MODEL,
            tagger.heads,
            directory=place,
            encoder_key=tagger.encoder_key,
            metrics=metrics,
            run=run,
            tells_unknown=tagger.tells_unknown,
        )
        return self.use(tagger_id)

    def use(self, tagger_id: TaggerId) -> TaggerInfo:
        """Let a tagger answer: at once if it has looked at every photo, else as soon as it has. Zero-shot: trained
        taggers answer no more.

        Raises:
            ModelError: there is no such tagger, or its files are lost.
        """
        row = self._row(tagger_id)
        if row.source is TagSource.ZERO_SHOT:
            self._store.retire(TagSource.MODEL)
        elif not self._has_files(row):
            raise ModelError(
                f"The files of the tagger {row.name} are lost.",
                remedy="Take them from a backup, or delete the tagger and train it again.",
                path=self._directory / (row.directory or ""),
            )
        elif row.live:
            self._store.make_live(row.id, again=True)  # whatever was on its way in is given up
        elif self._knows_all(row):
            self._store.make_live(row.id)
        else:
            self._store.aim_at(row.id)
        return self._changed(row.id)

    def roll_back(self) -> TaggerInfo:
        """Go back to what answered before, at once and with what it said of the photos.

        Raises:
            ModelError: nothing has answered before.
        """
        row = self._way_back()
        if row is None:
            raise ModelError("There is no tagger to go back to.", remedy="Choose one in the list.")
        if row.live:
            return self.use(row.id)
        if self._predictions.has_any(row.id) or self._knows_all(row):
            self._store.make_live(row.id, again=True)
        else:
            self._store.aim_at(row.id)
        return self._changed(row.id)

    def has_lost_files(self, tagger_id: TaggerId) -> bool:
        """Raises ModelError when there is no such tagger."""
        row = self._row(tagger_id)
        return row.source is TagSource.MODEL and not self._has_files(row)

    def back_to(self) -> TaggerInfo | None:
        """Where `roll_back` leads; None: nowhere."""
        row = self._way_back()
        return None if row is None else self._info(row, self._encoder_keys())

    def delete(self, tagger_id: TaggerId) -> None:
        """Forget a tagger, what it said and its files.

        Raises:
            ModelError: there is no such tagger, or it is in use.
        """
        row = self._row(tagger_id)
        if row.source is TagSource.ZERO_SHOT:
            raise ModelError("Tags without training cannot be deleted.", remedy="Train a tagger to replace them.")
        if row.live or row.target:
            raise ModelError(f"The tagger {row.name} is in use.", remedy="Choose another one first, or go back.")
        while self._predictions.forget(row.id):
            pass
        self._store.remove(row.id)
        if row.directory:
            shutil.rmtree(self._directory / row.directory, ignore_errors=True)
        self._bus.publish(TaggerChanged())
        self._wake()

    def combine(self, ids: Sequence[TaggerId], name: str) -> TaggerInfo:
        """A tagger that averages what several say; it is used at once.

        Raises:
            ModelError: fewer than two, or one of them is none that can be combined.
            DiskFullError, PermissionDeniedError: it cannot be written.
        """
        rows = [self._row(tagger_id) for tagger_id in dict.fromkeys(ids)]
        if len(rows) < 2 or any(row.source is not TagSource.MODEL or not self._has_files(row) for row in rows):
            raise ModelError("Two or more trained taggers are needed.", remedy="Choose at least two of the list.")
        from core.models.taggers.ensemble import save_ensemble

        building = self._directory / f".{uuid4().hex}.part"
        with self._translated(building):
            save_ensemble(building, [self._directory / (row.directory or "") for row in rows], name=name)
            return self.promote(building, name=name, metrics={})

    def _take_in(self, checkpoint: Path) -> str:
        """Copy a checkpoint; the directory has its name only when it is whole. Returns that name."""
        place = f"tagger-{uuid4().hex[:12]}"
        part = self._directory / f".{place}.part"
        with self._translated(part):
            shutil.copytree(checkpoint, part)
            for file in part.rglob("*"):
                _sync(file)
            part.rename(self._directory / place)
        return place

    @contextmanager
    def _translated(self, part: Path) -> Generator[None]:
        """Nothing of what was begun is left behind."""
        try:
            yield
        except (OSError, shutil.Error) as error:
            full = error.errno == errno.ENOSPC
            kind = DiskFullError if full else PermissionDeniedError
            raise kind(
                f"The tagger cannot be kept in {self._directory}: {error.strerror or error}.",
                remedy="Free some space on that disk, or check its permissions.",
                path=self._directory,
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _way_back(self) -> TaggerRow | None:
        """What is live while another one is on its way in; else the one before it, else zero-shot."""
        coming, live = self._store.target(TagSource.MODEL), self._store.live(TagSource.MODEL)
        if live is None:
            return None if coming is None else self._store.live(TagSource.ZERO_SHOT)
        if coming is not None:
            return live
        before = self._store.before(live)
        if before is not None and self._has_files(before):
            return before
        return self._store.live(TagSource.ZERO_SHOT)

    def _knows_all(self, row: TaggerRow) -> bool:
        return self._predictions.count_untagged(row.id) == 0

    def _changed(self, tagger_id: TaggerId) -> TaggerInfo:
        self._bus.publish(TaggerChanged())
        self._bus.publish(TagsChanged(()))
        self._wake()
        return self._info(self._row(tagger_id), self._encoder_keys())

    def _row(self, tagger_id: TaggerId) -> TaggerRow:
        row = self._store.get(tagger_id)
        if row is None:
            raise ModelError("There is no such tagger any more.", remedy="Choose one in the list.")
        return row

    def _has_files(self, row: TaggerRow) -> bool:
        return row.directory is not None and (self._directory / row.directory / CONFIG).is_file()

    def _info(self, row: TaggerRow, encoder_keys: Sequence[str]) -> TaggerInfo:
        sees = row.encoder_key is None or row.encoder_key in encoder_keys
        return TaggerInfo(
            id=row.id,
            key=row.key,
            name=row.name,
            source=row.source,
            heads=row.heads,
            live=row.live,
            created_at=datetime.fromisoformat(row.created_at),
            metrics=row.metrics,
            run=row.run,
            usable=sees and (row.source is TagSource.ZERO_SHOT or self._has_files(row)),
            stalled=row.stalled,
            encoder_key=row.encoder_key,
        )


def _sync(file: Path) -> None:
    """A power cut after the rename must not leave an empty file."""
    if file.is_file():
        with suppress(OSError), file.open("rb") as opened:
            os.fsync(opened.fileno())
