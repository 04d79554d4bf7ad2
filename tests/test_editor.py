import io
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut
from torch import Tensor

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.facts import DataFacts, Facts
from editgan.bundle.folder import save_bundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.descent import Step
from editgan.core.errors import BundleError, InputError, LabelError, NoSubjectError, PhotoError
from editgan.core.images import psnr_db
from editgan.editing.composition import Composition, PasteMode, compose
from editgan.editing.objective import EditWeights
from editgan.editing.outcome import Applied, Edit
from editgan.editing.parts import grow
from editgan.editing.region import edit_region, margin_px, region_iou
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.domain import measure_domain
from editgan.inversion.cache import EmbeddingCache
from editgan.inversion.embed import Embedding
from editgan.inversion.tuning import Tuning
from editgan.models.identity import IdentityConfig, IdentityNetwork

pytestmark = pytest.mark.slow

BOX = (164, 60, 120, 120)  # the astronaut's face
IRIS, LIP = 4, 2
FEW = Editing(steps=3)


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    return Editor(bundle)


@pytest.fixture(scope="module")
def photo(editor: Editor) -> OpenPhoto:
    with torch.random.fork_rng():
        return editor.open(PilImage.fromarray(astronaut()), box=BOX, embedding=Embedding(steps=40))


@pytest.fixture(scope="module")
def target(photo: OpenPhoto) -> Tensor:
    return grow(photo.label_map, [IRIS], 1)


@pytest.fixture(scope="module")
def edited(editor: Editor, photo: OpenPhoto, target: Tensor) -> Edit:
    return editor.edit(photo, target, name="larger-eyes", classes=["eye"], settings=Editing(steps=40))


@pytest.fixture(scope="module")
def sample(editor: Editor) -> OpenPhoto:
    return editor.sample(1)


def vector(seed: int, bundle: ModelBundle, classes: tuple[str, ...] = ("iris",)) -> EditVector:
    rng = torch.Generator().manual_seed(seed)
    delta = 0.5 * torch.randn(bundle.generator.config.num_ws, 16, generator=rng)
    return EditVector(
        name=f"v{seed}",
        delta=delta,
        classes=classes,
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=(-2.0, 2.0),
    )


def test_an_opened_photo_is_aligned_embedded_and_read(
    editor: Editor, photo: OpenPhoto, bundle: ModelBundle
) -> None:
    assert np.array_equal(photo.pixels[0].numpy(), astronaut())
    assert (photo.framing.centre_x, photo.framing.centre_y, photo.framing.side) == (224, 120, 120)
    assert photo.aligned.shape == photo.image.shape == (1, 3, 32, 32)
    assert torch.equal(bundle.generator.synthesis(photo.w_plus).image, photo.image)
    assert torch.equal(bundle.render(photo.w_plus).label_map, photo.label_map)
    assert photo.report.reconstruction_psnr_db == pytest.approx(psnr_db(photo.image, photo.aligned))
    guess = editor.open(PilImage.fromarray(astronaut()), box=BOX, embedding=Embedding(steps=0))
    assert photo.report.reconstruction_psnr_db > guess.report.reconstruction_psnr_db + 1


def test_a_photo_is_embedded_once_if_there_is_a_cache(editor: Editor, tmp_path: Path) -> None:
    cache, few = EmbeddingCache(tmp_path), Embedding(steps=2)

    def opened(**settings: Any) -> OpenPhoto:
        common: dict[str, Any] = {"box": BOX, "embedding": few, "cache": cache}
        return editor.open(PilImage.fromarray(astronaut()), **common | settings)

    first, again = opened(), opened()
    assert (first.report.from_cache, again.report.from_cache) == (False, True)
    assert torch.equal(first.w_plus, again.w_plus) and first.framing == again.framing
    assert not opened(embedding=Embedding(steps=3)).report.from_cache
    assert not opened(box=(160, 60, 120, 120)).report.from_cache
    assert not opened(cache=None).report.from_cache


