"""Folders as the data sets have them, made here in small: no file of theirs is at hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from safetensors.torch import load_file

from editgan.core.errors import EditGANError, InputError, LabelError
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema
from editgan.data.annotations import load_annotations, load_schema
from editgan.data.formats import celebamask_hq, class_lists, convert, datasetgan
from editgan.data.formats.convert import convert_annotations

SIDE = 40


def photo(path: Path, width: int = SIDE, height: int = SIDE, value: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.new("RGB", (width, height), (value, value, value)).save(path)


def mask(path: Path, rows: slice, side: int = SIDE) -> None:
    """A part's picture: white in these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((side, side), np.uint8)
    pixels[rows] = 255
    PilImage.fromarray(pixels).convert("RGB").save(path)


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    """Two photos, twice as large as their parts; 12's skin is partly covered by hair."""
    root = tmp_path / "CelebAMask-HQ"
    for index in (0, 12):
        photo(root / celebamask_hq.PHOTOS / f"{index}.jpg", 2 * SIDE, 2 * SIDE)
        mask(root / celebamask_hq.MASKS / "0" / f"{index:05}_skin.png", slice(0, 30))
    mask(root / celebamask_hq.MASKS / "0" / "00012_hair.png", slice(0, 10))
    mask(root / celebamask_hq.MASKS / "0" / "00012_l_brow.png", slice(8, 14))
    return root


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    """Three 4:3 cars with ids 0 to 2, 0 and 1 with latents."""
    folder = tmp_path / "cars"
    for i in range(3):
        photo(folder / f"image_{i}.jpg", 64, 48, value=200)
        ids = np.zeros((48, 64), np.uint8)
        ids[10:20], ids[20:30] = 1, 2
        np.save(folder / f"image_mask{i}.npy", ids)
    (folder / "embedded").mkdir()
    for i in range(2):
        np.save(folder / "embedded" / f"latents_image_{i}.npy", np.full((8, 16), i, np.float32))
    return folder


def test_later_parts_cover_earlier_ones_in_the_data_sets_order(celeba: Path, tmp_path: Path) -> None:
    converted = convert_annotations(celeba, tmp_path / "out")
    assert (converted.kind, converted.photos, converted.dropped) == ("celebamask-hq", 2, {})
    schema = load_schema(tmp_path / "out")
    _, second = load_annotations(tmp_path / "out", schema)
    assert second.pixels.shape == (1, SIDE, SIDE, 3) and (second.pixels.float() - 90).abs().max() <= 1
    names = [schema.names[i] for i in second.label_map[0, :, 0].tolist()]
    assert names == ["hair"] * 10 + ["left_brow"] * 4 + ["skin"] * 16 + ["background"] * 10


def test_celebamask_parts_have_the_ids_of_the_data_sets_own_converter() -> None:
    schema = class_lists.find_schema("celebamask-hq")
    assert len(schema) == len(celebamask_hq.PARTS) + 1
    assert (schema.names[4], schema.names[10], schema.names[13], schema.names[18]) == (
        *("left_eye", "mouth_interior", "hair", "clothing"),
    )
    assert schema.ids("eye") == [4, 5]


def test_the_folder_around_celebamask_hq_will_do_as_well(celeba: Path, tmp_path: Path) -> None:
    assert convert_annotations(celeba.parent, tmp_path / "out", limit=1).photos == 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: mask(f / "00012_nose.png", slice(3), side=20), "20x20"),
        (lambda f: mask(f / "00012_beard.png", slice(3)), "beard"),
        (lambda f: (f / "00012_nose.png").write_text("no picture"), "PNG of one part"),
        (lambda f: mask(f / "copy" / "00012_hair.png", slice(3)), "keep one"),
        (lambda f: photo(f.parent.parent / celebamask_hq.PHOTOS / "12.jpg", 90, 60), "another shape"),
    ],
)
def test_contradictions_in_celebamask_hq_are_one_sentence(
    spoil: object, reason: str, celeba: Path, tmp_path: Path
) -> None:
    assert callable(spoil)
    spoil(celeba / celebamask_hq.MASKS / "0")
    with pytest.raises(LabelError, match=reason) as raised:
        convert_annotations(celeba, tmp_path / "out")
    assert "\n" not in str(raised.value) and not (tmp_path / "out").exists()


