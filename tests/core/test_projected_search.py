"""Similar photos in the order that a projection has learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.library import Library
from core.models.projection import write_projection
from core.projections import Standing
from core.types import PhotoId


def ids(library: Library, *names: str) -> list[PhotoId]:
    by_stem = {photo.path.stem: photo.id for photo in library.photos(library.browse("").ids)}
    return [by_stem[name] for name in names]


def write(library: Library, folder: Path, near: str, encoder_key: str | None = None) -> Path:
    """A projection in which the red circle and `near` point in one direction, and all others in another."""
    encoder = library.answering_encoder()
    found, vectors = library.vectors(library.browse("").ids)
    alike = set(ids(library, "red circle", near))
    wanted = np.array([[1.0, 0.0] if each in alike else [0.0, 1.0] for each in found])
    skip = np.linalg.pinv(vectors) @ wanted
    tensors = {
        "inner.weight": np.zeros((8, encoder.dim)),
        "inner.bias": np.zeros(8),
        "outer.weight": np.zeros((2, 8)),
        "outer.bias": np.zeros(2),
        "skip.weight": skip.T,
    }
    plain = {name: values.astype(np.float32) for name, values in tensors.items()}
    write_projection(folder / "projection", plain, encoder_key=encoder_key or encoder.key, classes=("a", "b"))
    return folder


@pytest.mark.parametrize("near", ["blue square", "green triangle"])
def test_what_the_projection_holds_for_alike_comes_first(library: Library, tmp_path: Path, near: str) -> None:
    (circle,) = ids(library, "red circle")
    found = library.similar(circle, projection=write(library, tmp_path / "run", near))
    usual = library.similar(circle)
    assert {hit.photo_id for hit in found.near} == {hit.photo_id for hit in usual.near}
    assert [hit.weak for hit in found.near] == sorted(hit.weak for hit in found.near)
    weak = next(hit.weak for hit in found.near if hit.path.stem == near)
    assert next(hit.path.stem for hit in found.near if hit.weak is weak) == near
    assert {hit.photo_id: hit.score for hit in found.near} == {hit.photo_id: hit.score for hit in usual.near}


def test_one_of_another_model_is_refused(library: Library, tmp_path: Path) -> None:
    (circle,) = ids(library, "red circle")
    run = write(library, tmp_path / "run", "blue square", encoder_key="another:1:2")
    with pytest.raises(ModelError, match="another model"):
        library.similar(circle, projection=run)
    with pytest.raises(ModelError, match="There is no projection"):
        library.similar(circle, projection=tmp_path / "none")


class TestTheOneOfTheSettings:
    def test_orders_what_is_like_a_photo(self, library: Library) -> None:
        (circle,) = ids(library, "red circle")
        usual = library.search(f"photo:{circle}")
        near = usual.hits[-1].path.stem
        write(library, library.paths.runs / "mine", near)
        assert library.projections() == ["mine"]
        assert library.projection_standing() is Standing.NONE
        library.change_settings(projection="mine")
        assert library.projection_standing() is Standing.ORDERS
        found = library.search(f"photo:{circle}", strictness=0.0)
        assert [hit.path.stem for hit in found.hits][:2] == ["red circle", near]
        assert {hit.photo_id: hit.score for hit in found.hits} == {hit.photo_id: hit.score for hit in usual.hits}
        assert found.note is None
        assert library.search(f"photo:{circle}", strictness=0.0, limit=2).hits == found.hits[:2]

    def test_one_that_changes_on_the_disk_is_read_anew(self, library: Library) -> None:
        folder = write(library, library.paths.runs / "mine", "blue square")
        assert library.projections() == ["mine"]
        weights = folder / "projection" / "projection.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1])
        assert library.projections() == [], "it is damaged"
        write(library, folder, "blue square", encoder_key="another:1:2")
        assert library.projections() == []
        write(library, folder, "blue square")
        assert library.projections() == ["mine"]

    def test_leaves_words_and_mixtures_alone(self, library: Library) -> None:
        (circle,) = ids(library, "red circle")
        queries = ["blue", f"photo:{circle} + blue"]
        usual = [library.search(query).hits for query in queries]
        write(library, library.paths.runs / "mine", "green triangle")
        library.change_settings(projection="mine")
        assert [library.search(query).hits for query in queries] == usual

    def test_one_that_is_gone_or_of_another_model_is_done_without(self, library: Library) -> None:
        (circle,) = ids(library, "red circle")
        usual = library.search(f"photo:{circle}").hits
        library.change_settings(projection="gone")
        found = library.search(f"photo:{circle}")
        assert found.hits == usual
        assert found.note is not None
        assert found.note.startswith("Ordered by the model alone: what was learned from your labels was deleted")
        assert library.projection_standing() is Standing.LOST
        write(library, library.paths.runs / "other", "blue square", encoder_key="another:1:2")
        library.change_settings(projection="other")
        found = library.search(f"photo:{circle}")
        assert found.hits == usual
        assert found.note == ("Ordered by the model alone: what was learned from your labels goes with another model.")
        assert library.projection_standing() is Standing.OF_ANOTHER_MODEL
        assert library.projections() == []
