import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.core.types import Pixels
from editgan.data.frame import Framing
from editgan.inversion.cache import Cached, EmbeddingCache, default_cache_folder
from editgan.inversion.embed import Embedding
from editgan.inversion.tuning import Tuning, tune_generator
from editgan.models.encoder import Encoder
from editgan.models.generator import Generator

FRAMING = Framing(centre_x=10.25, centre_y=1 / 3, side=7.5, angle=0.1)
PHOTO = torch.arange(3 * 4 * 5, dtype=torch.uint8).reshape(1, 4, 5, 3)


@pytest.fixture
def cache(tmp_path: Path) -> EmbeddingCache:
    return EmbeddingCache(tmp_path / "cache")


@pytest.fixture
def plain() -> Cached:
    return Cached(torch.randn(1, 8, 16), FRAMING, 57)


@pytest.fixture(scope="module")
def tuned(bundle: ModelBundle) -> Cached:
    with torch.random.fork_rng():
        w_plus = torch.randn(1, 8, 16, generator=torch.Generator().manual_seed(5))
        photo = bundle.generator.synthesis(w_plus.flip(1)).image.clamp(-1, 1)
        return Cached(w_plus, FRAMING, 3, tune_generator(bundle, photo, w_plus, Tuning(steps=4)))


def files(cache: EmbeddingCache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir())


def key(bundle: ModelBundle, pixels: Pixels = PHOTO, **changes: object) -> str:
    known = {"embedding": Embedding(), "judge": "j", "box": None, "tuning": None} | changes
    return EmbeddingCache.key(pixels, bundle, **known)  # type: ignore[arg-type]


def test_what_was_put_is_got(cache: EmbeddingCache, plain: Cached, bundle: ModelBundle) -> None:
    assert cache.get("a", bundle) is None
    cache.put("a", plain, bundle)
    got = cache.get("a", bundle)
    assert got is not None and got.generator is None
    assert torch.equal(got.w_plus, plain.w_plus)
    assert (got.framing, got.steps) == (plain.framing, plain.steps)
    assert cache.get("b", bundle) is None


def test_a_tuned_generator_comes_back_from_its_differences(
    cache: EmbeddingCache, tuned: Cached, bundle: ModelBundle
) -> None:
    assert tuned.generator is not None
    cache.put("a", tuned, bundle)
    got = cache.get("a", bundle)
    assert got is not None and got.generator is not None
    wanted, base = tuned.generator.state_dict(), bundle.generator.state_dict()
    for name, value in got.generator.state_dict().items():
        step = (wanted[name] - base[name]).abs().max()
        assert (value - wanted[name]).abs().max() <= 1e-3 * step + 1e-7, name
    stored = load_file(cache.folder / "a.safetensors")
    changed = {f"tuned.{name}" for name in wanted if not torch.equal(wanted[name], base[name])}
    assert changed and stored.keys() == changed | {"w_plus"}
    assert all(stored[name].dtype == torch.float16 for name in changed)
    assert not any(p.requires_grad for p in got.generator.parameters()) and not got.generator.training


def test_getting_leaves_the_bundles_generator_alone(
    cache: EmbeddingCache, tuned: Cached, bundle: ModelBundle
) -> None:
    before = {name: value.clone() for name, value in bundle.generator.state_dict().items()}
    cache.put("a", tuned, bundle)
    assert cache.get("a", bundle) is not None
    assert all(torch.equal(before[name], value) for name, value in bundle.generator.state_dict().items())


def test_the_key_is_of_everything_an_embedding_depends_on(bundle: ModelBundle) -> None:
    assert bundle.encoder is not None
    encoder, generator = Encoder(bundle.encoder.config), Generator(bundle.generator.config)
    other = PHOTO.clone()
    other[0, 0, 0, 0] += 1
    keys = [
        key(bundle),
        key(bundle, other),
        key(bundle, PHOTO.reshape(1, 5, 4, 3)),
        key(replace(bundle, encoder=encoder)),
        key(replace(bundle, aligner=None)),
        key(replace(bundle, discriminator=None)),
        key(replace(bundle, generator=generator)),
        key(bundle, embedding=Embedding(steps=7)),
        key(bundle, judge="k"),
        key(bundle, box=(1, 2, 3, 4)),
        key(bundle, tuning=Tuning()),
        key(bundle, tuning=Tuning(steps=7)),
    ]
    assert len(set(keys)) == len(keys)
    assert key(bundle, PHOTO.clone(), box=(1, 2, 3, 4)) == key(bundle, box=(1, 2, 3, 4))


