import importlib.util

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import UnavailableError
from editgan.editing.walk import Editing
from editgan.evaluation import judges
from editgan.evaluation.judges import as_report, measure_judges
from editgan.perception.dlib_identity import DlibIdentity


def test_each_judge_is_measured_by_all_and_by_one_that_nothing_is_optimised_against(
    bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "_identity", lambda: None)  # whether or not dlib is installed here
    monkeypatch.setattr(judges, "Editing", lambda: Editing(steps=2))
    with torch.no_grad():
        photos = bundle.generator(torch.randn(3, bundle.generator.config.z_dim)).clamp(-1, 1)
    rows = list(measure_judges(bundle, photos, ["features", "lite1"], steps=2, edits=2))
    assert [row.judge for row in rows] == ["discriminator features", "EfficientNet-Lite1 features"]
    known = {"discriminator features", "EfficientNet-Lite1 features", "EfficientNet-Lite0 features"}
    for row in rows:
        assert set(row.distances) == set(row.edit_outside) == known
        assert row.identity is None and row.psnr_db > 0 and row.seconds_per_photo > 0
        assert row.edits >= 2 and 0 <= row.edit_iou <= 1
    own = rows[1].distances["EfficientNet-Lite1 features"]
    assert own <= rows[0].distances["EfficientNet-Lite1 features"] * 1.05  # what it walks down
    assert as_report(bundle, 3, 2, rows)["rows"][0]["edits"] == rows[0].edits


def test_without_dlib_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"needs dlib, .* pip install 'editgan\[judges\]'"):
        DlibIdentity()