def test_what_is_left_out_is_counted(celeba: Path, tmp_path: Path) -> None:
    photo(celeba / celebamask_hq.PHOTOS / "3.jpg")
    mask(celeba / celebamask_hq.MASKS / "0" / "00004_skin.png", slice(3))
    (celeba / celebamask_hq.PHOTOS / "0.jpg").write_bytes(b"torn")
    calls: list[tuple[int, int]] = []
    converted = convert_annotations(celeba, tmp_path / "out", on_progress=lambda *call: calls.append(call))
    assert converted.photos == 1 and calls == [(1, 2), (2, 2)]
    assert converted.dropped == {
        "photo without labels": 1,
        "labels without a photo": 1,
        "photo that cannot be read": 1,
    }


def test_wide_photos_get_the_bars_their_generator_draws(cars: Path, tmp_path: Path) -> None:
    converted = convert_annotations(cars, tmp_path / "out")
    assert (converted.kind, converted.photos, converted.with_latents) == ("datasetgan", 3, 2)
    assert converted.schema.names == ["background", "part_1", "part_2"]
    first = load_annotations(tmp_path / "out", load_schema(tmp_path / "out"))[0]
    assert first.pixels.shape == (1, 64, 64, 3)
    brightness = first.pixels.float().mean((0, 2, 3))
    assert brightness[:8].max() < 8 and brightness[-8:].max() < 8 and brightness[9:-9].min() > 192
    assert first.label_map[0, :, 5].tolist() == [0] * 18 + [1] * 10 + [2] * 10 + [0] * 26


def test_latents_come_along_with_their_photo(cars: Path, tmp_path: Path) -> None:
    convert_annotations(cars, tmp_path / "out")
    w_plus = [a.w_plus for a in load_annotations(tmp_path / "out", load_schema(tmp_path / "out"))]
    assert w_plus[1] is not None and torch.equal(w_plus[1], torch.ones(1, 8, 16)) and w_plus[2] is None
    assert load_file(tmp_path / "out" / "image_000.safetensors")["w_plus"].shape == (8, 16)


def test_one_file_of_all_latents_goes_by_their_numbers(cars: Path, tmp_path: Path) -> None:
    for path in (cars / "embedded").iterdir():
        path.unlink()
    np.save(cars / "latents.npy", np.stack([np.full((8, 16), i, np.float32) for i in range(3)]))
    convert_annotations(cars, tmp_path / "out")
    last = load_annotations(tmp_path / "out", load_schema(tmp_path / "out"))[2]
    assert last.w_plus is not None and torch.equal(last.w_plus, torch.full((1, 8, 16), 2.0))


def test_latents_of_stylegan1_are_left_out(cars: Path, tmp_path: Path) -> None:
    for path in (cars / "embedded").iterdir():
        path.unlink()
    np.save(cars / "latent_stylegan1.npy", np.zeros((3, 16), np.float32))
    converted = convert_annotations(cars, tmp_path / "out")
    assert converted.with_latents == 0 and converted.dropped == {"file of latents that are not W+": 1}


@pytest.mark.parametrize("first", [28, 29])  # whether the latents of the one taken out lie there or not
def test_latents_of_the_released_cars_step_over_the_one_taken_out(first: int, tmp_path: Path) -> None:
    for i in range(32):
        photo(tmp_path / "cars" / f"image_{i}.jpg")
        np.save(tmp_path / "cars" / f"image_mask{i}.npy", np.ones((1, SIDE, SIDE), np.int64))
    for i in (*range(28), *range(first, 33)):
        np.save(tmp_path / "cars" / f"latents_image_{i}.npy", np.full((1, 8, 16), i, np.float32))
    found = datasetgan.find_datasetgan(tmp_path / "cars").photos
    numbers = [int(f.w_plus().mean()) for f in found if f.w_plus is not None]
    assert numbers == [*range(28), *range(29, 33)]


