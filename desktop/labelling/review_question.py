"""The question what shall become of proposals that were accepted, when the user leaves them without labelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from desktop.organise.wording import photos

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    Act = Callable[[], object]


def ask(parent: QWidget, accepted: int, label: Act, leave: Act, stay: Act) -> QMessageBox:
    """
    Args:
        accepted: Photos.
        label: Make labels of what was accepted, and go on.
        leave: Go on without.
        stay: Neither.
    """
    box = QMessageBox(parent)
    box.setWindowTitle("Label what you accepted?")
    box.setText(f"You accepted proposals for {photos(accepted)} that are not labelled yet.")
    buttons = (
        (box.addButton(f"Label {photos(accepted)}", QMessageBox.ButtonRole.AcceptRole), label),
        (box.addButton("Leave them", QMessageBox.ButtonRole.DestructiveRole), leave),
        (box.addButton(QMessageBox.StandardButton.Cancel), stay),
    )
    for button, act in buttons:
        button.clicked.connect(lambda _checked=False, act=act: act())
    box.finished.connect(box.deleteLater)
    box.open()
    return box
