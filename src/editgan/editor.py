"""The whole idea in one file: open a photo once, edit it many times.

photo -> latent -> image and parts -> repainted parts -> edit vector -> edited photo
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle, Rendering
from editgan.core.descent import Step, Watch, best
from editgan.core.devices import pick_device
from editgan.core.errors import LabelError
from editgan.core.images import psnr_db, save_picture, to_pil, to_pixels
from editgan.core.labels import LabelSchema
from editgan.core.rng import sample_z
from editgan.core.types import Image, LabelMap, Photo, Pixels, Region, WPlus
from editgan.data.align import Framing, crop, paste
from editgan.data.opening import read_photo
from editgan.editing.objective import Identity
from editgan.editing.optimise import Editing, learn_edit
from editgan.editing.region import edit_region, edited_classes, margin_px, parts_region, region_iou
from editgan.editing.vectors import EditVector
from editgan.inversion.embed import Embedding, embed
from editgan.inversion.framing import find_framing
from editgan.perception.judge import Judge
from editgan.perception.lpips import LpipsJudge

PasteMode = Literal["difference", "replace"]
JudgeName = Literal["features", "lpips-vgg", "lpips-alex"]


@dataclass(frozen=True, slots=True)
class OpenPhoto:
    """A photo the editor has found, aligned and embedded."""

    pixels: Photo  # the original
    framing: Framing  # where in it the aligned crop lies
    aligned: Image  # the crop at the bundle's resolution, -1..1
    w_plus: WPlus
    image: Image  # the reconstruction: what the generator makes of w_plus
    label_map: LabelMap  # its parts, [1, r, r]
    schema: LabelSchema
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """An edited photo, at the original's size."""

    pixels: Pixels
    may_change: torch.Tensor  # [h, w] bool: every other pixel has the original's bytes

    def save(self, path: Path | str) -> None:
        """The format follows the suffix; PNG and WebP-lossless keep the untouched pixels exact."""
        save_picture(to_pil(self.pixels), Path(path))


@dataclass(frozen=True, slots=True)
class Edit:
    """What repainting did."""

    image: Image  # the edited rendering, aligned
    label_map: LabelMap  # its parts
    target: LabelMap
    region: Region
    w_plus: WPlus
    vector: EditVector
    result: Result  # pasted back into the original photo
    report: dict[str, Any]