def test_known_lists_of_classes_name_the_parts(cars: Path, tmp_path: Path) -> None:
    converted = convert_annotations(cars, tmp_path / "out", classes="car-32")
    assert len(converted.schema) == 32 and converted.schema.names[1] == "back_bumper"
    # The ids that EditGAN's own editing code has for these parts
    for group, ids in {"headlight": [4, 5], "license_plate": [13, 14], "handle": [10, 11]}.items():
        assert converted.schema.ids(group) == ids
    assert converted.schema.ids("wheel") == [21, 22, 24, 25, 26, 27] and converted.schema.ids("mirror") == [
        16
    ]
    converted.schema.save(tmp_path / "mine.json")
    again = convert_annotations(cars, tmp_path / "again", classes=tmp_path / "mine.json")
    assert again.schema == converted.schema


def test_every_list_is_a_schema_of_as_many_classes_as_it_says() -> None:
    for name in class_lists.CLASS_LISTS:
        schema = class_lists.find_schema(name)
        assert name == "celebamask-hq" or len(schema) == int(name.split("-")[1])
        assert len({c.color for c in schema.classes}) == len(schema)


def test_numbered_parts_have_colours_of_their_own() -> None:
    assert len({c.color for c in class_lists.numbered_schema(255).classes}) == 255
    with pytest.raises(LabelError, match="at most 255"):
        class_lists.numbered_schema(256)


def test_whole_numbers_in_floating_point_are_ids(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.eye(5)[:, :, None])
    assert torch.equal(datasetgan.read_mask(tmp_path / "m.npy"), torch.eye(5, dtype=torch.int64)[None])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full((48, 64), 0.5), "whole numbers"),
        (np.full((48, 64), np.nan), "whole numbers"),
        (np.full((48, 64), 1e300), "0 to 254"),
        (np.full((48, 64), np.inf), "0 to 254"),
        (np.zeros((0, 64), np.uint8), "picture of class ids"),
        (np.full((48, 64), 256), "0 to 254"),
        (np.full((48, 64), -1), "0 to 254"),
        (np.zeros((2, 48, 64), np.uint8), "picture of class ids"),
        (np.zeros((1, 5000), np.uint8), "picture of class ids"),
        (np.zeros((2, 5000), np.uint8), "picture of class ids"),
        (np.zeros((48, 48), np.uint8), "another shape"),
        (np.full((48, 64), 7), "ends at 2"),
    ],
)
def test_masks_that_are_none_are_one_sentence(
    values: np.ndarray, reason: str, cars: Path, schema: LabelSchema, tmp_path: Path
) -> None:
    class_lists.numbered_schema(3).save(tmp_path / "three.json")
    np.save(cars / "image_mask1.npy", values)
    with pytest.raises(LabelError, match=reason) as raised:
        convert_annotations(cars, tmp_path / "out", classes=tmp_path / "three.json")
    assert "\n" not in str(raised.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("image_mask0.npy", np.array([[None]]), "Python objects"),
        ("embedded/latents_image_0.npy", np.array([[None]]), "Python objects"),
        ("embedded/latents_image_0.npy", np.zeros((8, 16), np.int64), "int64"),
        ("embedded/latents_image_0.npy", np.zeros(16, np.float32), "num_ws"),
        ("embedded/latents_image_0.npy", np.full((8, 16), np.inf), "finite"),
        ("embedded/latents_image_0.npy", np.zeros((2, 8, 16), np.float32), "one photo's"),
        ("copy/image_mask0.npy", np.zeros((48, 64), np.uint8), "same number"),
    ],
)
def test_arrays_that_are_none_are_one_sentence(
    name: str, values: np.ndarray, reason: str, cars: Path, tmp_path: Path
) -> None:
    (cars / "copy").mkdir()
    np.save(cars / name, values, allow_pickle=True)
    with pytest.raises(InputError, match=reason):
        convert_annotations(cars, tmp_path / "out")


