"""The face of the library: all that the window and the command line know.

Opening is quick and loads no model; `start` begins the work in the background. Methods may be called from any thread;
those that read photos or run a model take their time and do not belong on the thread that draws.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from core.albums import Albums
from core.assembly import make_background
from core.deeds_of_others import DeedsOfOthers
from core.disk_use import DiskUse, disk_use
from core.duplicates import Duplicates
from core.encoders import Encoders
from core.errors import FolderError
from core.events import EventBus, FoldersChanged, Listener, PhotosChanged, WordsMeasured
from core.export import Export
from core.files.ignore import IgnoreRules
from core.files.thumbs import ThumbnailStore
from core.history import SearchHistory
from core.logs import log_to, stop_logging_to
from core.model_choice import ModelChoice
from core.models.registry import ModelStore
from core.pace import Pace
from core.paths import LibraryPaths, default_home
from core.pictures import Pictures
from core.projections import Projections
from core.query.completion import Suggestion
from core.reconcile import Reconciler
from core.relocation import relocate, settle
from core.settings_file import SettingsFile
from core.store.albums import AlbumStore
from core.store.attributes import AttributeStore
from core.store.contents import ContentStore
from core.store.database import Database
from core.store.folders import FolderStore
from core.store.intake import Intake
from core.store.photos import PhotoStore
from core.store.remembered import Remembered
from core.store.vectors import VectorStore
from core.suggestions import Suggestions
from core.tag_search import TagSearch
from core.tags.labels import Labels
from core.tags.taggers import loader
from core.tags.tags import Tags
from core.tags.unknown import Unknown
from core.tags.vocabulary import Words
from core.types import Activity, ExportReport, Folder, PhotoId, Problem, Progress, Relocation
from core.viewing import Viewing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from core.indexing import EncoderFailure
    from core.protocols import Encoder
    from core.query.completion import Suggestion
    from core.settings import Settings

CLOSE_S = 60.0  # a large model takes tens of seconds to load from a slow disk
MEGABYTE = 1024 * 1024


class Library(Viewing):
    """One person's photos, found by describing them."""

    def __init__(self, paths: LibraryPaths, settings: Settings | None, encoder: Encoder | None) -> None:
        """Use `Library.open`."""
        self.paths = paths
        self._settings = SettingsFile(paths.settings, settings, self._use_settings)
        settings = self.settings
        self._ignored = settings.ignore
        self._database = Database(paths.database)
        self._folders = FolderStore(self._database)
        self._photos = PhotoStore(self._database)
        self._intake = Intake(self._database)
        self._bus = EventBus()
        self._log_file = log_to(paths.log)
        self._pace = Pace(settings.speed)
        self._thumbnails = ThumbnailStore(paths.thumbnails, budget_bytes=settings.thumbnail_cache_mb * MEGABYTE)
        vectors = VectorStore(self._database)
        remembered = Remembered(self._database)
        self.albums = Albums(AlbumStore(self._database), self._bus)
        self._suggestions = Suggestions(self._database)
        self._others = DeedsOfOthers(remembered, self._bus, lambda: self.is_indexer)
        self.history = SearchHistory(remembered)
        self._encoders = Encoders(
            paths, self._model_store(settings), vectors, remembered, lambda: self._bus.publish(WordsMeasured())
        )
        if encoder is not None:
            self._encoders.adopt(encoder)
        self.models = ModelChoice(
            lambda: self._model_store(self._settings.reread()),  # another process may have brought a model in
            answering=lambda: self.encoder_name or self.settings.encoder,
            settings=self._settings.reread,
            change_settings=self.change_settings,
            encoders=self._encoders,
            on_installed=lambda: self._background.retry_models(),
        )
        edge_px = settings.thumbnail_edge_px
        self._make_viewing(Pictures(self._photos, self._thumbnails, paths.pasted, kept_edge_px=edge_px), edge_px)
        self._reconciler = Reconciler(self._folders, self._intake, IgnoreRules(settings.ignore))
        self._make_work(settings, wanted_encoder=(lambda: encoder.name) if encoder else self._wanted_encoder)

    def _make_viewing(self, pictures: Pictures, edge_px: int) -> None:
        tag_search = TagSearch(self._database, self._bus)
        super().__init__(
            self._photos,
            self._intake,
            self._encoders,
            pictures,
            lambda: self.settings,
            self._load_encoder,
            tag_search,
            Projections(self.paths.runs),
        )
        self.duplicates = Duplicates(
            ContentStore(self._database),
            self._answering,
            lambda photo_id: pictures.thumbnail(photo_id, edge_px),
            self.paths.compared,
        )

    def _make_work(self, settings: Settings, wanted_encoder: Callable[[], str]) -> None:
        """Labels and tags, and all that works by itself once `start` is called."""
        words = Words(self.paths.tag_vocabulary, AttributeStore(self._database).all)
        load_tagger = loader(lambda: self.settings.device, self.paths.calibration)
        self.labels = Labels(self._database, self._bus, self.vectors)
        self.unknown = Unknown(self._database, self._bus, self.vectors)
        self.tags = Tags(
            self._database,
            words,
            self._bus,
            directory=self.paths.taggers,
            load=load_tagger,
            encoder_keys=lambda: self._encoders.keys(self.settings.encoder),
            wake=lambda: self._background.wake(),
        )
        self._background = make_background(
            self.paths,
            settings,
            self._database,
            self._encoders,
            words,
            self._thumbnails,
            self._reconciler,
            self._pace,
            self._bus,
            load_tagger=load_tagger,
            wanted_encoder=wanted_encoder,
            on_loaded=self._tag_search.refresh,
            on_foreign_change=self._follow_others,
        )

    def _follow_others(self) -> None:
        self.albums.follow()
        self.labels.follow()
        self.tags.follow()
        self._others.follow()

    @classmethod
    def open(
        cls, home: Path | None = None, settings: Settings | None = None, *, encoder: Encoder | None = None
    ) -> Library:
        """Open a library, or make a new one.

        Args:
            home: Its directory; by default that of `core.paths.default_home`.
            settings: Instead of those in the library's settings.toml.
            encoder: A loaded model, instead of the one that the settings name.

        Raises:
            LibraryError: it is damaged, was made by a newer Recollect, or is not where it was moved to.
            SettingsError: a setting is not valid.
            PermissionDeniedError: the directory cannot be written.
        """
        paths = LibraryPaths((home or default_home()).expanduser().absolute())
        settle(paths)
        paths.create()
        return cls(paths, settings, encoder)

    def start(self) -> None:
        """Begin to load the model, scan, watch and index. Returns at once."""
        self._background.start()

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """End the background work; it goes on at the next start. Returns as soon as all threads have ended.

        Args:
            timeout_s: For a batch that is being embedded, or a model that is being loaded, which nothing can interrupt.

        Returns:
            Whether all have ended in that time.
        """
        in_time = self._background.close(timeout_s)
        stop_logging_to(self._log_file)
        self._thumbnails.close()
        self._database.close()
        return in_time

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of events, on background threads; call what is returned to stop."""
        return self._bus.subscribe(listener)

    def damage(self) -> str | None:
        """What is wrong with the database, as SQLite finds it by looking through all of it; None if nothing is."""
        return self._database.damage()

    @property
    def settings(self) -> Settings:
        """What the user chose."""
        return self._settings.current

    # Folders

    def add_folder(self, path: Path) -> Folder:
        """Watch a folder. One inside a watched folder is watched already, and that one is returned.

        Raises:
            FolderError: there is no such folder, or it may not be read.
        """
        folder = path.expanduser().absolute()
        if not folder.is_dir():
            raise FolderError(f"{folder} is not a folder.", remedy="Check the path.", path=folder)
        if not os.access(folder, os.R_OK | os.X_OK):
            raise FolderError(f"{folder} may not be read.", remedy="Check its permissions.", path=folder)
        added = self._folders.add(folder.resolve())
        self._background.wake()
        self._bus.publish(FoldersChanged())
        return added

    def remove_folder(self, folder_id: int) -> None:
        """Watch a folder no longer. Files stay; added again within a month, its photos are as they were."""
        removed = self._folders.remove(folder_id)
        self._bus.publish(PhotosChanged(tuple(removed)))
        self._bus.publish(FoldersChanged())

    def folders(self) -> list[Folder]:
        return self._folders.all()

    def rescan(self, folder_id: int | None = None) -> None:
        """Compare a folder, or all of them, with the disk."""
        self._folders.request_scan(folder_id)
        self._background.wake()

    # Work

    @property
    def progress(self) -> Progress:
        return self._background.progress

    @property
    def is_paused(self) -> bool:
        return self._pace.is_paused

    @property
    def is_indexer(self) -> bool:
        """False while another process of Recollect indexes this library."""
        return self._background.is_indexer

    def pause(self) -> None:
        """Stop indexing until `resume`. What is being embedded is still written."""
        self._pace.pause()
        self._background.tell(Progress(Activity.PAUSED, total=self._intake.count_waiting()))

    def resume(self) -> None:
        self._pace.resume()
        self._background.tell(Progress(Activity.IDLE))
        self._background.retry_models()

    @property
    def is_up_to_date(self) -> bool:
        """Every folder was looked through, and no photo waits."""
        return self._background.is_idle

    # Photos

    def set_favorite(self, ids: Collection[PhotoId], favorite: bool) -> None:
        self._set_flag("favorite", ids, favorite)

    def set_hidden(self, ids: Collection[PhotoId], hidden: bool) -> None:
        self._set_flag("hidden", ids, hidden)

    def export(
        self,
        ids: Sequence[PhotoId],
        folder: Path,
        *,
        edge_px: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ExportReport:
        """Copy photos into a folder, on the caller's thread. Nothing that lies there is overwritten.

        Args:
            edge_px: The longer edge that a copy may have at most, as a JPEG; None for the files themselves.
            on_progress: Called with photos done and photos in total.
            cancelled: Asked now and then; what was copied so far is kept.

        Raises:
            FolderError: the folder is not there.
            MachineError: it is full or cannot be written; the message says how many photos were copied.
        """
        export = Export(folder.expanduser().absolute(), edge_px=edge_px, cancelled=cancelled or (lambda: False))
        return export.run(self.photos(list(dict.fromkeys(ids))), on_progress or (lambda done, total: None))

    def look_at(self, paths: Sequence[Path]) -> None:
        """These files were just moved away or put back: bring the library up to date with them now."""
        self._background.look_at([path.expanduser().absolute() for path in paths])

    def suggestions(self, text: str, cursor: int) -> list[Suggestion]:
        """What could be typed at the cursor: filters, and values that are in the library."""
        return self._suggestions.at(text, cursor)

    # Problems

    def problems(self) -> list[Problem]:
        """Files that could not be read."""
        return self._photos.problems()

    def retry(self, ids: Sequence[PhotoId] | None = None) -> None:
        """Read failed files again: those given, or all."""
        self._intake.retry(ids)
        self._background.wake()

    # Models and settings

    @property
    def encoder_name(self) -> str | None:
        """The model that answers; None while none is loaded."""
        return self._encoders.live.name if self._encoders.live is not None else None

    @property
    def encoder_failure(self) -> EncoderFailure | None:
        """Why the model that was chosen could not be loaded: the one before goes on answering."""
        return self._background.encoder_failure

    def disk_use(self) -> DiskUse:
        """How much room the library takes, and what for."""
        return disk_use(self.paths)

    def move_to(
        self,
        folder: Path,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Relocation:
        """Copy the library to an empty folder, on the caller's thread. The next start finds it there.

        The old one stays. Until that start it is in use, and what changes in it meanwhile is not lost.

        Args:
            on_progress: Called with bytes done and bytes in total.
            cancelled: Asked now and then.

        Raises:
            RelocationError, LibraryBusyError, LibraryError, MachineError: see `core.relocation.relocate`.
        """
        return relocate(self.paths, folder, on_progress, cancelled, is_indexer=self.is_indexer)

    def change_settings(self, **changes: Any) -> None:
        """Change settings, here and in settings.toml.

        Raises:
            SettingsError: a value is not allowed; names the setting.
            MachineError: the file cannot be written.
        """
        self._settings.change(changes)
        self._background.wake()

    def _load_encoder(self) -> None:
        """Without background work nobody else loads the model that answers."""
        if self._encoders.live is None and not self._background.is_running:
            self._encoders.load_answering(self._wanted_encoder())

    def _wanted_encoder(self) -> str:
        return self._settings.reread().encoder

    def _use_settings(self, settings: Settings) -> None:
        self._pace.speed = settings.speed
        if settings.ignore != self._ignored:
            self._ignored = settings.ignore
            self._reconciler.rules = IgnoreRules(settings.ignore)  # the watcher begins anew, and a scan follows
        self._thumbnails.set_budget(settings.thumbnail_cache_mb * MEGABYTE)
        self._encoders.use_models(self._model_store(settings))

    def _model_store(self, settings: Settings) -> ModelStore:
        return ModelStore(self.paths.models, settings, calibration=self.paths.calibration)

    def _set_flag(self, flag: str, ids: Collection[PhotoId], value: bool) -> None:
        self._photos.set_flag(flag, ids, value)
        self._bus.publish(PhotosChanged(tuple(ids)))
