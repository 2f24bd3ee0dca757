"""The story of learning, in pictures: guesses are looked through, labels come in, a tagger is taught and trained, what
is alike is learned, and search is adapted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from core.library import Library
from core.settings import Settings
from core.tags.values import CLASS
from desktop.training.outcome_panel import Choice
from desktop.training.request import Request
from docs.photographer import Photographer, opened

if TYPE_CHECKING:
    from desktop.theme import Theme

OF_EACH = 20  # photos of each class: enough to learn from, and soon looked at
SHORT = (  # a training that shows curves and ends within two minutes, at most
    'phases=[{"name": "heads", "epochs": 2, "backbone_lr": 0.0, "head_lr": 0.002}, '
    '{"name": "all", "epochs": 5, "backbone_lr": 0.0003, "head_lr": 0.001, "layer_decay": 0.75}]',
    "image_px=64",
    "early_stopping_epochs=null",
)
BRIEF = ("phases.0.epochs=3", "phases.0.lr=0.0003")  # an adaptation that ends within a minute or two


def tell(theme: Theme, place: Path, target: Path, classes: Path) -> None:
    """
    Args:
        classes: Photos in a folder for each class.
    """
    photos = _some_of_each(classes, place / "photos")
    library = Library.open(place / "learning", Settings(speed="full"))
    with opened(library, theme, target) as camera:
        camera.window.add_folder(photos)
        camera.wait(lambda: library.is_up_to_date and library.encoder_name is not None and library.photo_count() > 0)
        camera.wait(lambda: camera.window.sidebar.tag_facts.known.facets)
        _guesses(camera)
        _labels(camera, photos)
        _training(camera)


def _guesses(camera: Photographer) -> None:
    window = camera.window
    window.header.info_action.setChecked(True)
    window.begin_labelling()
    camera.press(Qt.Key.Key_Home)
    camera.settle()
    camera.take("labelling")
    popup = window.labelling_bar.ask_for_value()
    camera.settle()
    camera.take("label-popup", over=popup)
    if popup is not None:
        popup.close()
    window.labelling_bar.toggle_action.setChecked(False)
    window.header.info_action.setChecked(False)
    window.learning.show_training()
    camera.settle()
    camera.take("training-empty")
    window.learning.review_unsure()
    camera.wait(lambda: window.learning.review.cards.decided)
    window.learning.review.list.go_to(_first_right(camera))
    window.learning.review.accept()
    camera.settle()
    camera.take("review")
    window.learning.review.skip()  # nothing is left that would be asked for
    window.learning.review.cards.show_proposals([])
    window.navigation.show_gallery()


def _labels(camera: Photographer, photos: Path) -> None:
    window, library = camera.window, camera.session.library
    library.labels.import_folders(photos)
    camera.wait(lambda: library.labels.counts().get(CLASS))
    window.learning.show_labels()
    camera.settle()
    camera.take("labels", window.learning.labels)
    window.learning.labels.close()


def _training(camera: Photographer) -> None:
    window = camera.window
    learning = window.learning
    learning.show_training()
    train = learning.training.train
    camera.wait(lambda: train.summary is not None and train.summary.can_learn)
    camera.wait(lambda: train.recipe.estimate.startswith("About"))
    camera.settle()
    camera.take("training")
    train.teaching.teach_button.click()
    camera.wait(lambda: Choice.REPORT in train.course.outcome.buttons)
    camera.settle()
    camera.take("training-verdict")
    train.course.outcome.buttons[Choice.REPORT].click()
    report = learning.report
    for part, name in ((report.overview, "report"), (report.confusion, "report-confusions")):
        report.tabs.setCurrentIndex(report.parts.index(part))
        camera.settle()
        if part is report.confusion:
            _choose_a_confusion(camera)
        camera.take(name)
    learning.training.show_tab(train)
    train.course.outcome.buttons[Choice.DISMISS].click()
    train.course.start(Request("starter-finetune", SHORT, with_report=False))
    camera.wait(lambda: len(train.course.run_panel.history.done) >= 4)
    camera.settle()
    camera.take("training-running")
    camera.wait(lambda: not train.course.is_busy)
    learning.training.show_tab(learning.runs)
    camera.settle()
    camera.settle()
    camera.take("runs")
    _alike(camera)
    _adapting(camera)


def _alike(camera: Photographer) -> None:
    """What is alike is learned from the labels."""
    learning = camera.window.learning
    train = learning.training.train
    learning.training.show_tab(train)
    train.course.start(Request("clip-projection", with_report=False))
    camera.wait(lambda: not train.course.is_busy and Choice.REPORT in train.course.outcome.buttons)
    camera.settle()
    camera.take("alike")
    buttons = train.course.outcome.buttons
    buttons[Choice.LEAVE if Choice.LEAVE in buttons else Choice.DISMISS].click()


def _adapting(camera: Photographer) -> None:
    """Search learns the labels too."""
    learning = camera.window.learning
    train = learning.training.train
    learning.training.show_tab(train)
    train.course.start(Request("clip-contrastive", BRIEF, with_report=False))
    camera.wait(lambda: not train.course.is_busy and Choice.REPORT in train.course.outcome.buttons)
    camera.settle()
    camera.take("adapted")
    if Choice.COMPARE in train.course.outcome.buttons:
        train.course.outcome.buttons[Choice.COMPARE].click()
        camera.wait(lambda: learning.searches.compared is not None)
        camera.settle()
        camera.take("adapted-searches")


def _first_right(camera: Photographer) -> int:
    """The first proposal that is what its folder says."""
    proposals = [each.proposal for each in camera.window.learning.review.cards.decided]
    photos = {each.id: each for each in camera.session.library.photos([each.photo_id for each in proposals])}
    right = [photos[each.photo_id].path.parent.name == each.value for each in proposals]
    return right.index(True) if True in right else 0


def _choose_a_confusion(camera: Photographer) -> None:
    """A cell of the first row, with its photos."""
    camera.window.activateWindow()  # a dialog was before it
    camera.settle()
    camera.window.learning.report.confusion.take_focus()
    for _ in range(3):
        camera.press(Qt.Key.Key_Right)
    camera.press(Qt.Key.Key_Return)
    camera.settle()


def _some_of_each(classes: Path, folder: Path) -> Path:
    """Copies of the first photos of each class."""
    for one in sorted(each for each in classes.iterdir() if each.is_dir()):
        (folder / one.name).mkdir(parents=True)
        for photo in sorted(one.iterdir())[:OF_EACH]:
            shutil.copy(photo, folder / one.name)
    return folder
