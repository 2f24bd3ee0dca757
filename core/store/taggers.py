"""Taggers on disk: which there are, which answer, and which one is on its way in.

At most one trained tagger is live, and zero-shot for the heads that it lacks; triggers of the database keep in the
table `answering` which one answers for a head. A target is tagging in the background and becomes live when it has
looked at every photo.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.store.folders import now_utc
from core.store.wordings import WordingStore, words_as_json
from core.tags.values import TaggerId, TagSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.store.database import Database, Row


_ON_ITS_WAY, _STALLED = 1, 2


@dataclass(frozen=True, slots=True)
class TaggerRow:
    """One row of the table."""

    id: TaggerId
    key: str
    name: str
    source: TagSource
    directory: str | None
    encoder_key: str | None  # whose vectors it reads
    heads: Mapping[str, tuple[str, ...]]  # in the words of the user
    metrics: Mapping[str, float]
    run: str | None
    live: bool
    target: bool  # on its way in
    stalled: bool  # wanted, and cannot work at the moment
    created_at: str  # ISO 8601, UTC
    live_since: str | None  # ISO 8601, UTC


class TaggerStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        key: str,
        name: str,
        source: TagSource,
        heads: Mapping[str, Sequence[str]],
        *,
        directory: str | None = None,
        encoder_key: str | None = None,
        metrics: Mapping[str, float] | None = None,
        run: str | None = None,
        tells_unknown: bool = False,
    ) -> TaggerId:
        """The row of a tagger; one that is known already gets what is given now, and keeps its predictions."""
        own = {head: tuple(labels) for head, labels in heads.items()}
        with self._database.write() as db:  # before the words are read: nobody renames any between them and the row
            wording = WordingStore(self._database).for_new(own)
            values = (
                key,
                name,
                source.value,
                directory,
                encoder_key,
                json.dumps(wording.shown(own)),
                json.dumps(dict(metrics or {})),
                run,
                now_utc(),
                words_as_json(wording, own),
                tells_unknown,
            )
            db.execute(
                """
                INSERT INTO taggers (key, name, source, directory, encoder_key, heads, metrics, run, created_at, words,
                    tells_unknown)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET name = excluded.name, directory = excluded.directory,
                    metrics = excluded.metrics, run = excluded.run
                """,
                values,
            )
            return TaggerId(self._database.read_column("SELECT id FROM taggers WHERE key = ?", (key,))[0])

    def all(self) -> list[TaggerRow]:
        """Newest first."""
        return [_row(row) for row in self._database.read("SELECT * FROM taggers ORDER BY id DESC")]

    def get(self, tagger_id: TaggerId) -> TaggerRow | None:
        return next((row for row in self.all() if row.id == tagger_id), None)

    def live(self, source: TagSource) -> TaggerRow | None:
        return next((row for row in self.all() if row.live and row.source is source), None)

    def target(self, source: TagSource) -> TaggerRow | None:
        return next((row for row in self.all() if row.target and row.source is source), None)

    def before(self, tagger: TaggerRow) -> TaggerRow | None:
        """The trained tagger that was live before this one was."""
        earlier = [
            row
            for row in self.all()
            if row.source is tagger.source and row.live_since and row.live_since < (tagger.live_since or "")
        ]
        return max(earlier, key=lambda row: row.live_since or "", default=None)

    def aim_at(self, tagger_id: TaggerId) -> None:
        """It tags from now on, and answers when it has looked at every photo. Others on their way in are given up."""
        self._set(f"target = (id = ?) * {_ON_ITS_WAY}", tagger_id)

    def make_live(self, tagger_id: TaggerId, *, again: bool = False) -> None:
        """It answers from now on, alone of its kind.

        Args:
            again: The user goes back to it: it keeps its place in the order in which taggers were live.
        """
        with self._database.write() as db:
            self._set("live = (id = ?), target = 0", tagger_id)
            if not again:
                db.execute("UPDATE taggers SET live_since = ? WHERE id = ?", (self._moment(), tagger_id))

    def complete(self, tagger_id: TaggerId) -> bool:
        """It has looked at every photo: it answers from now on, unless the user has called it off meanwhile."""
        with self._database.write():
            row = self.get(tagger_id)
            if row is None or not row.target:
                return False
            self.make_live(tagger_id)
            return True

    def stall(self, tagger_id: TaggerId) -> None:
        """It cannot work at the moment: it answers no longer, and comes back when it can."""
        with self._database.write() as db:
            db.execute("UPDATE taggers SET live = 0, target = ? WHERE id = ?", (_STALLED, tagger_id))

    def retire(self, source: TagSource) -> None:
        """None of this kind answers or is on its way in."""
        with self._database.write() as db:
            db.execute("UPDATE taggers SET live = 0, target = 0 WHERE source = ?", (source.value,))

    def remove(self, tagger_id: TaggerId) -> None:
        """Its predictions go with it; delete many of them before, in parts, with `PredictionStore.forget`."""
        with self._database.write() as db:
            db.execute("DELETE FROM taggers WHERE id = ?", (tagger_id,))

    def state(self) -> tuple[tuple[object, ...], ...]:
        """Changes with every choice of the user."""
        return tuple(self._database.read_tuples("SELECT id, name, live, target, live_since FROM taggers ORDER BY id"))

    def _set(self, changes: str, tagger_id: TaggerId) -> None:
        with self._database.write() as db:
            db.execute(
                f"UPDATE taggers SET {changes} WHERE source = (SELECT source FROM taggers WHERE id = ?)",
                (tagger_id, tagger_id),
            )

    def _moment(self) -> str:
        """Now, and later than every moment at which another one became live: their order must be beyond doubt."""
        now = datetime.now(UTC)
        last: str | None = self._database.read_column("SELECT MAX(live_since) FROM taggers")[0]
        if last is not None:
            now = max(now, datetime.fromisoformat(last) + timedelta(microseconds=1))
        return now.isoformat(timespec="microseconds")


def _row(row: Row) -> TaggerRow:
    return TaggerRow(
        id=TaggerId(row["id"]),
        key=row["key"],
        name=row["name"],
        source=TagSource(row["source"]),
        directory=row["directory"],
        encoder_key=row["encoder_key"],
        heads={head: tuple(labels) for head, labels in json.loads(row["heads"]).items()},
        metrics=json.loads(row["metrics"]),
        run=row["run"],
        live=bool(row["live"]),
        target=row["target"] == _ON_ITS_WAY,
        stalled=row["target"] == _STALLED,
        created_at=row["created_at"],
        live_since=row["live_since"],
    )
