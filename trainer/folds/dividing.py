"""What each fold holds out, divided before the first of them is trained: photos, or whole classes where the recipe is
for classes that nobody has shown it.
"""

from __future__ import annotations

import shutil

from core.models.disk import disk_errors
from core.tags.values import Split
from trainer.data.examples import Dataset
from trainer.data.folds import divide
from trainer.data.unseen import fold_classes
from trainer.finetune.run import Run, Source
from trainer.finetune.tiers import tier_of
from trainer.folds.folds_folder import FoldsFolder
from trainer.loop_config import LoopConfig
from trainer.openset.config import MetricConfig


def divide_into_folds(run: Run, folder: FoldsFolder, config: LoopConfig) -> None:
    """Write the photos of each fold into its folder, and all that are held out into `folds.json`.

    Raises:
        TrainingError, LabelFileError: there is nothing that could be learned from, or divided so often.
        MachineError: a file cannot be written.
    """
    if isinstance(config, MetricConfig):
        folds, part = _by_classes(run, folder, config), Split.TEST
    else:
        folds, part = _by_photos(run, folder, config), Split.VALIDATION
    held_out = [sorted({each.content_hash for each in fold.of(part)}) for fold in folds]
    folder.write(folder.plan(), seed=config.seed, held_out=held_out)


def _by_photos(run: Run, folder: FoldsFolder, config: LoopConfig) -> list[Dataset]:
    """Photos that the data give as a test stay one; nothing else becomes one."""
    from trainer.contrastive.tier import OTHERS  # takes time to load

    plan = folder.plan()
    without_test = {"test_fraction": 0.0} if "test_fraction" in type(config).model_fields else {}
    tier_of(config.changed(**without_test)).prepare(run, Source(plan.data, None, plan.encoding))
    folds = divide(Dataset.read(run.folder.data), plan.folds, config.seed)
    for number, fold in enumerate(folds, start=1):
        place = folder.fold(number)
        with disk_errors(place.path):
            place.path.mkdir(exist_ok=True)
            fold.write(place.data)
            if (others := folder.run.path / OTHERS).is_file():
                shutil.copyfile(others, place.path / OTHERS)
    return folds


def _by_classes(run: Run, folder: FoldsFolder, config: MetricConfig) -> list[Dataset]:
    """Each class is unseen by exactly one fold."""
    from trainer.openset.job import CLASSES_FILE  # takes time to load
    from trainer.openset.tier import MetricTraining

    plan, tier = folder.plan(), MetricTraining(config)
    dataset, kinds = tier.read(Source(plan.data, None, plan.encoding), run.paths)
    dataset.write(run.folder.data)
    folds: list[Dataset] = []
    for number, classes in enumerate(fold_classes(dataset, kinds, plan.folds, config.seed), start=1):
        fold, left = tier.divide(dataset, classes)
        place = folder.fold(number)
        with disk_errors(place.path):
            place.path.mkdir(exist_ok=True)
            fold.write(place.data)
        left.write(place.path / CLASSES_FILE, fold)
        folds.append(fold)
    return folds
