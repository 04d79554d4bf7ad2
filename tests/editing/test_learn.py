import copy
import math
from dataclasses import replace

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import Step
from editgan.core.errors import InputError, LabelError
from editgan.editing.calibrate import LARGEST, NEARLY, UNITS, unit_strength, useful_strengths
from editgan.editing.composition import compose
from editgan.editing.label_change import label_change
from editgan.editing.learn import repainted
from editgan.editing.walk import Editing
from editgan.editor import Editor

pytestmark = pytest.mark.slow

GROW = [("grow", "eye:1")]


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    return Editor(bundle)


def test_a_vector_learnt_on_several_pictures_does_it_to_others(editor: Editor) -> None:
    vector = editor.learn([editor.sample(seed) for seed in range(9)], GROW, name="larger")
    assert "iris" in vector.classes and vector.fingerprint == editor.bundle.fingerprint
    assert vector.learnt["operations"] == [["grow", "eye:1"]]
    others, targets = repainted([editor.sample(seed) for seed in range(20, 26)], GROW)
    changes = []
    for photo, target in zip(others, targets.split(1), strict=True):
        after = editor.bundle.render(compose(photo.w_plus, {vector: 1.0})).label_map
        changes.append(label_change(photo.label_map, target, after).item())
    assert sum(changes) / len(changes) > 0.4


def test_a_vector_of_several_pictures_is_the_mean_of_theirs_at_its_unit_strength(editor: Editor) -> None:
    pictures, few = [editor.sample(seed) for seed in (1, 2)], Editing(steps=50)
    alone = [editor.learn([picture], GROW, name="a", settings=few).delta for picture in pictures]
    both = editor.learn(pictures, GROW, name="a", settings=few).delta
    mean = torch.stack(alone).mean(0)
    assert torch.cosine_similarity(both.flatten(), mean.flatten(), dim=0) > 0.7
    assert min(UNITS) * 0.8 < both.norm() / mean.norm() < max(UNITS) * 1.2


def test_the_place_is_where_the_parts_are(editor: Editor) -> None:
    picture = editor.sample(1)
    place = editor.learn([picture], GROW, name="a", settings=Editing(steps=1)).place
    rows, columns = (picture.label_map[0] == 4).nonzero().unbind(1)
    assert place is not None
    assert place.left <= columns.min() / 32 and place.right >= (columns.max() + 1) / 32
    assert place.top <= rows.min() / 32 and place.bottom >= (rows.max() + 1) / 32
    assert 0 < place.share <= 1


def test_watching_counts_on_over_all_walks(editor: Editor) -> None:
    seen: list[int] = []

    def watch(step: Step) -> None:
        seen.append(step.index)

    pictures = [editor.sample(seed) for seed in range(3)]  # a walk each
    editor.learn(pictures, GROW, name="a", settings=Editing(steps=2), watch=watch)
    assert seen == [0, 1, 2, 2, 3, 4, 4, 5, 6]


def test_pictures_without_the_part_are_left_out_and_none_at_all_is_refused(editor: Editor) -> None:
    pictures = [editor.sample(seed) for seed in (1, 2)]
    pictures[1].label_map[pictures[1].label_map == 4] = 0
    fitting, targets = repainted(pictures, GROW)
    assert fitting == pictures[:1] and targets.shape == (1, 32, 32)
    with pytest.raises(LabelError, match=r"in none of the 1 pictures .* there is no eye"):
        repainted(pictures[1:], GROW)
    with pytest.raises(LabelError, match="nothing changes"):
        repainted(pictures[:1], [("grow", "eye:0")])


def test_label_change_is_the_share_of_the_asked_pixels_that_became_what_was_asked() -> None:
    before = torch.zeros(3, 4, 4, dtype=torch.int64)
    target, after = before.clone(), before.clone()
    target[:2, 0] = 1  # four pixels are asked for in the first two, none in the third
    after[0, 0, :3] = 1
    after[0, 0, 3] = 2  # changed, but into something else
    after[1, 1] = 1  # elsewhere
    assert label_change(before, target, after).tolist() == [0.75, 0.0, 0.0]


def test_the_unit_is_the_smallest_strength_that_does_nearly_the_most(bundle: ModelBundle) -> None:
    editor = Editor(bundle)
    (photo,), target = repainted([editor.sample(1)], GROW)
    vector = editor.learn([photo], GROW, name="a", settings=Editing(steps=60))

    def change(strength: float) -> float:
        after = bundle.render(compose(photo.w_plus, {vector: strength})).label_map
        return label_change(photo.label_map, target, after).item()

    unit = unit_strength(bundle, photo.w_plus, photo.label_map, target, vector.delta[None])
    changes = {tried: change(tried) for tried in UNITS}
    assert change(unit) >= NEARLY * max(changes.values()) > 0
    assert all(changes[tried] < NEARLY * max(changes.values()) for tried in UNITS if tried < unit)


def test_the_useful_range_ends_where_the_rest_of_the_picture_changes_too_much(bundle: ModelBundle) -> None:
    photo = Editor(bundle).sample(1)
    delta = torch.randn(photo.w_plus.shape, generator=torch.Generator().manual_seed(0))
    ranges = [
        useful_strengths(bundle, photo.w_plus, photo.image, photo.label_map, size * delta, [4])
        for size in (0.0, 0.05, 10.0)
    ]
    assert ranges[0] == (-LARGEST, LARGEST) and ranges[2] == (0.0, 0.0)
    low, high = ranges[1]
    assert -LARGEST <= low <= 0 <= high <= LARGEST and math.isfinite(low)


def test_a_photo_with_a_generator_of_its_own_teaches_alone(editor: Editor) -> None:
    other = copy.deepcopy(editor.bundle.generator)
    other.synthesis.blocks[0].conv.bias.add_(0.01)
    tuned = replace(editor.sample(1), generator=other)
    with pytest.raises(InputError, match="learn from it alone"):
        editor.learn([tuned, editor.sample(2)], GROW, name="a")
    learnt = Editor(replace(editor.bundle)).learn([tuned], GROW, name="a", settings=Editing(steps=1))
    learnt.check_fit(editor.bundle)  # it is a vector of the bundle, not of the tuned copy
