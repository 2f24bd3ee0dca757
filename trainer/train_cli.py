"""`recollect train`: only options and output are here. Errors and their exit codes are those of `core.cli.main`."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from core.errors import LabelFileError
from core.paths import HOME_VARIABLE, LibraryPaths
from trainer.chosen_home import chosen_home
from trainer.config import load_config
from trainer.data.sources import LIBRARY, check_is_there
from trainer.events import Event, Failed, Finished, Listener, to_line
from trainer.finetune.memory import keep_freed_memory
from trainer.folds.folds_folder import is_folds
from trainer.loop_config import LoopConfig
from trainer.overrides import with_overrides
from trainer.recipe_book import DEFAULT_RECIPE, recipe, recipes
from trainer.runs.run_folder import RunFolder, RunState, find_run

EXIT_CANCELLED = 130  # as for Ctrl+C, which is how most are cancelled


@click.command()
@click.option("--data", help="A folder with a folder for each class, a labels.csv, or `library`.")
@click.option("--encoding", help="Of a CSV file, such as cp1251; found out by itself otherwise.")
@click.option("--recipe", "recipe_name", help=f"How to train; see --list-recipes. [default: {DEFAULT_RECIPE}]")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a value of the recipe.")
@click.option("--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), help="A run's config.json.")
@click.option("--seed", type=int, help="For another split, order and first weights.")
@click.option("--teacher", help="A run whose answers a smaller network learns too.")
@click.option("--processes", type=click.IntRange(1, 64), help="One for each GPU.")
@click.option("--folds", type=click.IntRange(2, 50), help="Train so many times; each photo is held out once.")
@click.option("--dry-run", is_flag=True, help="Check everything on a handful of photos; nothing of it stays.")
@click.option("--list-recipes", is_flag=True, help="Show the recipes.")
@click.option("--run-dir", type=click.Path(file_okay=False, path_type=Path), help="Where the run's folder is made.")
@click.option("--name", default="", help="Name of the run.")
@click.option("--resume", "resumed", metavar="RUN", help="Go on with a run that was interrupted.")
@click.option("--against", type=click.Path(path_type=Path), help="Checkpoint of a tagger to compare with.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--no-report", is_flag=True, help="Leave out figures and page.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines.")
@click.pass_context
def train(ctx: click.Context, resumed: str | None, list_recipes: bool, **options: Any) -> int | None:
    """Train a tagger on labelled photos."""
    if list_recipes:
        return _list_recipes(options["as_json"])
    keep_freed_memory()
    home = chosen_home(ctx)
    if resumed is not None:
        folder = find_run(LibraryPaths(home).runs, resumed)
        if is_folds(folder.path):
            return _in_folds(home, None, {**options, "folder": folder.path})
        if folder.config.is_file() and load_config(folder.config).processes > 1 and not is_one_of_several():
            return _several(home, load_config(folder.config).processes)
        return _run(home, None, {**options, "folder": folder.path})
    if options["data"] is None:
        raise click.UsageError("Say what to train on: --data FOLDER, --data labels.csv or --data library.")
    config = _config(home, options)
    if options["dry_run"]:
        return _rehearse(home, config, options)
    _check_data(options)
    if options["folds"] is not None:
        return _in_folds(home, config, options)
    if config.processes > 1 and not is_one_of_several():
        return _several(home, config.processes)
    return _run(home, config, options)


def _config(home: Path, options: dict[str, Any]) -> LoopConfig:
    if options["teacher"] is not None and not Path(options["teacher"]).exists():
        options = {**options, "teacher": find_run(LibraryPaths(home).runs, options["teacher"]).path}
    if options["config_file"] is not None:
        config = load_config(options["config_file"])
    else:
        config = recipe(options["recipe_name"] or DEFAULT_RECIPE).config
    named = {name: options[name] for name in ("seed", "teacher", "processes") if options[name] is not None}
    return with_overrides(config, [*options["assignments"], *(f"{name}={value}" for name, value in named.items())])


def _check_data(options: dict[str, Any]) -> None:
    """Before there is a run that could fail: what leads nowhere is misspelt, and nothing of it stays in the list."""
    try:
        check_is_there(options["data"])
    except LabelFileError as error:
        if options["as_json"]:
            _print_line(Failed(error.title, error.message, error.remedy))
        raise


def _run(home: Path, config: LoopConfig | None, options: dict[str, Any]) -> int | None:
    """Train, or go on where there is no configuration."""
    from trainer.finetune.train import resume
    from trainer.finetune.train import train as train_tagger
    from trainer.progress_display import Display
    from trainer.promotion.live_tagger import live_checkpoint

    data = options["data"]
    shared: dict[str, Any] = {"home": home, "device": options["device"], "with_report": not options["no_report"]}
    with Display() as display:
        listener: Listener = _print_line if options["as_json"] else display.show
        if config is None:
            result = resume(options["folder"], on_event=listener, against=options["against"], **shared)
        else:
            result = train_tagger(
                config,
                data=data if data == LIBRARY else Path(data),
                on_event=listener,
                run_dir=options["run_dir"],
                name=options["name"],
                encoding=options["encoding"],
                against=options["against"] or (live_checkpoint(home) if data == LIBRARY else None),
                **shared,
            )
    return EXIT_CANCELLED if result.state is RunState.CANCELLED else None


def _in_folds(home: Path, config: LoopConfig | None, options: dict[str, Any]) -> int | None:
    """Train each fold, or go on where there is no configuration; then a line for each figure."""
    from trainer.folds.folds_folder import FoldsFolder
    from trainer.folds.page import table
    from trainer.folds.running import resume_folds, train_folds
    from trainer.folds.summary import read_summary
    from trainer.progress_display import Display

    data = options["data"]
    shared: dict[str, Any] = {"home": home, "device": options["device"], "with_report": not options["no_report"]}
    with Display() as display:
        shared["on_event"] = _print_line if options["as_json"] else _but_the_end(display.show)
        if config is None:
            result = resume_folds(options["folder"], **shared)
        else:
            result = train_folds(
                config,
                options["folds"],
                data=data if data == LIBRARY else str(Path(data).expanduser().absolute()),
                run_dir=options["run_dir"],
                name=options["name"],
                encoding=options["encoding"],
                **shared,
            )
    if result.state is RunState.CANCELLED:
        return EXIT_CANCELLED
    if not options["as_json"]:
        for line in table(read_summary(FoldsFolder(RunFolder(result.folder)))):
            click.echo(line)
        click.echo(str(result.folder))
    return None


def _but_the_end(listener: Listener) -> Listener:
    """The table says more than the means at the end."""
    return lambda event: None if isinstance(event, Finished) else listener(event)


def _several(home: Path, processes: int) -> int:
    """The same command once for each process; torch lets them find each other, accelerate lets them work together."""
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // processes))
    environment = {**os.environ, HOME_VARIABLE: str(home), "OMP_NUM_THREADS": threads}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    before = signal.signal(signal.SIGINT, _left_to_the_children)
    try:
        done = subprocess.run([*command, "-m", "trainer.train_cli", *_own_arguments()], env=environment, check=False)
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode


def _left_to_the_children(number: int, frame: object) -> None:
    """Ctrl+C reaches them too; they end in order, and we wait for them."""


def is_one_of_several() -> bool:
    """This process was started together with others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _own_arguments() -> list[str]:
    """Those that follow `recollect train`, or this module where it was started by itself."""
    program, *arguments = sys.argv
    return arguments if Path(program).name == Path(__file__).name else arguments[arguments.index("train") + 1 :]