def test_tuning_holds_the_parts_so_its_key_is_of_the_branch_too(bundle: ModelBundle) -> None:
    fields = {f: getattr(bundle, f) for f in ("name", "subject", *bundle.networks)}
    without = BundleDraft(**fields | {"branch": None})
    assert key(without) == key(bundle)
    assert key(without, tuning=Tuning()) != key(bundle, tuning=Tuning())


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x80\x04N."])
def test_a_corrupt_file_is_a_miss_and_is_overwritten(
    content: bytes, cache: EmbeddingCache, plain: Cached, bundle: ModelBundle
) -> None:
    cache.folder.mkdir()
    (cache.folder / "a.safetensors").write_bytes(content)
    assert cache.get("a", bundle) is None
    cache.put("a", plain, bundle)
    assert cache.get("a", bundle) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"w_plus": torch.zeros(1, 7, 16)},
        {"w_plus": torch.zeros(8, 16)},
        {"w_plus": torch.full((1, 8, 16), torch.nan)},
        {"tuned.synthesis.const": torch.zeros(3).half()},
        {"tuned.no.such.weight": torch.zeros(3).half()},
        {"format": "0"},
        {"steps": "many"},
        {"framing": "{}"},
        {"framing": "[1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_foreign_file_is_a_miss(
    change: dict[str, object], cache: EmbeddingCache, bundle: ModelBundle
) -> None:
    framing = '{"centre_x": 1.0, "centre_y": 1.0, "side": 2.0}'
    notes = {"format": "1", "framing": framing, "steps": "1", "tuned": "True"}
    tensors = {"w_plus": torch.zeros(1, 8, 16)}
    cache.folder.mkdir()
    save_file(tensors, cache.folder / "a.safetensors", metadata=notes)
    assert cache.get("a", bundle) is not None  # it is the change that spoils it
    tensors |= {k: v for k, v in change.items() if isinstance(v, torch.Tensor)}
    notes |= {k: v for k, v in change.items() if isinstance(v, str)}
    save_file(tensors, cache.folder / "a.safetensors", metadata=notes)
    assert cache.get("a", bundle) is None


def test_files_unused_for_longest_go_when_the_folder_is_full(
    cache: EmbeddingCache, plain: Cached, bundle: ModelBundle
) -> None:
    cache.put("old", plain, bundle)
    size = (cache.folder / "old.safetensors").stat().st_size
    small = EmbeddingCache(cache.folder, max_bytes=size * 5 // 2)
    small.put("used", plain, bundle)
    for age, name in ((1000, "old"), (500, "used")):
        os.utime(cache.folder / f"{name}.safetensors", (age, age))
    assert small.get("used", bundle) is not None  # was the oldest, is now the newest
    small.put("new", plain, bundle)
    assert files(cache) == ["new.safetensors", "used.safetensors"]


def test_the_newest_file_stays_however_small_the_bound(
    tmp_path: Path, plain: Cached, bundle: ModelBundle
) -> None:
    tiny = EmbeddingCache(tmp_path, max_bytes=1)
    tiny.put("a", plain, bundle)
    tiny.put("b", plain, bundle)
    assert files(tiny) == ["b.safetensors"]


def test_a_folder_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, plain: Cached, bundle: ModelBundle
) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = EmbeddingCache(tmp_path / "file" / "cache")
    blocked.put("a", plain, bundle)
    assert blocked.get("a", bundle) is None


def test_the_folder_is_the_users_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("EDITGAN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / ".cache" / "editgan"
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert default_cache_folder() == Path("/x/editgan")
    monkeypatch.setenv("EDITGAN_CACHE", "~/mine")
    assert default_cache_folder() == tmp_path / "mine"
