"""Which network measures perceptual distance, by name."""

from typing import Literal

from editgan.bundle.bundle import ModelBundle
from editgan.perception.judge import Judge
from editgan.perception.lpips import LpipsJudge
from editgan.perception.pretrained_judge import PretrainedJudge

JudgeName = Literal["features", "lite1", "lpips-vgg", "lpips-alex"]
JUDGES: tuple[JudgeName, ...] = ("features", "lite1", "lpips-vgg", "lpips-alex")


def named_judge(bundle: ModelBundle, name: JudgeName) -> Judge:
    """The bundle's discriminator features, EfficientNet-Lite1's, or LPIPS on VGG or AlexNet.

    Raises:
        UnavailableError: its weights are not here.
    """
    if name == "features":
        return bundle.judge()
    if name == "lite1":
        return PretrainedJudge(bundle.device)
    return LpipsJudge("vgg" if name == "lpips-vgg" else "alex", bundle.device)