def _rehearse(home: Path, config: LoopConfig, options: dict[str, Any]) -> None:
    from trainer.finetune.rehearsal import rehearse
    from trainer.progress_display import show_rehearsal

    data = options["data"]
    source = data if data == LIBRARY else Path(data)
    found = rehearse(config, data=source, home=home, device=options["device"], encoding=options["encoding"])
    if options["as_json"]:
        click.echo(json.dumps({**dataclasses.asdict(found), "config": found.config.model_dump(mode="json")}))
    else:
        show_rehearsal(found)


def _list_recipes(as_json: bool) -> None:
    if as_json:
        documents = [{**dataclasses.asdict(each), "config": each.config.model_dump(mode="json")} for each in recipes()]
        click.echo(json.dumps(documents))
        return
    for each in recipes():
        usual = " (default)" if each.name == DEFAULT_RECIPE else ""
        click.echo(f"{each.name}{usual}: {each.title}")
        for text in (each.description, f"When: {each.when}", f"Cost: {each.cost}"):
            click.echo(click.wrap_text(" ".join(text.split()), 100, "  ", "  "))
        click.echo()


def _print_line(event: Event) -> None:
    click.echo(to_line(event))


if __name__ == "__main__":
    from core.cli.main import main, recollect

    recollect.add_command(train)  # also where the package is not installed
    main(["train", *sys.argv[1:]])