class Editor:
    """Edits photos with one bundle. Hold on to it: loading the networks takes longer than most edits."""

    def __init__(
        self, bundle: ModelBundle, judge: Judge | None = None, identity: Identity | None = None
    ) -> None:
        self.bundle = bundle.need("branch", "schema", "discriminator")
        self.judge = judge or bundle.judge()
        self.identity = identity

    @classmethod
    def from_pretrained(
        cls, where: str | Path, device: str | None = None, judge: JudgeName = "features"
    ) -> "Editor":
        """With a built-in bundle by name, a folder, or owner/name on the Hugging Face Hub.

        Raises:
            BundleError: no usable bundle there.
            UnavailableError: LPIPS was asked for, but its weights are not here.
        """
        bundle = ModelBundle.from_pretrained(where, pick_device(device))
        if judge == "features":
            return cls(bundle)
        return cls(bundle, LpipsJudge("vgg" if judge == "lpips-vgg" else "alex", bundle.device))

    @property
    def schema(self) -> LabelSchema:
        """The parts this editor knows."""
        assert self.bundle.schema is not None
        return self.bundle.schema

    def open(
        self,
        source: Path | str | bytes | PilImage.Image,
        *,
        box: tuple[int, int, int, int] | None = None,
        embedding: Embedding | None = None,
        watch: Watch | None = None,
    ) -> OpenPhoto:
        """Align and embed a photo.

        Args:
            source: a path, a file's bytes, or a Pillow picture.
            box: x, y, w, h in photo px, taken as the aligned frame instead of looking for one.
            embedding: steps and weights; 100 steps by default.
            watch: called at every step.

        Raises:
            PhotoError: the picture cannot be used, or nothing was found in it.
        """
        pixels = read_photo(Path(source) if isinstance(source, str) else source)
        framing = find_framing(pixels, self.bundle.subject, self.bundle.aligner, box)
        aligned = crop(pixels, framing, self.bundle.resolution).to(self.bundle.device)
        walk = embed(self.bundle, aligned, embedding, self.judge)
        closest = best(walk, watch)
        return self._opened(pixels, framing, aligned, closest.value, {"embedding_steps": closest.index})

    def sample(self, seed: int, *, truncation_psi: float = 0.7) -> OpenPhoto:
        """A picture the generator invents, as if it had been opened."""
        generator = self.bundle.generator
        with torch.no_grad():
            z = sample_z([seed], generator.config.z_dim, self.bundle.device)
            w_plus = generator.broadcast(generator.mapping(z, truncation_psi)).clone()
            image = generator.synthesis(w_plus).image.clamp(-1, 1)
        side = self.bundle.resolution
        framing = Framing(centre_x=side / 2, centre_y=side / 2, side=float(side))
        return self._opened(to_pixels(image), framing, image, w_plus, {"seed": seed})

    @torch.no_grad()
    def _opened(
        self, pixels: Photo, framing: Framing, aligned: Image, w_plus: WPlus, report: dict[str, Any]
    ) -> OpenPhoto:
        rendering = self.bundle.render(w_plus)
        report = report | {"reconstruction_psnr_db": psnr_db(rendering.image, aligned)}
        return OpenPhoto(
            pixels, framing, aligned, w_plus, rendering.image, rendering.label_map, self.schema, report
        )

    def edit(
        self,
        photo: OpenPhoto,
        target: LabelMap,
        *,
        name: str = "edit",
        classes: Iterable[str] | None = None,
        settings: Editing | None = None,
        paste_mode: PasteMode = "difference",
        watch: Watch | None = None,
    ) -> Edit:
        """Repaint: make the photo's parts those of `target`.

        Args:
            photo: from `open` or `sample`.
            target: [1, r, r] class ids at the bundle's resolution.
            name: what to call the edit vector.
            classes: the parts the edit is about; found from the difference by default.
            settings: steps, learning rate, weights; 100 steps by default.
            paste_mode: "difference" adds what changed to the photo, which keeps its own fine detail;
                "replace" puts the edited rendering in.
            watch: called at every step.

        Raises:
            LabelError: a target of another size, with ids outside the schema, or equal to the present parts.
        """
        self.check_target(photo, target)
        target = target.to(self.bundle.device)
        ids = self.schema.ids(*classes) if classes is not None else edited_classes(photo.label_map, target)
        region = edit_region(photo.label_map, target, ids, margin=margin_px(self.bundle.resolution))
        walk = learn_edit(
            self.bundle, photo.w_plus, photo.image, target, region, settings, self.judge, self.identity
        )
        reached = best(walk, watch)
        names = tuple(self.schema.names[i] for i in ids)
        vector = EditVector(name, (reached.value - photo.w_plus)[0].cpu(), names, self.bundle.name)
        return self._edited(photo, target, ids, region, vector, reached, paste_mode)

    def check_target(self, photo: OpenPhoto, target: LabelMap) -> None:
        """Raises LabelError for a target that cannot be asked for."""
        if target.shape != photo.label_map.shape:
            side = self.bundle.resolution
            got = "x".join(map(str, target.shape[1:]))
            raise LabelError(f"the target must be {side}x{side} like the photo's label map, got {got}")
        self.schema.check(target)
        if torch.equal(target.to(photo.label_map), photo.label_map):
            raise LabelError("the target equals the present parts; repaint something first")

    @torch.no_grad()
    def _edited(
        self,
        photo: OpenPhoto,
        target: LabelMap,
        ids: list[int],
        region: Region,
        vector: EditVector,
        reached: Step,
        paste_mode: PasteMode,
    ) -> Edit:
        w_plus = vector.apply(photo.w_plus)
        after = self.bundle.render(w_plus)
        result = self._pasted(photo, after, region, paste_mode)
        report = {
            "classes": list(vector.classes),
            "steps": reached.index,
            "region_share": region.float().mean().item(),
            "target_iou_before": region_iou(photo.label_map, target, ids, region),
            "target_iou_after": region_iou(after.label_map, target, ids, region),
            "outside_psnr_db": psnr_db(after.image, photo.image, ~region),
            "pasted_outside_max_abs_diff": _outside_difference(photo.pixels, result),
            "paste_mode": paste_mode,
            "judge": self.judge.name,
            "terms": reached.terms,
        }
        return Edit(after.image, after.label_map, target, region, w_plus, vector, result, report)

    @torch.no_grad()
    def apply(
        self, photo: OpenPhoto, strengths: Mapping[EditVector, float], *, paste_mode: PasteMode = "difference"
    ) -> Result:
        """Add known vectors, each at its strength, in one generator pass. Their order does not matter.

        The photo may change where one of the vectors' parts is, before or after.

        Raises:
            InputError: a vector learnt with a bundle of another shape.
        """
        w_plus = photo.w_plus
        for vector, strength in strengths.items():
            w_plus = vector.apply(w_plus, strength)
        after = self.bundle.render(w_plus)
        ids = self.schema.ids(*{name for vector in strengths for name in vector.classes})
        region = parts_region(photo.label_map, after.label_map, ids, margin=margin_px(self.bundle.resolution))
        return self._pasted(photo, after, region, paste_mode)

    def _pasted(self, photo: OpenPhoto, after: Rendering, region: Region, mode: PasteMode) -> Result:
        pasted, may_change = paste(
            photo.pixels,
            photo.framing,
            photo.image,
            after.image,
            region,
            mode=mode,
            feather_px=margin_px(self.bundle.resolution),
            changed=(photo.label_map != after.label_map).unsqueeze(1),
        )
        return Result(pasted, may_change)


def _outside_difference(original: Pixels, result: Result) -> int:
    """Largest difference of bytes where nothing may change; measured on the pictures, not assumed."""
    outside = ~result.may_change
    difference = (original[0].int() - result.pixels[0].int()).abs()[outside]
    return int(difference.max()) if difference.numel() else 0
