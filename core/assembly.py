"""Puts together what works by itself once a library is started: watching, reading, embedding and tagging."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from core.background import Background
from core.indexer import Indexer
from core.indexing import Indexing
from core.run_mark import RunMark
from core.store.folders import FolderStore
from core.store.intake import Intake
from core.store.labels import LabelStore
from core.store.predictions import PredictionStore
from core.store.taggers import TaggerStore
from core.store.vectors import VectorStore
from core.tags.taggers import Load, Taggers
from core.tags.tagging import Tagging

if TYPE_CHECKING:
    from core.encoders import Encoders
    from core.events import EventBus
    from core.files.thumbs import ThumbnailStore
    from core.pace import Pace
    from core.paths import LibraryPaths
    from core.reconcile import Reconciler
    from core.settings import Settings
    from core.store.database import Database
    from core.tags.vocabulary import Words


def make_background(
    paths: LibraryPaths,
    settings: Settings,
    database: Database,
    encoders: Encoders,
    words: Words,
    thumbnails: ThumbnailStore,
    reconciler: Reconciler,
    pace: Pace,
    bus: EventBus,
    *,
    load_tagger: Load,
    wanted_encoder: Callable[[], str],
    on_loaded: Callable[[], None],
    on_foreign_change: Callable[[], None],
) -> Background:
    """For the arguments see the classes that take them."""
    store, predictions = TaggerStore(database), PredictionStore(database)
    vectors, intake = VectorStore(database), Intake(database)
    taggers = Taggers(store, predictions, words.all, bus, directory=paths.taggers, cache=paths.index, load=load_tagger)
    tagging = Tagging(taggers, store, predictions, vectors, pace, bus)
    indexer = Indexer(
        database,
        intake,
        vectors,
        LabelStore(database),
        encoders,
        tagging,
        thumbnails,
        pace,
        bus,
        thumbnail_edge_px=settings.thumbnail_edge_px,
        on_missing=reconciler.settle_missing,
    )
    indexing = partial(
        Indexing, intake, encoders, taggers, indexer, pace, bus, wanted_encoder=wanted_encoder, on_loaded=on_loaded
    )
    return Background(
        database,
        FolderStore(database),
        intake,
        vectors,
        encoders,
        indexing,
        reconciler,
        pace,
        bus,
        lock=paths.indexer_lock,
        mark=RunMark(paths.run_mark),
        wanted_encoder=wanted_encoder,
        poll_interval_s=settings.poll_interval_s,
        rescan_interval_s=settings.rescan_interval_s,
        on_foreign_change=on_foreign_change,
    )
