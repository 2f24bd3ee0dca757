"""Strengths: one vector for several terms, the weak line, and a noise floor that no small or narrow library spoils."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryError
from core.files.decode import open_image
from core.models.registry import ModelStore
from core.prompts import embed_texts
from core.relevance import (
    CombinedQuery,
    NoiseFloor,
    Relevance,
    TermKind,
    background_prompts,
    combine,
    measure_noise,
)
from core.settings import CustomEncoder, Settings
from core.types import Vector, Vectors
from tests.core.models.tiny_models import make_tiny_model, vit_config
from tests.photo_maker import draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder

NOISE = NoiseFloor(text_mean=0.02, text_std=0.08, image_mean=0.1, image_std=0.25)
DIM = 16


def unit(seed: int, rows: int = 1) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(rows, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


DOG, BEACH, PEOPLE = unit(1)[0], unit(2)[0], unit(3)[0]
PHOTOS = unit(4, rows=200)


def deviations(query: CombinedQuery, photos: Vectors = PHOTOS) -> NDArray[np.float64]:
    return query.deviations(photos @ query.vector)


def strengths(*terms: tuple[Vector, float, TermKind]) -> NDArray[np.float64]:
    query = combine(terms, NOISE)
    return Relevance(query, 0.5).strength(PHOTOS @ query.vector)


class TestOneTerm:
    def test_counts_deviations_above_the_noise(self) -> None:
        query = combine([(DOG, 1.0, "text")], NOISE)
        assert query.vector == pytest.approx(DOG)
        assert deviations(query) == pytest.approx((PHOTOS @ DOG - 0.02) / 0.08, abs=1e-4)

    def test_its_weight_changes_nothing(self) -> None:
        assert deviations(combine([(DOG, 3.0, "text")], NOISE)) == pytest.approx(
            deviations(combine([(DOG, 1.0, "text")], NOISE)), abs=1e-4
        )

    def test_a_picture_is_measured_against_pictures(self) -> None:
        same_cosine = np.array([0.5])
        word, picture = combine([(DOG, 1.0, "text")], NOISE), combine([(DOG, 1.0, "image")], NOISE)
        assert word.deviations(same_cosine)[0] == pytest.approx(6.0, abs=1e-4)
        assert 0.8 < picture.deviations(same_cosine)[0] < 1.6  # less what is usual among photos, and their lead

    def test_unwanted_alone_turns_the_strengths_round(self) -> None:
        assert strengths((DOG, -1.0, "text")) == pytest.approx(1 - strengths((DOG, 1.0, "text")), abs=1e-5)


class TestSeveralTerms:
    @given(st.lists(st.floats(-3, 3).filter(lambda weight: abs(weight) > 0.1), min_size=3, max_size=3))
    def test_cosines_to_the_one_vector_rank_as_the_weighted_deviations_do(self, weights: list[float]) -> None:
        kinds: tuple[TermKind, ...] = ("text", "image", "text")
        query = combine(list(zip((DOG, BEACH, PEOPLE), weights, kinds, strict=True)), NOISE)
        summed = sum(
            weight * (PHOTOS @ vector - NOISE.of(kind)[0]) / NOISE.of(kind)[1]
            for vector, weight, kind in zip((DOG, BEACH, PEOPLE), weights, kinds, strict=True)
        )
        assert np.linalg.norm(query.vector) == pytest.approx(1.0, abs=1e-5)
        assert np.corrcoef(PHOTOS @ query.vector, summed)[0, 1] == pytest.approx(1.0, abs=1e-5)

    def test_noise_stays_noise_however_many_terms_are_wanted(self) -> None:
        photos = unit(5, rows=4000)
        noise = NoiseFloor(0.0, DIM**-0.5, 0.0, 1.0)  # what random directions have
        three = combine([(DOG, 1.0, "text"), (BEACH, 1.0, "text"), (PEOPLE, 2.0, "text")], noise)
        assert deviations(three, photos).std() == pytest.approx(1.0, rel=0.05)

    def test_an_unwanted_term_that_is_absent_costs_no_strength(self) -> None:
        photo = DOG - (DOG @ PEOPLE) * PEOPLE  # all dog, no people
        photo = (photo / np.linalg.norm(photo))[None, :]
        noise = NoiseFloor(0.0, 0.1, 0.0, 0.2)
        plain = deviations(combine([(DOG, 1.0, "text")], noise), photo)
        without = deviations(combine([(DOG, 1.0, "text"), (PEOPLE, -1.0, "text")], noise), photo)
        assert without == pytest.approx(plain, abs=1e-4)

    @pytest.mark.parametrize(
        "terms",
        [[], [(DOG, 0.0, "text")], [(DOG, 1.0, "text"), (DOG, -1.0, "text")]],
        ids=["none", "weight 0", "dog - dog"],
    )
    def test_nothing_to_search_for_is_an_error(self, terms: list[tuple[Vector, float, TermKind]]) -> None:
        with pytest.raises(QueryError):
            combine(terms, NOISE)


class TestTheLine:
    CERTAIN = CombinedQuery(DOG, scale=1.0, offset=0.0)

    def test_strength_rises_with_the_cosine_and_stays_between_0_and_1(self) -> None:
        found = Relevance(CombinedQuery(DOG, scale=400.0, offset=0.0), 0.5).strength(np.linspace(-1, 1, 101))
        assert (np.diff(found) >= 0).all()
        assert found[0] == pytest.approx(0.0)
        assert found[-1] == pytest.approx(1.0)

    def test_strictness_moves_it(self) -> None:
        found = np.array([0.0, 0.3, 0.6, 0.99])
        weak = {
            strictness: Relevance(self.CERTAIN, strictness).is_weak(found).tolist() for strictness in (0.0, 0.5, 1.0)
        }
        assert weak[0.0] == [False] * 4
        assert weak[0.5] == [True, True, False, False]
        assert weak[1.0] == [True, True, True, False]

    def test_shapes_are_kept(self) -> None:
        relevance = Relevance(self.CERTAIN, 0.5)
        assert relevance.strength(np.zeros((2, 3))).shape == (2, 3)
        assert relevance.strength([]).shape == (0,)


class TestNoiseFloor:
    def test_there_are_prompts_enough_and_none_twice(self) -> None:
        prompts = background_prompts()
        assert len(prompts) > 100
        assert len(set(prompts)) == len(prompts)

    def test_an_empty_library_has_one_too(self, starter: ClipEncoder) -> None:
        noise = measure_noise(starter, np.empty((0, starter.dim), dtype=np.float32))
        assert noise.text_std > 0
        assert noise.image_std > 0

    @pytest.mark.parametrize("count", [1, 2, 6])
    def test_a_few_drawn_pictures_give_a_sane_one(self, starter: ClipEncoder, count: int) -> None:
        subjects = ("red circle", "blue square", "green triangle", "black circle", "yellow square", "gray triangle")
        noise = measure_noise(starter, starter.encode_images([draw(subject) for subject in subjects[:count]]))
        assert abs(noise.text_mean) < 0.1
        assert 0.04 < noise.text_std < 0.12
        assert 0.1 < noise.image_std < 0.4

    def test_copies_of_one_picture_do_not_make_it_vanish(self, starter: ClipEncoder) -> None:
        noise = measure_noise(starter, np.repeat(starter.encode_images([draw("red circle")]), 50, axis=0))
        assert noise.image_std > 0.01

    def test_with_an_encoder_that_knows_nothing_all_is_weak(self, tmp_path: Path) -> None:
        model = make_tiny_model(tmp_path, "random", vit_config(dim=32))
        custom = CustomEncoder(architecture=str(model.config), weights=model.weights)
        encoder = ModelStore(tmp_path, Settings(encoders={"random": custom})).load("random")
        photos = encoder.encode_images([draw(subject) for subject in ("red circle", "blue square", "green triangle")])
        noise = measure_noise(encoder, photos)
        for text in ("a red circle", "dog", "two children who play football in the snow"):
            assert _shown(combine([(encoder.encode_texts([text])[0], 1.0, "text")], noise), photos) == 0.0

    def test_many_photos_are_sampled_the_same_way_each_time(self, starter: ClipEncoder) -> None:
        vectors = np.random.default_rng(0).normal(size=(3000, starter.dim)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        assert measure_noise(starter, vectors) == measure_noise(starter, vectors)


@pytest.fixture(scope="module")
def shirts(starter: ClipEncoder, shared_data: Path) -> Vectors:
    """Photos of twenty T-shirts."""
    paths = sorted((shared_data / "clothing" / "validation" / "t-shirt").iterdir())[:20]
    return starter.encode_images([open_image(path, edge_px=starter.image_edge_px) for path in paths])


class TestRealPhotos:
    @pytest.mark.parametrize("count", [1, 5, 20])
    def test_a_library_of_one_kind_shows_it_and_nothing_else(
        self, starter: ClipEncoder, shirts: Vectors, count: int
    ) -> None:
        texts = embed_texts(starter, ("t-shirt", "airplane", "banana", "forest", "school bus"), starter.templates)
        shown: list[list[float]] = []
        for library in np.split(shirts, len(shirts) // count):
            noise = measure_noise(starter, library, templates=starter.templates)
            shown.append([_shown(combine([(text, 1.0, "text")], noise), library) for text in texts])
        shirt, *others = np.mean(shown, axis=0).tolist()
        assert shirt > 0.6
        assert others == [0.0] * 4


def _shown(query: CombinedQuery, library: Vectors) -> float:
    relevance = Relevance(query, 0.5)
    return float((~relevance.is_weak(relevance.strength(library @ query.vector))).mean())
