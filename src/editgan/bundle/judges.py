"""Which network measures perceptual distance, by name."""

from typing import Literal

from editgan.bundle.bundle import BundleDraft
from editgan.perception.judge import Judge
from editgan.perception.lpips import LpipsJudge
from editgan.perception.pretrained_judge import pretrained_judge

JudgeName = Literal["default", "features", "lite1", "lpips-vgg", "lpips-alex"]


def named_judge(bundle: BundleDraft, name: JudgeName) -> Judge:
    """The bundle's for likeness, its discriminator's features, EfficientNet-Lite1's, or LPIPS.

    Raises:
        UnavailableError: its weights are not here.
    """
    if name == "default":
        return bundle.likeness()
    if name == "features":
        return bundle.judge()
    if name == "lite1":
        return pretrained_judge(str(bundle.device))
    return LpipsJudge("vgg" if name == "lpips-vgg" else "alex", bundle.device)
