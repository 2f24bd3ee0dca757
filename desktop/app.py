"""The application: makes its parts in order, starts the heavy work after the first paint, ends everything in order."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from core.errors import RecollectError
from core.library import Library
from desktop.bridge import Bridge
from desktop.garbage import GarbageCollector
from desktop.icons import icon
from desktop.main_window import MainWindow
from desktop.notices import show_fatal
from desktop.tasks import Lane, Tasks
from desktop.theme import Theme

# The window is gone by then, and nobody waits. Loading a model cannot be broken off and takes up to half a minute on a
# slow disk; a process that ends in the middle of it is aborted by the C++ runtime of torch.
LONGEST_CLOSE_S = 60.0

# How long a worker's Python may keep the thread that draws waiting. With the usual 5 ms, some waits in a row make a
# frame that is seen to be late.
SWITCH_S = 0.0005


class Session(QObject):
    """One window on one open library."""

    def __init__(self, library: Library, theme: Theme, photos: Path | None = None) -> None:
        super().__init__()
        self.library = library
        self._garbage = GarbageCollector(self)
        self.tasks = Tasks(self)
        self.bridge = Bridge(library, self)
        self.window = MainWindow(library, self.tasks, self.bridge, theme)
        self.window.painted.connect(partial(self._begin, photos))
        self.bridge.encoder_changed.connect(lambda _name: self._garbage.set_aside_what_stays())

    def close(self) -> None:
        """End in this order: no new events, no new tasks, then the library, which frees the tasks that wait for it.

        Only what changes the library (its start is among it) may finish before: it must not be closed under that.
        """
        self.window.stop()
        self.bridge.close()
        self.tasks.finish(Lane.GENERAL, Lane.EXPORT, Lane.TRAINING)
        in_time = self.library.close(LONGEST_CLOSE_S)
        self.tasks.finish()
        if in_time:  # else a thread still allocates, and would collect widgets: the process ends without
            self._garbage.stop()

    def _begin(self, photos: Path | None) -> None:
        """After the first paint: loading a model and scanning folders may take the machine now."""
        self.tasks.run(self.library.start)
        if photos is not None:
            self.tasks.run(partial(self.library.add_folder, photos))


def run(home: Path | None = None, photos: Path | None = None) -> int:
    """Show the window until the user closes it; returns the exit code of the process."""
    app = create_application()
    theme = Theme(app)
    try:
        library = Library.open(home)
    except RecollectError as error:
        theme.choose("system")
        show_fatal(error)
        return 1
    theme.choose(library.settings.theme)
    session = Session(library, theme, photos)
    session.window.show()
    try:
        with _quitting_on_signals(app):
            return app.exec()
    finally:
        session.close()


def create_application() -> QApplication:
    sys.setswitchinterval(SWITCH_S)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("recollect")
    app.setApplicationDisplayName("Recollect")
    app.setDesktopFileName("recollect")
    app.setWindowIcon(QIcon(icon("recollect", "#000000", 64)))
    return app


@contextmanager
def _quitting_on_signals(app: QApplication) -> Iterator[None]:
    """Ctrl+C in the terminal, a terminal that is closed and the end of the user's session close the window in order.

    Python handles signals between its own instructions, and while Qt waits for events there are none: the signal
    writes to a socket, and the socket wakes Qt.
    """
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    notifier = QSocketNotifier(reading.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: reading.recv(64))
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]  # as `nohup` wants it
    before = {number: signal.signal(number, lambda *_: app.quit()) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        notifier.setEnabled(False)
        reading.close()
        writing.close()
