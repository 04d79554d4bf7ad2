"""Class names of other people's label maps, by the name of their list; colours that can be told apart.

What is known about the lists, and from where:

- `car-32`: a comment in EditGAN's mask editing code, the one place that names them. Checked against the ids
  that code edits (headlights 4, 5; handles 10, 11; number plates 13, 14; wheels 21 to 27) and against the 32
  coloured masks shipped with it: wheels and lights of the front lie nearer to the front bumper than to the
  back one, those of the back the other way round, in every mask that has both; hubs and spokes lie in their
  wheels; right and left are the car's own.
- `car-20`, `car-12`, `face-34`: lists in DatasetGAN's code, and the same again in EditGAN's.
- `cat-16`: not in the release, which has 16 colours only. The names and their order are those that two later
  projects on DatasetGAN's cats give independently (sem2nerf and ddpm-segmentation, the latter without
  `limbus`); nobody has checked them against the annotations.
- `celebamask-hq`: the second list of the data set's own converter (g_mask.py), which its authors also state
  in issue 9 of their repository.
- `voc-21`: Pascal VOC's development kit, with its colours.

DatasetGAN's birds and bedrooms have no list in the release: their parts are numbered.
"""

import colorsys
from collections.abc import Mapping, Sequence
from pathlib import Path

from editgan.core.errors import LabelError
from editgan.core.labels import LabelClass, LabelSchema
from editgan.data.formats.class_files import load_classes, voc_color

GOLDEN_RATIO = 0.618033988749895
# Periods in which the hues do not nearly come again; of those tried, the colours lie farthest apart
SATURATIONS, VALUES = (0.65, 1.0), (0.65, 0.8, 0.9, 1.0, 0.5)

_CAR_32 = """background back_bumper bumper car_body car_light_right car_light_left door_back fender door_front
grilles back_handle front_handle hood license_plate_front license_plate_back logo mirror roof running_boards
taillight_right taillight_left back_wheel front_wheel trunk wheelhub_back wheelhub_front spoke_back
spoke_front door_window_back back_windshield door_window_front windshield"""
_CAR_20 = """background back_bumper bumper car_body car_lights door fender grilles handles hood license_plate
mirror roof running_boards taillight tire trunk wheelhub window windshield"""
_CAR_12 = """background car_body headlight taillight license_plate windshield wheel door handle wheelhub
window mirror"""
_FACE_34 = """background head cheek chin ear helix ear_lobule lower_eyelid eyelashes iris pupil sclera
tear_duct upper_eyelid eyebrow forehead frown hair sideburns jaw moustache lower_lip lip_corner upper_lip
teeth neck nose ala_of_nose nose_bridge nose_tip nostril philtrum temple wrinkles"""
_CAT_16 = """background limbus back belly chest leg paw head ear eye mouth tongue nose tail whiskers neck"""
_CELEBAMASK = """background skin nose eyeglasses left_eye right_eye left_brow right_brow left_ear right_ear
mouth_interior upper_lip lower_lip hair hat earring necklace neck clothing"""
_VOC_21 = """background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse
motorbike person pottedplant sheep sofa train tvmonitor"""

_GROUPS: dict[str, dict[str, str]] = {
    "car-32": {
        "wheel": "back_wheel front_wheel wheelhub_back wheelhub_front spoke_back spoke_front",
        "headlight": "car_light_right car_light_left",
        "taillight": "taillight_right taillight_left",
        "license_plate": "license_plate_front license_plate_back",
        "handle": "back_handle front_handle",
        "door": "door_back door_front",
        "window": "door_window_back door_window_front back_windshield windshield",
    },
    "face-34": {
        "eye": "lower_eyelid eyelashes iris pupil sclera tear_duct upper_eyelid",
        "mouth": "lower_lip lip_corner upper_lip teeth",
    },
    "celebamask-hq": {
        "eye": "left_eye right_eye",
        "brow": "left_brow right_brow",
        "ear": "left_ear right_ear",
        "mouth": "upper_lip mouth_interior lower_lip",
    },
}
CLASS_LISTS: Mapping[str, tuple[str, ...]] = {
    "car-32": tuple(_CAR_32.split()),
    "car-20": tuple(_CAR_20.split()),
    "car-12": tuple(_CAR_12.split()),
    "face-34": tuple(_FACE_34.split()),
    "cat-16": tuple(_CAT_16.split()),
    "celebamask-hq": tuple(_CELEBAMASK.split()),
    "voc-21": tuple(_VOC_21.split()),
}


def find_schema(classes: str | Path) -> LabelSchema:
    """A known list by name, or a file of classes: ours or other programs'.

    Raises:
        LabelError: neither a known list nor a file, or no usable one.
    """
    name = str(classes)
    if name in CLASS_LISTS:
        groups = {group: tuple(members.split()) for group, members in _GROUPS.get(name, {}).items()}
        colors = [voc_color(i) for i in range(21)] if name == "voc-21" else None
        return named_schema(CLASS_LISTS[name], groups, colors)
    if Path(classes).is_file():
        return load_classes(Path(classes))
    raise LabelError(
        f"there is no list of classes called {name!r}; known are {', '.join(CLASS_LISTS)}, or give the path "
        "of a classes.json"
    )


def numbered_schema(count: int) -> LabelSchema:
    """background, part_1, part_2, ...: for labels of which nobody knows the names."""
    return named_schema(["background", *(f"part_{i}" for i in range(1, count))])


def named_schema(
    names: Sequence[str],
    groups: Mapping[str, tuple[str, ...]] | None = None,
    colors: Sequence[tuple[int, int, int]] | None = None,
) -> LabelSchema:
    """These classes, in these colours or in their own; the first is black. LabelError for too many."""
    colors = [_color(i) for i in range(len(names))] if colors is None else colors
    pairs = zip(names, colors, strict=True)
    classes = tuple(LabelClass(i, name, color) for i, (name, color) in enumerate(pairs))
    return LabelSchema(classes, dict(groups or {}))


def _color(index: int) -> tuple[int, int, int]:
    """Hues a golden section apart, so that neighbours differ much; those that nearly come again are paler or
    darker then."""
    if index == 0:
        return 0, 0, 0
    saturation = SATURATIONS[index % len(SATURATIONS)]
    value = VALUES[index % len(VALUES)]
    hue = index * GOLDEN_RATIO % 1
    red, green, blue = (round(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, value))
    return red, green, blue
