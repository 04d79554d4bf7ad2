"""A photo with a profile, transparency or no colour at all is edited as it is, and seen as others see it."""

import numpy as np
import pytest
import torch
from data.pictures import P3, camera_notes, cut_out, decoded, encoded
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.core.images import from_pil
from editgan.data.opening import read_photo
from editgan.data.xmp import notes_in
from editgan.editing.composition import Composition, PasteMode
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.inversion.embed import Embedding

BOX = (164, 60, 120, 120)  # the astronaut's face
PORTRAIT = PilImage.fromarray(astronaut())
MODES: tuple[PasteMode, ...] = ("motion", "difference", "replace")


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    return Editor(bundle)


def done(bundle: ModelBundle, mode: PasteMode) -> Composition:
    """Something to the eyes."""
    shape = (bundle.generator.config.num_ws, bundle.generator.config.w_dim)
    vector = EditVector(
        name="much",
        delta=0.15 * torch.randn(shape, generator=torch.Generator().manual_seed(1)),
        classes=("iris", "eye"),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=(-2.0, 2.0),
    )
    return Composition({vector: 1.0}, paste_mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_photo_with_a_profile_is_edited_in_its_own_space(editor: Editor, mode: PasteMode) -> None:
    blob = encoded(PORTRAIT, "PNG", icc_profile=P3)
    own, shown = (editor.open(it, box=BOX, embedding=Embedding(steps=2)) for it in (blob, as_shown(blob)))
    assert torch.equal(own.aligned, shown.aligned) and torch.equal(own.w_plus, shown.w_plus)
    assert torch.equal(own.pixels, from_pil(PORTRAIT))
    edited, wanted = (editor.apply(it, done(editor.bundle, mode)) for it in (own, shown))
    changed = (edited.pixels != own.pixels).any(3)[0]
    assert changed.any() and not changed[~edited.may_change].any()
    saved = edited.to_bytes("PNG")
    assert decoded(saved).info["icc_profile"] == P3
    assert np.array_equal(np.asarray(decoded(saved)), edited.pixels[0].numpy())
    if (
        mode == "difference"
    ):  # of renderings far from the photo, as a tiny bundle's are, it depends on the space
        return
    # In a viewer it looks as an edit of the converted photo does, but for what sRGB cannot hold
    far = (read_photo(saved).int() - wanted.pixels.int()).abs()[0][changed].float()
    assert far.mean() < 2.5 < (edited.pixels.int() - wanted.pixels.int()).abs()[0][changed].float().mean()


@pytest.mark.parametrize("mode", MODES)
def test_a_grey_photo_stays_grey(editor: Editor, mode: PasteMode) -> None:
    photo = editor.open(PORTRAIT.convert("L"), box=BOX, embedding=Embedding(steps=2))
    edited = editor.apply(photo, done(editor.bundle, mode))
    assert (edited.pixels != photo.pixels).any()
    assert torch.equal(edited.pixels[..., :1].expand_as(edited.pixels), edited.pixels)
    for format_ in ("PNG", "TIFF", "JPEG"):
        assert decoded(edited.to_bytes(format_)).mode == "L"
    assert photo.report.remarks == ["the photo is grey: so are edited copies"]


def test_a_cut_out_photo_stays_cut_out(editor: Editor) -> None:
    before = cut_out(PORTRAIT)
    photo = editor.open(
        encoded(before, "WEBP", lossless=True, exact=True), box=BOX, embedding=Embedding(steps=2)
    )
    edited = editor.apply(photo, done(editor.bundle, "difference"))
    after, change = np.asarray(decoded(edited.to_bytes("WEBP"))), edited.may_change.numpy()
    assert np.array_equal(after[..., 3], np.asarray(before)[..., 3])
    assert np.array_equal(after[~change], np.asarray(before)[~change])
    assert (after[change] != np.asarray(before)[change]).any()


def test_a_saved_edit_says_what_it_is_and_an_untouched_photo_does_not(editor: Editor, tmp_path) -> None:
    blob = encoded(PORTRAIT, "JPEG", exif=camera_notes(), quality=80)
    photo = editor.open(blob, box=BOX, embedding=Embedding(steps=2))
    edited = editor.apply(photo, done(editor.bundle, "motion"))
    edited.save(tmp_path / "x.jpg")
    assert (tmp_path / "x.jpg").read_bytes() == edited.to_bytes("JPEG")
    (said,) = notes_in(decoded((tmp_path / "x.jpg").read_bytes()).info["xmp"])
    assert said["bundle"] == editor.bundle.name and said["vectors"] == [{"name": "much", "strength": 1.0}]
    x, y, w, h = said["region"]
    outside = np.ones((512, 512), bool)
    outside[y : y + h, x : x + w] = False
    assert not edited.may_change.numpy()[outside].any() and edited.may_change.numpy()[y].any()
    assert "xmp" not in decoded(editor.apply(photo, {}).to_bytes("JPEG")).info
    assert decoded(editor.apply(photo, {}).to_bytes("JPEG")).getexif()[0x8298] == "(c) somebody"
    sample = editor.apply(editor.sample(3), done(editor.bundle, "motion")).to_bytes("JPEG")
    assert b"trainedAlgorithmicMedia" in decoded(sample).info["xmp"]


def as_shown(blob: bytes) -> PilImage.Image:
    """What a viewer shows, without a profile."""
    return PilImage.fromarray(read_photo(blob)[0].numpy())
