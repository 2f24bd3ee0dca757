"""What the user chose, in `settings.toml`. What the program measures or remembers lies elsewhere.

Each setting states its unit and meaning where its default stands. Unknown keys are kept, so that an older
Recollect does not drop what a newer one wrote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import tomlkit
from pathspec import GitIgnoreSpec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from tomlkit.exceptions import TOMLKitError

from core.errors import SettingsError
from core.models.disk import write_whole
from core.types import Ranking


class CustomEncoder(BaseModel):
    """Any open_clip model with weights of one's own: `[encoders.NAME]` in settings.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    architecture: str = Field(description="A model name of open_clip, or the path of a JSON model config")
    weights: Path = Field(description="A local .safetensors file")
    tokenizer: Path | None = Field(
        default=None, description="A BPE vocabulary (.txt.gz), where it is not open_clip's own"
    )


class Settings(BaseModel):
    """All settings of a library."""

    model_config = ConfigDict(extra="allow", frozen=True)

    encoder: str = Field(default="starter", description="Name of the model that answers; see `recollect models list`")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(default="auto", description="Where the model runs")
    speed: Literal["full", "gentle", "auto"] = Field(
        default="auto", description="full: all cores; gentle: about half of the time; auto: gentle while on battery"
    )
    strictness: float = Field(  # the best balance of precision and recall, see docs/quality.md
        default=0.35, ge=0.0, le=1.0, description="0 shows everything, 1 only what is certain"
    )
    ranking: Ranking = Field(  # better than either alone, see docs/decisions/0062-search-by-tags.md
        default="blend", description="What ranks photos for words: clip, the model; tags, the words of tags; or blend"
    )
    projection: str = Field(
        default="", description="A run of `clip-projection`, by which photos like one photo are ordered; empty: none"
    )
    teach_while_labelling: bool = Field(
        default=False, description="Learn from each label at once, in the window; see docs/training.md"
    )
    ignore: tuple[str, ...] = Field(
        default=(), description="Patterns of files and folders to leave out, as in .gitignore"
    )
    poll_interval_s: float = Field(
        default=60.0, ge=1.0, description="How often folders without events are looked through"
    )
    rescan_interval_s: float = Field(
        default=3600.0, ge=60.0, description="How often watched folders are compared with the disk"
    )
    thumbnail_edge_px: int = Field(
        default=256, ge=64, le=1024, description="Longer edge of the thumbnails that are kept"
    )
    thumbnail_cache_mb: int = Field(default=1024, ge=16, description="Disk space that thumbnails may take")
    grid_cell_px: int = Field(default=176, ge=96, le=400, description="Wanted width of a thumbnail in the window")
    theme: Literal["system", "light", "dark"] = Field(default="system", description="Colours of the window")
    encoders: dict[str, CustomEncoder] = Field(default_factory=dict, description="Models of one's own")

    @field_validator("ignore")
    @classmethod
    def _patterns_make_sense(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        GitIgnoreSpec.from_lines(patterns)  # raises a ValueError that names the pattern
        return patterns


def is_pattern(text: str) -> bool:
    """Whether a line may stand in the setting `ignore`."""
    try:
        GitIgnoreSpec.from_lines([text])
    except ValueError:
        return False
    return True


def load_settings(path: Path) -> Settings:
    """Read the settings; defaults where the file or a key is absent.

    Raises:
        SettingsError: the file cannot be read or is not valid TOML, or a value is not allowed; names the key.
    """
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror or error}.",
            remedy="Check its permissions, or delete it to have the defaults.",
            path=path,
        ) from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path.name} is not valid TOML: {error}.", remedy="Correct that line, or delete the file.", path=path
        ) from error
    try:
        return Settings.model_validate(document.unwrap())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The setting {key!r} in {path.name} is not valid: {first['msg']}.",
            remedy="Correct it, or delete the line to have the default.",
            path=path,
        ) from error


def save_settings(path: Path, settings: Settings) -> None:
    """Write what differs from the defaults; comments of an existing file stay. Atomic.

    Raises:
        OSError: it cannot be written; an existing file stays as it was.
    """
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    chosen = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    for key in Settings.model_fields:
        if key in document and key not in chosen:
            document.remove(key)
    for key, value in chosen.items():
        document[key] = value
    write_whole(path, lambda part: part.write_text(tomlkit.dumps(document), encoding="utf-8"))
