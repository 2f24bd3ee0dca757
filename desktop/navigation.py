"""Which page is shown: the photos, one of them large, a few side by side, or the duplicates; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QStackedWidget, QWidget

    from core.types import PhotoId
    from desktop.grid.gallery import Gallery
    from desktop.organise.duplicates_page import DuplicatesPage
    from desktop.viewer.compare import ComparePage
    from desktop.viewer.viewer import ViewerPage


class Navigation(QObject):
    """Turns the pages. Each page has the focus when it comes, and gives it back to where the user came from."""

    turned = Signal()
    """Another page is shown."""

    def __init__(
        self,
        pages: QStackedWidget,
        gallery: Gallery,
        viewer: ViewerPage,
        compare: ComparePage,
        duplicates: DuplicatesPage,
    ) -> None:
        super().__init__(pages)
        self._pages, self._gallery = pages, gallery
        self._viewer, self._compare, self._duplicates = viewer, compare, duplicates
        self._before: list[QWidget] = []  # the pages below the one that is shown
        self._left: dict[QWidget, Callable[[], object]] = {}  # what a page has to say when it is left for good
        self._views_listing = False  # the viewer leafs through what the grid shows, not through a choice of photos
        # What has the keyboard when a page comes. No focus proxies: Tab skips what stands before a proxy in its page.
        self._take_focus: dict[QWidget, Callable[[], object]] = {
            gallery: gallery.take_focus,
            viewer: viewer.setFocus,
            compare: compare.setFocus,
            duplicates: duplicates.tabs.setFocus,
        }
        for page in self._take_focus:
            pages.addWidget(page)
        viewer.closed.connect(self._leave_viewer)
        for page in (compare, duplicates):
            page.closed.connect(self._return)
        gallery.grid.listing_changed.connect(self._follow_listing)

    def add(
        self,
        page: QWidget,
        closed: SignalInstance,
        take_focus: Callable[[], object],
        left: Callable[[], object] = lambda: None,
    ) -> None:
        """One more page, to be shown with `show`.

        Args:
            closed: Its signal that leads back.
            left: Called when no way back leads to it any more, whether it closed itself or the user went elsewhere.
        """
        self._take_focus[page], self._left[page] = take_focus, left
        self._pages.addWidget(page)
        closed.connect(self._return)

    def show(self, page: QWidget) -> None:
        """A page that was added."""
        self._turn_to(page)

    @property
    def page(self) -> QWidget:
        return self._pages.currentWidget() or self._gallery

    @property
    def shows_gallery(self) -> bool:
        return self.page is self._gallery

    @property
    def shows_viewer(self) -> bool:
        return self.page is self._viewer

    @property
    def shows_photos(self) -> bool:
        """The grid or one photo in large: what can be labelled with a key."""
        return self.shows_gallery or self.shows_viewer

    @property
    def shows_duplicates(self) -> bool:
        return self.page is self._duplicates

    def view(self, ids: Sequence[PhotoId]) -> None:
        """Look at photos: at one of the grid with all others of the grid around it, or at these alone."""
        listing = self._gallery.listing.ids
        self._views_listing = len(ids) == 1 and self.shows_gallery and ids[0] in listing
        self._turn_to(self._viewer)
        if self._views_listing:
            self._viewer.show_photos(listing, listing.index(ids[0]))
        else:
            self._viewer.show_photos(tuple(ids))

    def view_among(self, photo_id: PhotoId, ids: Sequence[PhotoId]) -> None:
        """Look at one photo, and leaf through these."""
        self._views_listing = False
        self._turn_to(self._viewer)
        self._viewer.show_photos(ids, list(ids).index(photo_id))

    def compare(self, ids: Sequence[PhotoId]) -> None:
        """Two to four photos side by side."""
        listing = self._gallery.listing
        strengths = dict(zip(listing.ids, listing.strengths, strict=True)) if listing.strengths is not None else {}
        self._turn_to(self._compare)
        self._compare.show_photos(ids, strengths)

    def show_duplicates(self) -> None:
        self._turn_to(self._duplicates)

    def show_gallery(self) -> None:
        """All the way back to the photos."""
        while not self.shows_gallery:
            self.go_back()

    def go_back(self) -> None:
        """To the page from which the one that is shown was opened."""
        if self.shows_viewer and self._viewer.is_open:
            self._viewer.close_page()
        elif self.page is self._compare:
            self._compare.close_page()
        elif not self.shows_gallery:
            self._return()

    def _turn_to(self, page: QWidget) -> None:
        if page is self.page:
            return
        if page in self._before:  # no page lies below itself
            place = self._before.index(page)
            gone = [self.page, *self._before[place + 1 :]]
            del self._before[place:]
        else:
            gone = []
            self._before.append(self.page)
        self._show(page)
        self._leave(gone)

    def _return(self) -> None:
        gone = self.page
        self._show(self._before.pop() if self._before else self._gallery)
        self._leave([gone])

    def _leave(self, gone: Sequence[QWidget]) -> None:
        for page in gone:
            if page in self._left:
                self._left[page]()

    def _show(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._take_focus[page]()
        self.turned.emit()

    def _leave_viewer(self, current: PhotoId | None) -> None:
        if self.shows_viewer:
            self._return()
        if current is not None and self.shows_gallery:
            self._gallery.grid.go_to(current)

    def _follow_listing(self) -> None:
        if self.shows_viewer and self._views_listing:
            self._viewer.set_ids(self._gallery.listing.ids)
