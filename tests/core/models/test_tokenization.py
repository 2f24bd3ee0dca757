"""Tokenizers that models bring along."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ModelError
from core.models.tokenization import build_tokenizer
from tests.core.models.tiny_models import write_hub_tokenizer

CONFIG = {"context_length": 6, "vocab_size": 8, "hf_tokenizer_name": "owner/model", "tokenizer_kwargs": {}}
PAD, EOS, A, DOG, HUND = 0, 1, 4, 5, 6


@pytest.fixture
def hub_file(tmp_path: Path) -> Path:
    pytest.importorskip("tokenizers")
    write_hub_tokenizer(tmp_path)
    return tmp_path / "tokenizer.json"


def test_a_hub_tokenizer_ends_and_pads_as_its_configuration_says(hub_file: Path) -> None:
    tokens = build_tokenizer(CONFIG, hub_file)(["a dog", "hund"])
    assert tokens.tolist() == [[A, DOG, EOS, PAD, PAD, PAD], [HUND, EOS, PAD, PAD, PAD, PAD]]


def test_a_long_text_keeps_its_end(hub_file: Path) -> None:
    tokens = build_tokenizer(CONFIG, hub_file)(["dog " * 20])
    assert tokens.tolist() == [[DOG] * 5 + [EOS]]


def test_text_is_cleaned_as_the_model_was_trained(hub_file: Path) -> None:
    config = {**CONFIG, "tokenizer_kwargs": {"clean": "canonicalize"}}
    assert build_tokenizer(config, hub_file)(["A Dog!"])[0, :3].tolist() == [A, DOG, EOS]


def test_a_model_without_its_tokenizer_names_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        build_tokenizer(CONFIG, None)
    assert "owner/model" in error.value.remedy


def test_a_tokenizer_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        build_tokenizer(CONFIG, tmp_path / "tokenizer.json")


@pytest.mark.parametrize("name", ["tokenizer.json", "bpe.txt.gz"])
def test_a_damaged_tokenizer_is_refused(tmp_path: Path, name: str) -> None:
    if name.endswith(".json"):
        pytest.importorskip("tokenizers")
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="cannot be read"):
        build_tokenizer(CONFIG, tmp_path / name)
