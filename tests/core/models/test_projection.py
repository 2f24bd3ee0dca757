"""A projection in NumPy: what is written is read again, and what does not fit is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.models.projection import CONFIG_FILE, WEIGHTS_FILE, load_projection, write_projection


def tensors(dim: int = 6, projected: int = 6, hidden: int = 9) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    drawn = {
        "inner.weight": random.normal(size=(hidden, dim)),
        "inner.bias": random.normal(size=hidden),
        "outer.weight": random.normal(size=(projected, hidden)),
        "outer.bias": random.normal(size=projected),
    }
    if dim != projected:
        drawn["skip.weight"] = random.normal(size=(projected, dim))
    return {name: values.astype(np.float32) for name, values in drawn.items()}


def written(folder: Path, **shape: int) -> Path:
    write_projection(folder, tensors(**shape), encoder_key="starter:1:2", classes=("cat", "dog"))
    return folder


def vectors(count: int = 5, dim: int = 6) -> np.ndarray:
    found = np.random.default_rng(1).normal(size=(count, dim)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("projected", [6, 4])
def test_what_is_written_projects_by_its_formula(tmp_path: Path, projected: int) -> None:
    projection = load_projection(written(tmp_path, projected=projected))
    assert (projection.encoder_key, projection.classes) == ("starter:1:2", ("cat", "dog"))
    assert (projection.dim, projection.projected_dim) == (6, projected)
    known, given = tensors(projected=projected), vectors()
    hidden = np.maximum(given @ known["inner.weight"].T + known["inner.bias"], 0)
    skip = known.get("skip.weight", np.eye(6, dtype=np.float32))
    expected = given @ skip.T + hidden @ known["outer.weight"].T + known["outer.bias"]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(projection.project(given), expected, atol=1e-5)


def test_a_run_is_as_good_as_its_folder(tmp_path: Path) -> None:
    written(tmp_path / "projection")
    assert load_projection(tmp_path).sha256 == load_projection(tmp_path / "projection").sha256


def test_no_vectors_are_no_error_and_too_long_ones_are(tmp_path: Path) -> None:
    projection = load_projection(written(tmp_path))
    assert projection.project(vectors(0)).shape == (0, 6)
    with pytest.raises(ModelError, match="takes vectors of 6 numbers"):
        projection.project(vectors(dim=7))


def test_many_are_projected_piece_by_piece_to_the_same(tmp_path: Path) -> None:
    projection = load_projection(written(tmp_path))
    many = vectors(8192 + 3)
    assert np.allclose(projection.project(many)[-4:], projection.project(many[-4:]), atol=1e-6)


def test_what_is_absent_damaged_or_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no projection"):
        load_projection(tmp_path / "nothing")
    folder = written(tmp_path / "damaged")
    content = bytearray((folder / WEIGHTS_FILE).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS_FILE).write_bytes(content)
    with pytest.raises(ModelError, match="others than those"):
        load_projection(folder)
    (folder / WEIGHTS_FILE).write_bytes(content[:-9])
    with pytest.raises(ModelError, match="damaged"):
        load_projection(folder)
    folder = written(tmp_path / "newer")
    document = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    (folder / CONFIG_FILE).write_text(json.dumps({**document, "format": 2}), encoding="utf-8")
    with pytest.raises(ModelError, match="understands"):
        load_projection(folder)
    (folder / CONFIG_FILE).write_text(json.dumps({**document, "dim": 7}), encoding="utf-8")
    with pytest.raises(ModelError, match="another shape"):
        load_projection(folder)
