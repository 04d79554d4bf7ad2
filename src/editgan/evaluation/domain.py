"""How far unseen photos of the bundle's own class are from what its generator can draw."""

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.facts import Reference
from editgan.core.types import Image, WPlus
from editgan.evaluation.embedding import embed_all
from editgan.inversion.domain import measure_distances, reference
from editgan.inversion.embed import Embedding


def measure_domain(
    bundle: BundleDraft, photos: Image, *, steps: int = Embedding().steps, found: WPlus | None = None
) -> Reference:
    """The bundle's `facts.domain`, from aligned photos that no training saw: 100 are enough.

    They hold until the generator, the discriminator or the encoder is trained again. `found` are the photos'
    embeddings after so many steps, where they are known.
    """
    w_plus = found
    if w_plus is None:
        w_plus = embed_all(bundle, photos, Embedding(steps=steps))
    distances = [
        measure_distances(bundle, photo, w) for photo, w in zip(photos.split(1), w_plus.split(1), strict=True)
    ]
    return reference(distances, subject=bundle.subject, judge_name=bundle.likeness().name, steps=steps)
