"""Python's garbage collection, kept on the GUI thread, and kept short there.

Python looks for cyclic garbage on whichever thread happens to allocate. Widgets lie in cycles (a lambda on one of their
signals is enough), and Qt forbids to destroy them anywhere but on their own thread: a collection on a thread that reads
photos ended the process now and then (decision 0077).
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

# Short enough that what piles up between two looks is looked through within a frame or two.
LOOK_MS = 500


class GarbageCollector(QObject):
    """Collects on the thread that made it, which must run Qt's events; Python's own collection stops until `stop`.

    A look costs nothing while little was allocated. Python's own thresholds decide which generation is collected.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._python_collected = gc.isenabled()
        self._stopped = False
        gc.disable()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def stop(self) -> None:
        """Collect all there is a last time, and leave collecting to whoever did it before: Python, or another of these.

        Only when no other thread works any more. A second time it does nothing: another one may be at work by then.
        """
        if self._stopped:
            return
        self._stopped = True
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        if self._python_collected:
            gc.enable()

    def set_aside_what_stays(self) -> None:
        """Leave all that lives now out of later looks: call it when something large was made that stays.

        A model brings 400,000 objects. Looking through them takes 180 ms, which would stop the scrolling now and then;
        so it is done once, while the window is still busy with the model.
        """
        gc.unfreeze()  # what was in use before may go
        gc.collect()
        gc.freeze()

    def _look(self) -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > thresholds[generation] > 0]
        if due:
            gc.collect(due[-1])
