"""Text to token ids, as each model was trained on it.

CLIP models share open_clip's byte-pair vocabulary, which comes with that package; others bring a file: a BPE
vocabulary (`.txt.gz`) or a `tokenizer.json` of the Hugging Face kind, read with the light `tokenizers` package.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import torch

from core.errors import ModelError
from core.models.open_clip_api import SimpleTokenizer, get_clean_fn

_DEFAULT_CONTEXT = 77  # open_clip's, for configs that do not state one


def build_tokenizer(text_config: Mapping[str, Any], file: Path | None) -> Callable[[list[str]], torch.Tensor]:
    """The tokenizer of a model: list of N texts -> (N, context_length) int64.

    Args:
        text_config: `text_cfg` of open_clip's model config.
        file: a vocabulary; None takes open_clip's own.

    Raises:
        ModelError: the model needs a file that is not there, or its vocabulary is too large for the model.
    """
    length = int(text_config.get("context_length", _DEFAULT_CONTEXT))
    options = dict(cast("Mapping[str, Any]", text_config.get("tokenizer_kwargs", {})))
    if file is not None and not file.is_file():
        raise ModelError(
            f"The tokenizer {file.name} is missing.", remedy="Download or import the model again.", path=file
        )
    if file is not None and file.suffix == ".json":
        return HubTokenizer(file, length, clean=options.get("clean", "whitespace"))
    if file is None and text_config.get("hf_tokenizer_name"):
        raise ModelError(
            "This model needs its own tokenizer, and none is installed.",
            remedy=f"Put the tokenizer.json of {text_config['hf_tokenizer_name']} beside the weights "
            "and name it as `tokenizer` in the settings.",
        )
    tokenizer = _bpe(file, length, options)
    _check_size(tokenizer.vocab_size, text_config)
    return tokenizer


def _bpe(file: Path | None, length: int, options: Mapping[str, Any]) -> SimpleTokenizer:
    place = {} if file is None else {"bpe_path": str(file)}
    try:
        return SimpleTokenizer(context_length=length, **place, **options)
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise ModelError(
            f"The tokenizer {file.name if file else ''} cannot be read: {error}.",
            remedy="It must be a BPE vocabulary as open_clip writes it, packed with gzip.",
            path=file,
        ) from error


def _check_size(vocabulary: int, text_config: Mapping[str, Any]) -> None:
    rows = int(text_config.get("vocab_size", 49408))
    if vocabulary > rows:
        raise ModelError(
            f"The tokenizer has {vocabulary:,} words, but the model knows only {rows:,}.",
            remedy="Use the tokenizer that belongs to this model.",
        )


class HubTokenizer:
    """A `tokenizer.json`, with the ends and the padding that `tokenizer_config.json` beside it asks for."""

    def __init__(self, file: Path, context_length: int, *, clean: str) -> None:
        if importlib.util.find_spec("tokenizers") is None:
            raise ModelError(
                "This model needs the Python package `tokenizers`, which is not installed.",
                remedy="Install it with `pip install tokenizers`, or choose another model.",
            )
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(file))
            config = _read_config(file.with_name("tokenizer_config.json"))
        except Exception as error:  # the Rust side raises bare Exception for every fault
            raise ModelError(
                f"The tokenizer {file.name} cannot be read: {error}.",
                remedy="Download or import the model again.",
                path=file,
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._length = context_length
        self._clean = cast("Callable[[str], str]", get_clean_fn(clean))
        self._first = self._ids_of(config, "bos", default=False)
        self._last = self._ids_of(config, "eos", default=True)
        self._padding = self._id(_token(config, "pad")) or 0

    def __call__(self, texts: list[str]) -> torch.Tensor:
        room = self._length - len(self._first) - len(self._last)
        rows = torch.full((len(texts), self._length), self._padding, dtype=torch.long)
        cleaned = [self._clean(text) for text in texts]
        for row, encoding in zip(rows, self._tokenizer.encode_batch(cleaned, add_special_tokens=False), strict=True):
            ids = [*self._first, *encoding.ids[:room], *self._last]
            row[: len(ids)] = torch.tensor(ids)
        return rows

    def _ids_of(self, config: Mapping[str, Any], kind: str, *, default: bool) -> list[int]:
        """The start or end token, where the configuration wants it added."""
        if not config.get(f"add_{kind}_token", default):
            return []
        token_id = self._id(_token(config, kind))
        return [] if token_id is None else [token_id]

    def _id(self, token: str) -> int | None:
        return self._tokenizer.token_to_id(token)


def _read_config(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _token(config: Mapping[str, Any], kind: str) -> str:
    """The text of a special token: a string, or an object with its `content`."""
    match config.get(f"{kind}_token"):
        case str(token) | {"content": str(token)}:
            return token
        case _:
            return f"<{kind}>"