def test_a_folder_without_annotations_is_said_to_be_one(cars: Path, tmp_path: Path) -> None:
    for path in cars.glob("*.jpg"):
        path.unlink()
    with pytest.raises(LabelError, match="left out: 3 labels without a photo, 2 latents"):
        convert_annotations(cars, tmp_path / "out")
    with pytest.raises(LabelError, match=r"classes\.json"):
        convert_annotations(tmp_path / "cars" / "embedded", tmp_path / "out")
    with pytest.raises(LabelError, match="no photo with labels"):
        convert_annotations(cars / "embedded", tmp_path / "out", kind="datasetgan")
    with pytest.raises(LabelError, match="not a folder"):
        convert_annotations(tmp_path / "nowhere", tmp_path / "out")


@pytest.mark.parametrize(
    ("kind", "classes", "reason"),
    [
        (None, "car-33", "car-32"),
        ("folder", "car-32", "no photo with"),
        ("celebamask-hq", None, "should"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    kind: convert.Kind | None, classes: str | None, reason: str, cars: Path, tmp_path: Path
) -> None:
    with pytest.raises(LabelError, match=reason):
        convert_annotations(cars, tmp_path / "out", kind=kind, classes=classes)


def test_a_folder_in_use_is_left_alone(cars: Path) -> None:
    before = sorted(cars.iterdir())
    with pytest.raises(InputError, match="already there"):
        convert_annotations(cars, cars)
    assert sorted(cars.iterdir()) == before


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_our_own_layout_comes_through_unchanged(suffix: str, schema: LabelSchema, tmp_path: Path) -> None:
    own, labels = tmp_path / "own", torch.randint(0, 5, (SIDE, SIDE))
    photo(own / f"anna{suffix}")
    photo(own / "unlabelled.jpg")
    save_label_map(labels, schema, own / "anna.png")
    schema.save(own / "classes.json")
    converted = convert_annotations(own, tmp_path / "out")
    assert converted.kind == "folder" and converted.dropped == {"photo without labels": 1}
    assert (tmp_path / "out" / f"anna{suffix}").read_bytes() == (own / f"anna{suffix}").read_bytes()
    (anna,) = load_annotations(tmp_path / "out", load_schema(tmp_path / "out"))
    assert torch.equal(anna.label_map[0], labels) and converted.schema == schema
    again = convert_annotations(tmp_path / "out", tmp_path / "again")
    assert (again.photos, again.dropped) == (1, {})


def test_labelme_photos_keep_every_pixel_although_the_labels_take_their_name(
    schema: LabelSchema, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    PilImage.fromarray(pixels).save(own / "a.png")
    shape = '{"label": "iris", "shape_type": "rectangle", "points": [[5, 5], [20, 20]]}'
    (own / "a.json").write_text(f'{{"imageHeight": {SIDE}, "imageWidth": {SIDE}, "shapes": [{shape}]}}')
    schema.save(own / "classes.json")
    convert_annotations(own, tmp_path / "out")
    (a,) = load_annotations(tmp_path / "out", schema)
    assert np.array_equal(a.pixels[0].numpy(), pixels) and a.label_map.unique().tolist() == [0, 4]


def test_the_sheet_shows_photos_labels_and_names(cars: Path, tmp_path: Path) -> None:
    convert_annotations(cars, tmp_path / "out", classes="car-32")
    with PilImage.open(tmp_path / "out" / "sheet.png") as sheet:
        colors = {color for _, color in sheet.convert("RGB").getcolors(1 << 24) or []}
        assert sheet.width > 4 * 240 and sheet.height >= 32 * convert.KEY_LINE_PX
    assert {c.color for c in class_lists.find_schema("car-32").classes} <= colors
    photo(cars / "sheet.jpg")  # no annotation of this format
    with pytest.raises(EditGANError, match="sheet"):
        save_label_map(
            torch.zeros(SIDE, SIDE, dtype=torch.int64), class_lists.find_schema("car-32"), cars / "sheet.png"
        )
        class_lists.find_schema("car-32").save(cars / "classes.json")
        convert_annotations(cars, tmp_path / "more", kind="folder")
