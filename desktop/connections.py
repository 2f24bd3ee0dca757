"""What leads to what: the signals of the window's parts, connected. What then happens, the parts do themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut

from desktop.notices import unexpected_end
from desktop.toast import Message

if TYPE_CHECKING:
    from desktop.bridge import Bridge
    from desktop.main_window import MainWindow


def connect(window: MainWindow, bridge: Bridge) -> None:
    """Once, when all parts are there."""
    _connect_search(window)
    _connect_photos(window)
    _connect_pages(window)
    _connect_tags(window, bridge)
    _connect_library(window, bridge)
    _connect_keys(window)


def _connect_search(window: MainWindow) -> None:
    window.search_bar.query_changed.connect(window.take_query)
    window.search_bar.query_broken.connect(window.searcher.hold)
    window.search_bar.left.connect(window.enter_grid)
    window.search_bar.history_changed.connect(window.sidebar.refresh)
    window.searcher.asked.connect(window.gallery.expect)
    window.searcher.answered.connect(window.gallery.show_answer)
    window.searcher.answered.connect(window.search_bar.note_answer)
    window.searcher.failed.connect(window.show_search_error)
    gallery = window.gallery
    gallery.results_line.strictness_chosen.connect(window.searcher.set_strictness)
    gallery.results_line.strictness_settled.connect(lambda strictness: window.keep_settings(strictness=strictness))
    gallery.sort_chosen.connect(window.searcher.set_sort)
    gallery.cell_px_settled.connect(lambda cell_px: window.keep_settings(grid_cell_px=cell_px))
    gallery.remedy_chosen.connect(window.remedy)
    window.answering_model.changed.connect(gallery.show_model)
    window.searcher.answered.connect(lambda _answer: window.answering_model.read())
    gallery.empty_state.filter_removed.connect(window.remove_filter)


def _connect_photos(window: MainWindow) -> None:
    grid, actions = window.gallery.grid, window.actions_on_photos
    grid.typed.connect(window.type_on)
    grid.opened.connect(window.navigation.view)
    grid.opened.connect(window.search_bar.settle)
    grid.open_outside.connect(actions.open_outside)
    grid.trash_wanted.connect(actions.trash)
    grid.menu_requested.connect(actions.show)
    grid.selection_changed.connect(lambda _count: window.show_selection())
    grid.current_changed.connect(lambda _id: window.look_closer())
    actions.view_wanted.connect(window.navigation.view)
    actions.compare_wanted.connect(window.navigation.compare)
    actions.similar_wanted.connect(lambda photo_id: window.search_for(f"photo:{photo_id}"))
    actions.attach(grid, grid.ids_to_act_on)
    window.selection_bar.all_wanted.connect(grid.selectAll)
    window.selection_bar.none_wanted.connect(grid.clearSelection)
    window.selection_bar.came.connect(lambda: grid.scrollTo(grid.currentIndex()))


def _connect_pages(window: MainWindow) -> None:
    window.navigation.turned.connect(window.show_page)
    viewer, actions = window.viewer, window.actions_on_photos
    viewer.current_changed.connect(lambda _id: window.look_closer())
    viewer.info_toggled.connect(window.header.info_action.toggle)
    viewer.full_screen_toggled.connect(window.surroundings.set_full_screen)
    viewer.actions_requested.connect(actions.show)
    viewer.copy_wanted.connect(actions.copy_image)
    for page in (viewer, window.compare, window.duplicates):
        page.trash_wanted.connect(actions.trash)
    for page in (viewer, window.compare):
        page.favorite_toggled.connect(lambda photo_id, favorite: actions.set_favorite([photo_id], favorite))
    window.duplicates.compare_wanted.connect(window.navigation.compare)
    window.duplicates.opened.connect(window.navigation.view_among)
    actions.attach(viewer, window.viewed, letters=True)
    sidebar = window.sidebar
    sidebar.query_wanted.connect(window.search_for)
    sidebar.album_followed.connect(window.search_bar.field.rewrite)
    sidebar.duplicates_wanted.connect(window.navigation.show_duplicates)
    sidebar.add_folder_wanted.connect(window.choose_folder)
    sidebar.folder_dropped.connect(window.add_folder)
    sidebar.folders_dialog_wanted.connect(window.dialogs.show_folders)
    window.info_panel.folder_wanted.connect(actions.show_in_folder)
    window.surroundings.info_shown.connect(viewer.set_info_shown)
    window.surroundings.info_shown.connect(lambda _shown: window.look_closer())


def _connect_tags(window: MainWindow, bridge: Bridge) -> None:
    bar = window.labelling_bar
    for part in (window.info_panel, bar):
        part.deed_wanted.connect(window.organiser.undo.perform)
    window.info_panel.query_wanted.connect(window.search_for)
    bar.labelled.connect(lambda: window.viewer.go_on(1) if window.navigation.shows_viewer else None)
    bar.toggle_action.toggled.connect(lambda on: window.show_what_is_labelled() if on else None)
    learning = window.learning
    bar.propagate_wanted.connect(learning.propagate)
    bar.live_wanted.connect(learning.teach_live)
    learning.live_turned.connect(bar.show_live)
    bar.show_live(window.library.settings.teach_while_labelling)
    bar.toggle_action.toggled.connect(lambda on: learning.go_on_teaching() if on else None)
    window.organiser.undo.done.connect(lambda _outcome: learning.go_on_teaching())
    window.sidebar.training_wanted.connect(learning.show_training)
    window.sidebar.labels_wanted.connect(learning.show_labels)
    window.sidebar.review_wanted.connect(learning.review_unsure)
    window.sidebar.unknown_wanted.connect(learning.show_unknown)
    learning.photos_wanted.connect(window.show_photos)
    learning.labels_for.connect(window.label_photos)
    window.searcher.answered.connect(window.select_what_came)
    learning.opened.connect(window.navigation.view_among)
    learning.labelling_wanted.connect(window.begin_labelling)
    learning.models_wanted.connect(window.dialogs.show_models)
    say = window.organiser.toast.say
    learning.said.connect(lambda text: say(Message(text)))
    learning.training_said.connect(lambda text: say(Message(text, "Show it", learning.show_training)))
    window.painted.connect(learning.offer_unfinished)
    bridge.tags_changed.connect(window.info_panel.refresh)
    bridge.tags_changed.connect(lambda _ids: window.searcher.refresh())
    bridge.tagger_changed.connect(window.info_panel.refresh)


def _connect_library(window: MainWindow, bridge: Bridge) -> None:
    parts = (window.tasks, window.organiser, window.sidebar, window.dialogs, window.duplicates, window.learning)
    for errors in (bridge.error_raised, *(part.failed for part in parts)):
        errors.connect(window.notice_bar.show_error)
    bridge.ended_unexpectedly.connect(lambda reading: window.notice_bar.show_error(unexpected_end(reading)))
    bridge.progress_changed.connect(window.show_progress)
    bridge.encoder_changed.connect(lambda _name: window.show_progress(window.library.progress))
    bridge.encoder_changed.connect(lambda _name: window.searcher.refresh())
    bridge.encoder_changed.connect(lambda _name: window.answering_model.read())
    bridge.words_measured.connect(window.searcher.refresh)
    bridge.folders_changed.connect(window.census.take)
    bridge.folders_changed.connect(window.searcher.refresh)
    bridge.photos_changed.connect(window.take_changes)
    bridge.albums_changed.connect(window.searcher.refresh)
    for deed in (window.organiser.undo.done, window.organiser.undo.undone):
        deed.connect(lambda _outcome: window.searcher.refresh_now())
    bridge.albums_changed.connect(window.info_panel.refresh)
    window.census.taken.connect(window.show_counts)
    window.dialogs.add_folder_wanted.connect(window.add_folder)
    window.dialogs.photo_folder_wanted.connect(window.actions_on_photos.show_in_folder)
    window.dialogs.strictness_changed.connect(window.gallery.results_line.show_strictness)
    window.dialogs.order_changed.connect(window.learning.note_order)
    for part in (window.dialogs, window.learning):
        part.order_changed.connect(window.searcher.refresh_now)
    window.status_line.problems_chosen.connect(window.dialogs.show_problems)
    window.status_line.pause_chosen.connect(window.pause)
    for jobs in (window.duplicates, window.dialogs, window.learning):
        jobs.job_moved.connect(window.status_line.show_job)
        jobs.job_ended.connect(window.status_line.end_job)


def _connect_keys(window: MainWindow) -> None:
    for key, action in (
        ("Ctrl+F", window.search_again),
        ("Escape", window.step_back),
        ("Ctrl+V", window.paste),
        ("F10", window.header.menu_button.showMenu),
    ):
        QShortcut(QKeySequence(key), window, action)
