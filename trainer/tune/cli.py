"""`recollect tune`: only options and output are here. Errors and their exit codes are those of `core.cli.main`."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.paths import LibraryPaths
from trainer.chosen_home import chosen_home
from trainer.config import load_config
from trainer.data.sources import LIBRARY
from trainer.loop_config import LoopConfig
from trainer.overrides import with_overrides
from trainer.recipe_book import DEFAULT_RECIPE, recipe

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from trainer.events import EpochDone
    from trainer.tune.outcome import Found

EXIT_CANCELLED = 130
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^[\s.-]+|[\s.-]+$')  # not a name of a folder, or not on every disk


@click.command()
@click.option("--data", required=True, help="A folder with a folder for each class, a labels.csv, or `library`.")
@click.option("--encoding", help="Of a CSV file, such as cp1251; found out by itself otherwise.")
@click.option("--recipe", "recipe_name", help=f"Whose values are searched. [default: {DEFAULT_RECIPE}]")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="A run's config.json.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a value for all trials.")
@click.option(
    "--search", "search_file", type=click.Path(dir_okay=False, path_type=Path), help="TOML with what is searched."
)
@click.option("--trials", default=20, show_default=True, type=click.IntRange(1, 10_000), help="In all.")
@click.option("--study", default="", help="Name of the search; the recipe's by default.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Trials side by side.")
@click.option("--max-epochs", type=click.IntRange(1), help="Of a trial: its phases become shorter.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="Begin no trial after that.")
@click.option(
    "--pruner", default="median", show_default=True, type=click.Choice(["median", "hyperband", "none"]),
    help="Which trials are ended early.",
)  # fmt: skip
@click.option("--seed", type=int, help="Of the split, the first weights, and the values that are tried.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--no-report", is_flag=True, help="Leave out figures and page.")
@click.option("--json", "as_json", is_flag=True, help="What was found, as JSON.")
@click.pass_context
def tune(ctx: click.Context, **options: Any) -> int | None:
    """Search for better values of a recipe by training with them. The same command goes on with a search."""
    from trainer.finetune.memory import keep_freed_memory
    from trainer.tune.search import Request, search
    from trainer.tune.trials import Ending

    keep_freed_memory()
    home = chosen_home(ctx)
    config = _config(options)
    hours, data = options["hours"], options["data"]
    request = Request(
        config=config,
        table=_table(config, options["search_file"]),
        data=data if data == LIBRARY else str(Path(data).expanduser().absolute()),
        folder=LibraryPaths(home).tuning / _folder_name(options["study"], config),
        home=home,
        trials=options["trials"],
        jobs=options["jobs"],
        until=time.time() + 3600 * hours if hours else None,
        encoding=options["encoding"],
        max_epochs=options["max_epochs"],
        pruner=options["pruner"],
        device=options["device"],
        with_report=not options["no_report"],
    )
    found, ending = search(request, _Lines(config.checkpoint_rule, request.trials))
    if options["as_json"]:
        click.echo(json.dumps(_record(found, request.folder)))
    else:
        _print(found, request.folder)
    return EXIT_CANCELLED if ending is Ending.STOPPED else None


def _config(options: dict[str, Any]) -> LoopConfig:
    file, seed = options["config_file"], options["seed"]
    config = load_config(file) if file is not None else recipe(options["recipe_name"] or DEFAULT_RECIPE).config
    return with_overrides(config, [*options["assignments"], *([f"seed={seed}"] if seed is not None else [])])


def _table(config: LoopConfig, file: Path | None) -> dict[str, Any]:
    from core.errors import TrainingError
    from trainer.tune.space import read_search_file

    if file is not None:
        return read_search_file(file)
    try:
        return dict(recipe(config.recipe).search)
    except TrainingError:  # a configuration of the user's own
        return {}


def _folder_name(study: str, config: LoopConfig) -> str:
    """
    Raises:
        TrainingError: the name cannot be that of a folder.
    """
    from core.errors import TrainingError
    from core.run_names import as_folder_name

    if _NO_NAME.search(study):
        raise TrainingError(
            f"A search cannot be called {study!r}: that is no name of a folder.",
            remedy="Take letters, digits, spaces and hyphens: --study second-try.",
            title="The search cannot have this name",
        )
    return as_folder_name(study or config.recipe)


class _Lines:
    """What is said while it searches, beside the output."""

    def __init__(self, rule: str, trials: int) -> None:
        self._rule, self._trials = rule, trials
        self._best: float | None = None
        self._done = 0

    def begin(self, done: int, best: float | None) -> None:
        self._done, self._best = done, best
        if done:
            self.say(f"{done} of {self._trials} trials were done before.")

    def say(self, text: str) -> None:
        click.echo(text, err=True)

    def epoch(self, number: int, event: EpochDone) -> None:
        self.say(f"  trial {number}, epoch {event.epoch + 1}/{event.epochs}: {self._rule} {abs(event.score):.4f}")

    def trial(self, trial: FrozenTrial) -> None:
        from trainer.tune.asking import reason_of
        from trainer.tune.outcome import rounded
        from trainer.tune.space import assignments

        values = " ".join(assignments(rounded(trial.params)))
        self._done += 1
        begin = f"Trial {trial.number + 1} ({self._done} of {self._trials})"
        if trial.state.name == "FAIL":
            self.say(f"{begin} failed: {reason_of(trial)} {values}")
        elif trial.state.name == "PRUNED":
            self.say(f"{begin} pruned after {len(trial.intermediate_values)} epochs. {values}")
        elif trial.value is not None:
            is_best = self._best is None or trial.value > self._best
            self._best = trial.value if is_best else self._best
            self.say(f"{begin}: {self._rule} {abs(trial.value):.4f}{' (best so far)' * is_best}. {values}")


def _print(found: Found, folder: Path) -> None:
    from trainer.tune.page import summary
    from trainer.tune.search_folder import SearchFolder

    click.echo(summary(found))
    if found.importance:
        click.echo(
            "What matters: " + ", ".join(f"{path} {100 * share:.0f} %" for path, share in found.importance.items())
        )
    if found.best is not None:
        click.echo(f"\n{found.command}\n\n{SearchFolder(folder).best}")
    if SearchFolder(folder).report.is_file():
        click.echo(str(SearchFolder(folder).report))


def _record(found: Found, folder: Path) -> dict[str, Any]:
    from dataclasses import asdict

    trials = [{**asdict(trial), "score": trial.score} for trial in found.trials]
    best = None if found.best is None else {**asdict(found.best), "score": found.best.score}
    return {
        "folder": str(folder),
        "rule": found.rule,
        "best": best,
        "command": found.command,
        "importance": found.importance,
        "trials": trials,
        "interrupted": found.interrupted,
    }
