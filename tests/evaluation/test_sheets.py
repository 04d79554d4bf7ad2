import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.rng import sample_z
from editgan.editor import Editor
from editgan.evaluation.sheets import edits_sheet, embedded_sheet, samples_sheet


def test_samples_are_shown_eight_to_a_row_without_gaps(bundle: ModelBundle) -> None:
    side = bundle.resolution
    assert samples_sheet(bundle, 24).size == (8 * side, 3 * side)


def test_data_sets_photos_are_shown_only_when_asked_for(bundle: ModelBundle) -> None:
    z = sample_z(range(2), bundle.generator.config.z_dim)
    with torch.no_grad():
        w_plus = bundle.generator.broadcast(bundle.generator.mapping(z))
    red = torch.full((2, 3, 32, 32), -1.0)
    red[:, 0] = 1
    hidden, shown = (embedded_sheet(bundle, red, w_plus, show_photos=show) for show in (False, True))
    count = [dict(map(reversed, sheet.getcolors(1 << 20))).get((255, 0, 0), 0) for sheet in (hidden, shown)]
    assert count[1] >= count[0] + 2 * 120**2


def test_each_picture_is_edited_by_its_own_vector(bundle: ModelBundle) -> None:
    editor = Editor(bundle)
    pictures = [editor.sample(seed) for seed in (40, 41)]
    vector = editor.learn([editor.sample(seed) for seed in range(3)], [("grow", "eye:1")], name="larger")
    one, two = (edits_sheet(editor, [vector] * n, pictures[:n]) for n in (1, 2))
    assert two.width > one.width and two.height == one.height