def test_high_fidelity_comes_nearer_to_the_photo_and_vectors_still_apply(
    editor: Editor,
    photo: OpenPhoto,
    bundle: ModelBundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("editgan.inversion.opening.Tuning", partial(Tuning, steps=60))
    seen: list[int] = []
    cache, common = EmbeddingCache(tmp_path), {"box": BOX, "embedding": Embedding(steps=40)}
    near = editor.open(
        PilImage.fromarray(astronaut()),
        **common,
        fidelity="high",
        cache=cache,
        watch=lambda step: seen.append(step.index),
    )
    assert near.generator is not None and near.report.fidelity == "high"
    assert near.report.reconstruction_psnr_db > photo.report.reconstruction_psnr_db + 1
    assert seen == sorted(seen) and seen[-1] == 100  # one count over embedding and tuning
    kept = editor.open(PilImage.fromarray(astronaut()), **common, fidelity="high", cache=cache)
    assert torch.equal(kept.image, near.image)
    edited = editor.apply(near, {vector(1, bundle): 1.0})
    difference = (edited.pixels[0].int() - near.pixels[0].int()).abs().amax(2)
    assert difference[~edited.may_change].max() == 0 and difference.max() > 0
    assert torch.equal(editor.apply(near, {}).pixels, near.pixels)
    assert torch.equal(editor.preview(near, {}), near.image)


def test_a_preview_is_the_edited_rendering(editor: Editor, photo: OpenPhoto, bundle: ModelBundle) -> None:
    strengths = {vector(1, bundle): 0.5, vector(2, bundle): -1.0}
    assert torch.equal(editor.preview(photo, strengths), editor.apply(photo, strengths).image)


def test_refining_a_composition_cleans_it_up_once(
    editor: Editor, photo: OpenPhoto, bundle: ModelBundle
) -> None:
    strengths, walks = {vector(1, bundle): 0.4, vector(2, bundle, ("brow",)): 0.4}, []
    rough = editor.apply(photo, strengths)
    clean = editor.apply(photo, strengths, refine_steps=15, watch=lambda step: walks.append(step.index))
    assert walks == list(range(16)) and 0 < clean.report.refine_steps <= 15
    assert clean.report.outside_psnr_db > rough.report.outside_psnr_db
    assert rough.report.refine_steps == 0 and [v.name for v in clean.report.vectors] == ["v1", "v2"]
    beside = editor.apply(photo, Composition(strengths), refine_steps=15)  # counts beside a composition, too
    assert torch.equal(beside.w_plus, clean.w_plus)


def test_refining_nothing_is_a_no_op(editor: Editor, photo: OpenPhoto, bundle: ModelBundle) -> None:
    result = editor.apply(photo, {}, refine_steps=5)
    assert torch.equal(result.pixels, photo.pixels) and result.report.refine_steps == 0


def test_a_refinement_that_finds_nothing_better_is_not_walked_again(
    editor: Editor, photo: OpenPhoto, bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.editing.outcome.best", lambda walk, watch: next(walk))
    done = editor.apply(photo, {vector(1, bundle): 0.4}, refine_steps=15)
    assert done.report.refine_steps == 0
    monkeypatch.delattr("editgan.editing.outcome.refine")
    assert torch.equal(editor.apply(photo, done.composition).pixels, done.pixels)


@pytest.mark.parametrize("steps", [-1, 1001, 10**12])
def test_a_refinement_of_absurd_length_is_refused(steps: int) -> None:
    with pytest.raises(InputError, match="0 to 1000 steps"):
        Composition({}, refine_steps=steps)


def test_a_photo_unlike_others_is_warned_of_wherever_it_is_edited(
    bundle: ModelBundle, photo: OpenPhoto
) -> None:
    facts = measure_domain(bundle, photo.aligned.repeat(2, 1, 1, 1), steps=40)
    editor = Editor(replace(bundle, facts=Facts(domain=facts)))
    common: dict[str, Any] = {"box": BOX, "embedding": Embedding(steps=40)}
    alike = editor.open(PilImage.fromarray(astronaut()), **common)
    assert alike.report.domain.verdict is not None
    noise = np.random.default_rng(0).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    strange = editor.open(PilImage.fromarray(noise), **common)
    assert strange.report.domain.verdict == "outside"
    assert strange.warning is not None and "parts and edits" in strange.warning
    assert strange.warning in editor.apply(strange, {}).report.warnings
    assert editor.sample(1).warning is None


def test_a_path_its_bytes_and_the_picture_open_alike(editor: Editor, tmp_path: Path) -> None:
    picture = PilImage.fromarray(astronaut())
    picture.save(tmp_path / "a.png")
    data = io.BytesIO()
    picture.save(data, "PNG")
    none = Embedding(steps=0)
    sources = (picture, tmp_path / "a.png", str(tmp_path / "a.png"), data.getvalue())
    first, *others = [editor.open(source, box=BOX, embedding=none) for source in sources]
    assert all(torch.equal(other.w_plus, first.w_plus) for other in others)


def test_a_face_is_found_without_a_box(editor: Editor) -> None:
    found = editor.open(PilImage.fromarray(astronaut()), embedding=Embedding(steps=0)).framing
    assert abs(found.centre_x - 224) < 60 and abs(found.centre_y - 120) < 60 and 60 < found.side < 260


def test_a_picture_without_a_face_is_refused_and_offers_the_box(editor: Editor) -> None:
    with pytest.raises(NoSubjectError, match=r"no face was found in the 80x64 photo.*a box"):
        editor.open(PilImage.new("RGB", (80, 64), "white"))


def test_what_no_detector_knows_is_opened_by_its_box_and_letter_boxed_as_the_data_were(
    bundle: ModelBundle,
) -> None:
    car = Editor(replace(bundle, subject="car", facts=Facts(data=DataFacts(letter_box=1 / 8))))
    picture, none = PilImage.new("RGB", (64, 48), "white"), Embedding(steps=0)
    with pytest.raises(NoSubjectError, match=r"not 'car'; say where.*0, 0, 64, 48 if"):
        car.open(picture)
    wide = car.open(picture, box=(0, 0, 64, 48), embedding=none)
    square = PilImage.new("RGB", (64, 64))  # as the training photos are
    square.paste(picture, (0, 8))
    framed = car.open(square, box=(0, 0, 64, 64), embedding=none)
    assert torch.allclose(wide.aligned, framed.aligned, atol=1e-3)
    assert (wide.aligned[:, :, :4] == -1).all() and (wide.aligned[:, :, 4:28] > 0.99).all()


def test_what_is_no_photo_is_refused(editor: Editor, tmp_path: Path) -> None:
    for source in (b"no photo", tmp_path / "missing.jpg", PilImage.new("RGB", (31, 90))):
        with pytest.raises(PhotoError):
            editor.open(source)


def test_the_edit_reaches_its_target(edited: Edit, photo: OpenPhoto, target: Tensor) -> None:
    before, after = edited.report["target_iou_before"], edited.report["target_iou_after"]
    asked = edit_region(photo.label_map, target, [IRIS], margin=margin_px(32))
    assert before == pytest.approx(region_iou(photo.label_map, target, [IRIS], asked))
    assert after == pytest.approx(region_iou(edited.label_map, target, [IRIS], asked))
    assert after > before + 0.1


def test_the_outside_of_the_rendering_is_kept(edited: Edit, photo: OpenPhoto) -> None:
    measured = psnr_db(edited.image, photo.image, ~edited.region)
    assert edited.report["outside_psnr_db"] == pytest.approx(measured) and measured > 28


@pytest.mark.parametrize("mode", ["difference", "replace"])
def test_outside_the_region_every_byte_of_the_photo_is_kept(
    mode: str, editor: Editor, photo: OpenPhoto, target: Tensor
) -> None:
    settings = Editing(steps=30)
    changed = editor.edit(photo, target, settings=settings, on=Composition({}, paste_mode=mode))  # type: ignore[arg-type]
    result, original = changed.result.pixels[0].numpy(), astronaut()
    assert result.shape == original.shape
    # Independent of the pasting code: which frame pixel does each photo pixel's centre lie in?
    scale = 32 / photo.framing.side
    xs = np.floor((np.arange(512) + 0.5 - (photo.framing.centre_x - photo.framing.side / 2)) * scale)
    ys = np.floor((np.arange(512) + 0.5 - (photo.framing.centre_y - photo.framing.side / 2)) * scale)
    region = changed.region[0, 0].numpy()
    inside = np.zeros((512, 512), dtype=bool)
    for row, y in enumerate(ys.astype(int)):
        if 0 <= y < 32:
            columns = (xs >= 0) & (xs < 32)
            inside[row, columns] = region[y, xs[columns].astype(int)]
    difference = np.abs(result.astype(int) - original.astype(int)).max(2)
    assert difference[~inside].max() == 0 == changed.report["pasted_outside_max_abs_diff"]
    assert difference[inside].max() > 0
    assert np.array_equal(changed.result.may_change.numpy(), inside)


@pytest.mark.parametrize("mode", ["motion", "difference", "replace"])
def test_what_is_to_be_kept_keeps_every_byte_whatever_the_edit(
    mode: PasteMode, editor: Editor, photo: OpenPhoto, target: Tensor
) -> None:
    """In the photo's own pixels, also where those of the label map are far coarser."""
    mask = torch.zeros(512, 512, dtype=torch.bool)
    mask[:, :217] = True  # about half of the face
    on = Composition({}, paste_mode=mode, keep=photo.keeping(mask))
    edit = editor.edit(photo, target, settings=FEW, on=on)
    again = editor.apply(photo, replace(edit.composition, strengths={edit.vector: 1.5}))
    for pixels in (edit.result.pixels, again.pixels):
        assert torch.equal(pixels[0, :, :217], photo.pixels[0, :, :217])
    assert not torch.equal(again.pixels, photo.pixels)
    assert not again.may_change[:, :217].any() and again.may_change[:, 222:].any()


def test_an_edit_that_may_change_nothing_is_refused(editor: Editor, photo: OpenPhoto, target: Tensor) -> None:
    everything = photo.keeping(torch.ones(512, 512, dtype=torch.bool))
    with pytest.raises(LabelError, match="covers all that the edit would change"):
        editor.edit(photo, target, settings=FEW, on=Composition({}, keep=everything))
    with pytest.raises(InputError, match="should be 512x512 px like the photo, got 512x100"):
        photo.keeping(torch.ones(100, 512, dtype=torch.bool))


def test_an_edit_on_top_of_another_keeps_it(editor: Editor, photo: OpenPhoto, edited: Edit) -> None:
    """And applying what was done, all together, gives the same bytes."""
    second = editor.edit(photo, grow(edited.label_map, [LIP], 1), settings=FEW, on=edited.composition)
    assert second.composition.active == {edited.vector: 1.0, second.vector: 1.0}
    both = compose(photo.w_plus, second.composition.strengths)
    assert torch.equal(second.w_plus, both) and not torch.equal(both, edited.w_plus)
    ids = editor.schema.ids(*second.reached.classes)
    asked = edit_region(edited.label_map, second.target, ids, margin=margin_px(32))
    assert second.reached.target_iou_before == pytest.approx(
        region_iou(edited.label_map, second.target, ids, asked)
    )
    assert not (edited.result.may_change & ~second.result.may_change).any()
    assert torch.equal(editor.apply(photo, second.composition).pixels, second.result.pixels)


def test_the_report_tells_all(edited: Edit) -> None:
    assert edited.report.keys() >= {
        "classes",
        "steps",
        "region_share",
        "target_iou_before",
        "target_iou_after",
        "outside_psnr_db",
        "pasted_outside_max_abs_diff",
        "paste_mode",
        "judge",
        "terms",
    }
    assert edited.report["classes"] == ["iris"] and 0 < edited.report["steps"] <= 40
    assert edited.report["region_share"] == pytest.approx(edited.region.float().mean().item())
    assert edited.report["terms"].keys() == {"labels", "perceptual", "pixels", "natural"}


def test_the_vector_is_the_way_from_the_photo_to_the_edit(
    edited: Edit, photo: OpenPhoto, bundle: ModelBundle
) -> None:
    assert edited.vector.name == "larger-eyes" and edited.vector.bundle == "tiny-32"
    assert edited.vector.classes == ("iris",)
    assert torch.allclose(compose(photo.w_plus, {edited.vector: 1.0}), edited.w_plus)
    assert torch.equal(bundle.render(edited.w_plus).label_map, edited.label_map)


def test_an_edit_leaves_the_opened_photo_as_it_was(editor: Editor, photo: OpenPhoto, target: Tensor) -> None:
    w_plus, pixels, parts = photo.w_plus.clone(), photo.pixels.clone(), photo.label_map.clone()
    editor.edit(photo, target, settings=FEW)
    assert torch.equal(photo.w_plus, w_plus) and torch.equal(photo.pixels, pixels)
    assert torch.equal(photo.label_map, parts)


@pytest.mark.parametrize("classes", [None, ["iris"]])
def test_a_target_that_cannot_be_asked_for_is_refused(
    classes: list[str] | None, editor: Editor, sample: OpenPhoto
) -> None:
    small, strange = sample.label_map[:, :16, :16], sample.label_map.clone()
    strange[0, 0, 0] = 5
    for wrong, says in (
        (small, "32x32.*got 16x16"),
        (strange, r"ids \[5\]"),
        (sample.label_map.clone(), "equals the present parts"),
    ):
        with pytest.raises(LabelError, match=says):
            editor.edit(sample, wrong, classes=classes)


def test_an_unknown_part_is_refused(editor: Editor, sample: OpenPhoto) -> None:
    with pytest.raises(LabelError, match="'nose'"):
        editor.edit(sample, (sample.label_map + 1) % 5, classes=["nose"])


def test_watching_sees_every_step_and_raising_cancels(editor: Editor, sample: OpenPhoto) -> None:
    seen: list[int] = []

    def watch(step: Step) -> None:
        seen.append(step.index)
        if step.index == 2:
            raise KeyboardInterrupt

    wanted = (sample.label_map + 1) % 5
    with pytest.raises(KeyboardInterrupt):
        editor.edit(sample, wanted, watch=watch)
    assert seen == [0, 1, 2]
    with pytest.raises(KeyboardInterrupt):
        editor.open(PilImage.fromarray(astronaut()), box=BOX, watch=watch)
    seen.clear()
    editor.edit(sample, wanted, settings=Editing(steps=1), watch=lambda step: seen.append(step.index))
    assert seen == [0, 1]


def test_a_sample_is_the_same_picture_every_time(editor: Editor, sample: OpenPhoto) -> None:
    assert torch.equal(editor.sample(1).pixels, sample.pixels)
    assert not torch.equal(editor.sample(2).pixels, sample.pixels)
    assert sample.report.seed == 1 and sample.report.reconstruction_psnr_db > 30


def test_strength_zero_is_the_photo_itself(editor: Editor, photo: OpenPhoto, bundle: ModelBundle) -> None:
    result = editor.apply(photo, {vector(1, bundle): 0.0})
    assert torch.equal(result.pixels, photo.pixels)
    assert torch.equal(editor.apply(photo, {}).pixels, photo.pixels)


def test_the_order_of_vectors_does_not_matter(editor: Editor, photo: OpenPhoto, bundle: ModelBundle) -> None:
    a, b = vector(1, bundle), vector(2, bundle, ("brow",))
    ab, ba = editor.apply(photo, {a: 0.7, b: -0.4}), editor.apply(photo, {b: -0.4, a: 0.7})
    assert (ab.pixels.int() - ba.pixels.int()).abs().max() <= 1
    assert not torch.equal(ab.pixels, photo.pixels)


def test_applied_vectors_change_nothing_outside_their_region(
    editor: Editor, photo: OpenPhoto, bundle: ModelBundle
) -> None:
    result = editor.apply(photo, {vector(1, bundle): 1.0})
    difference = (result.pixels[0].int() - photo.pixels[0].int()).abs().amax(2)
    assert difference[~result.may_change].max() == 0 and difference.max() > 0


def test_a_vector_of_another_bundle_is_refused(editor: Editor, photo: OpenPhoto, bundle: ModelBundle) -> None:
    foreign = replace(vector(1, bundle), bundle="faces-64", fingerprint="0")
    with pytest.raises(InputError, match="faces-64"):
        editor.apply(photo, {foreign: 1.0})
    assert editor.apply(photo, Composition({foreign: 1.0}, insist=True)).report.vectors == [
        Applied("v1", 1.0)
    ]


def test_a_result_saved_as_png_keeps_every_byte(edited: Edit, tmp_path: Path) -> None:
    edited.result.save(tmp_path / "out" / "a.png")
    with PilImage.open(tmp_path / "out" / "a.png") as picture:
        assert np.array_equal(np.asarray(picture), edited.result.pixels[0].numpy())


def test_an_identity_weight_counts_with_the_bundles_own_network(
    bundle: ModelBundle, photo: OpenPhoto, target: Tensor
) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = IdentityNetwork(IdentityConfig(resolution=32, channel_base=256, dim=8, squeezed_channels=8))
    editor = Editor(replace(bundle, identity=network))
    assert editor.context.identity is network
    edits = [
        editor.edit(photo, target, settings=Editing(steps=12, weights=EditWeights(identity=weight)))
        for weight in (0.0, 10.0)
    ]
    assert "identity" not in edits[0].reached.terms and edits[1].reached.terms["identity"] > 0
    assert not torch.equal(edits[0].vector.delta, edits[1].vector.delta)


def test_an_editor_needs_a_whole_bundle(bundle: ModelBundle, saved_bundle: Path, tmp_path: Path) -> None:
    save_bundle(BundleDraft("young", "face", bundle.generator), tmp_path / "young")
    with pytest.raises(BundleError, match="no branch yet"):
        Editor.from_pretrained(tmp_path / "young", "cpu")
    assert Editor.from_pretrained(saved_bundle, "cpu").schema == bundle.schema
