"""The whole idea in one file: open a photo once, edit it many times.

photo -> latent -> image and parts -> repainted parts -> edit vector -> edited photo
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle, Rendering
from editgan.bundle.judges import JudgeName, named_judge
from editgan.bundle.opened import OpenPhoto
from editgan.core.descent import Step, Watch, best
from editgan.core.devices import pick_device
from editgan.core.errors import InputError, LabelError
from editgan.core.images import to_pil
from editgan.core.labels import LabelSchema
from editgan.core.types import Image, LabelMap, Photo, Region, WPlus
from editgan.data.detect import Box
from editgan.data.opening import read_photo
from editgan.editing.compose import compose, warnings_about
from editgan.editing.edit_recipe import EditRecipe, check_shapes
from editgan.editing.learn import learn_vector, repainted
from editgan.editing.objective import Identity
from editgan.editing.optimise import Editing
from editgan.editing.pictures import Edit, PasteMode, Result, make_result
from editgan.editing.refine import Refinement, refine
from editgan.editing.region import edit_region, margin_px, parts_region, region_iou
from editgan.editing.vectors import EditVector
from editgan.inversion.cache import EmbeddingCache
from editgan.inversion.embed import Embedding
from editgan.inversion.opening import Fidelity, open_photo, opening_key, sample_photo
from editgan.perception.judge import Judge


class Editor:
    """Edits photos with one bundle. Hold on to it: loading the networks takes longer than most edits."""

    def __init__(
        self, bundle: ModelBundle, judge: Judge | None = None, identity: Identity | None = None
    ) -> None:
        self.bundle = bundle.need("branch", "schema")
        self.judge = judge or bundle.judge()  # of edits
        self.likeness = judge or bundle.likeness()  # of embeddings and refinements
        self.identity = identity

    @classmethod
    def from_pretrained(
        cls, where: str | Path, device: str | None = None, judge: JudgeName = "default"
    ) -> "Editor":
        """With a built-in bundle by name, a folder, or owner/name on the Hugging Face Hub.

        `judge` measures perceptual distance in everything; by default what the bundle was measured with.

        Raises:
            BundleError: no usable bundle there.
            UnavailableError: the weights of the judge asked for are not here.
        """
        bundle = ModelBundle.from_pretrained(where, pick_device(device))
        return cls(bundle, None if judge == "default" else named_judge(bundle, judge))

    @property
    def schema(self) -> LabelSchema:
        """The parts this editor knows."""
        assert self.bundle.schema is not None
        return self.bundle.schema

    def open(
        self,
        source: Path | str | bytes | PilImage.Image,
        *,
        box: Box | None = None,
        embedding: Embedding | None = None,
        fidelity: Fidelity = "standard",
        cache: EmbeddingCache | None = None,
        watch: Watch | None = None,
    ) -> OpenPhoto:
        """Align and embed a photo.

        Args:
            source: a path, a file's bytes, or a Pillow picture.
            box: x, y, w, h in photo px, taken as the aligned frame instead of looking for one.
            embedding: steps and weights; 100 steps by default.
            fidelity: "high" tunes a copy of the generator to this photo (pivotal tuning): the reconstruction
                comes nearer, vectors still apply, and it takes some seconds more.
            cache: where embeddings are kept: a photo opened before in the same way is there at once.
            watch: called at every step.

        Raises:
            PhotoError: the picture cannot be used, or nothing was found in it.
        """
        return open_photo(
            self.bundle,
            read_photo(Path(source) if isinstance(source, str) else source),
            self.likeness,
            box=box,
            embedding=embedding or Embedding(),
            fidelity=fidelity,
            cache=cache,
            watch=watch,
        )

    def sample(self, seed: int, *, truncation_psi: float = 0.7) -> OpenPhoto:
        """A picture the generator invents, as if it had been opened."""
        return sample_photo(self.bundle, seed, truncation_psi)

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
            target: [1, s, s] class ids, s being the bundle's `label_side`.
            name: what to call the edit vector.
            classes: the parts the edit is about; found from the difference by default.
            settings: steps, layers, weights; at most 40 steps by default.
            paste_mode: "difference" adds what changed to the photo, which keeps its own fine detail;
                "replace" puts the edited rendering in.
            watch: called at every step.

        Raises:
            LabelError: a target of another size, with ids outside the schema, or equal to the present parts.
        """
        self.check_target(photo, target)
        vector, reached = self._learn([photo], target, name, classes, settings, watch)
        ids, target = self.schema.ids(*vector.classes), target.to(photo.label_map)
        region = edit_region(photo.label_map, target, ids, margin=margin_px(self.bundle.label_side))
        w_plus = compose(photo.w_plus, {vector: 1.0})
        result = make_result(photo, w_plus, self._render(photo, w_plus), region, paste_mode)
        result.report.update(
            classes=list(vector.classes),
            steps=reached.index,
            judge=self.judge.name,
            useful_strengths=list(vector.strengths),
            target_iou_before=region_iou(photo.label_map, target, ids, region),
            target_iou_after=region_iou(result.label_map, target, ids, region),
            terms=reached.terms,
        )
        return Edit(result, target, vector)

    def learn(
        self,
        photos: Sequence[OpenPhoto],
        operations: Sequence[tuple[str, str]],
        *,
        name: str,
        settings: Editing | None = None,
        watch: Watch | None = None,
    ) -> EditVector:
        """One vector that repaints parts in the same way on several photos; it carries over to others best.

        Args:
            photos: from `open` or `sample`; those without the parts are left out.
            operations: (kind, text) as in `editing.parts.apply_operation`, like ("move", "brow:0,-2").
            name: what to call the vector.
            settings: at most 40 steps on each photo by default.
            watch: called at every step.

        Raises:
            LabelError: an unknown part or operation, or none of the photos can be repainted so.
        """
        fitting, targets = repainted(photos, operations)
        if len(fitting) > 1 and any(photo.generator is not None for photo in fitting):
            raise InputError("a photo of high fidelity has a generator of its own; learn from it alone")
        vector, _ = self._learn(fitting, targets, name, None, settings, watch)
        return replace(vector, learnt=vector.learnt | {"operations": [list(o) for o in operations]})

    def _learn(
        self,
        photos: Sequence[OpenPhoto],
        targets: LabelMap,
        name: str,
        classes: Iterable[str] | None,
        settings: Editing | None,
        watch: Watch | None,
    ) -> tuple[EditVector, Step]:
        return learn_vector(
            photos[0].bundle(self.bundle),
            photos,
            targets.to(self.bundle.device),
            name=name,
            classes=classes,
            settings=settings or Editing(),
            judge=self.judge,
            identity=self.identity,
            watch=watch,
        )

    @torch.no_grad()
    def _render(self, photo: OpenPhoto, w_plus: WPlus) -> Rendering:
        return photo.bundle(self.bundle).render(w_plus)

    def check_target(self, photo: OpenPhoto, target: LabelMap) -> None:
        """Raises LabelError for a target that cannot be asked for."""
        if target.shape != photo.label_map.shape:
            side = self.bundle.label_side
            got = "x".join(map(str, target.shape[1:]))
            raise LabelError(f"the target must be {side}x{side} like the photo's label map, got {got}")
        self.schema.check(target)
        if torch.equal(target.to(photo.label_map), photo.label_map):
            raise LabelError("the target equals the present parts; repaint something first")

    def moved(self, photo: OpenPhoto, w_plus: WPlus) -> OpenPhoto:
        """The photo as if its embedding had always been `w_plus`: to repaint what was edited."""
        rendering = self._render(photo, w_plus)
        return replace(photo, w_plus=w_plus, image=rendering.image, label_map=rendering.label_map)

    def preview(self, photo: OpenPhoto, strengths: Mapping[EditVector, float]) -> Image:
        """The edited rendering alone, in one generator pass: what a slider shows while it moves."""
        with torch.no_grad(), self.bundle.fast():
            generator = photo.bundle(self.bundle).generator
            image: Image = generator.synthesis(compose(photo.w_plus, strengths)).image
        return image

    def apply(
        self,
        photo: OpenPhoto,
        strengths: Mapping[EditVector, float],
        *,
        refine_steps: int = 0,
        paste_mode: PasteMode = "difference",
        painted: Region | None = None,
        refined: WPlus | None = None,
        insist: bool = False,
        watch: Watch | None = None,
    ) -> Result:
        """Add known vectors, each at its strength. Their order does not matter.

        The photo may change where one of the vectors' parts is, before or after, and where a person has
        `painted` ([1, 1, s, s]; see `painted_region`). With `refine_steps` (30 are
        enough) the composition, not each vector, is cleaned up: the parts it made stay, its side effects go.
        `refined` is where that led before (`Result.w_plus`), to get the same again without the steps.
        No vectors, or none that finds its parts in the picture, change nothing.

        Raises:
            InputError: a vector of another bundle (`insist` tries it all the same, if its shape fits), or a
                strength that is no number or absurd.
        """
        for vector in strengths:
            vector.check_fit(self.bundle, insist=insist)
        w_plus = compose(photo.w_plus, strengths)
        after = self._render(photo, w_plus)
        target = after.label_map
        ids = self.schema.ids(*{name for vector in strengths for name in vector.classes})
        region = parts_region(photo.label_map, target, ids, margin=margin_px(self.bundle.label_side))
        if painted is not None:
            region = region | painted.to(region.device)
        steps = 0
        if refined is not None:
            w_plus, steps = refined.to(w_plus), refine_steps
            after = self._render(photo, w_plus)
        elif refine_steps and region.any():
            bundle, settings = photo.bundle(self.bundle), Refinement(steps=refine_steps)
            walk = refine(bundle, w_plus, photo.image, target, region, settings, self.likeness, self.identity)
            reached = best(walk, watch)
            w_plus, steps = reached.value, reached.index
            after = self._render(photo, w_plus)
        result = make_result(photo, w_plus, after, region, paste_mode)
        result.report.update(
            vectors=[{"name": vector.name, "strength": strength} for vector, strength in strengths.items()],
            refine_steps=steps,
            judge=self.likeness.name,
            warnings=[
                *([photo.warning] if photo.warning else []),
                *warnings_about(strengths, photo.label_map, target, self.schema),
            ],
        )
        return result

    def replay(
        self,
        recipe: EditRecipe,
        source: Path | str | bytes | PilImage.Image | None = None,
        *,
        watch: Watch | None = None,
    ) -> tuple[OpenPhoto, Result]:
        """Brings an edit about again, with the embedding that the recipe carries.

        Args:
            recipe: from the studio, or `EditRecipe.load`.
            source: the photo it was made for; not needed for a sample.
            watch: called at every step, if there is a refinement (or no embedding in the recipe).

        Raises:
            InputError: another photo, or another bundle than the recipe's.
        """
        if recipe.fingerprint != self.bundle.fingerprint:
            raise InputError(
                f"the edit recipe was made with {recipe.bundle} ({recipe.fingerprint}), not with this "
                f"{self.bundle.name} ({self.bundle.fingerprint}); name that bundle with --bundle"
            )
        if recipe.seed is not None:
            photo = self.sample(recipe.seed, truncation_psi=recipe.truncation_psi)
        elif source is None:
            raise InputError("the edit recipe was made for a photo; give it, too")
        else:
            photo = self._reopened(recipe, read_photo(Path(source) if isinstance(source, str) else source))
        check_shapes(recipe, photo.w_plus, photo.label_map)
        result = self.apply(
            photo,
            recipe.strengths,
            refine_steps=recipe.refine_steps,
            paste_mode=recipe.paste_mode,
            painted=recipe.painted,
            refined=recipe.refined,
            watch=watch,
        )
        return photo, result

    def _reopened(self, recipe: EditRecipe, pixels: Photo) -> OpenPhoto:
        recipe.check_photo(pixels)
        embedding, fidelity = Embedding(), recipe.fidelity
        with TemporaryDirectory() as folder:
            cache = EmbeddingCache(Path(folder))
            if recipe.embedding is not None:
                key = opening_key(self.bundle, pixels, self.likeness, recipe.box, embedding, fidelity)
                cache.take_in(key, recipe.embedding)
            picture = to_pil(pixels)
            return self.open(picture, box=recipe.box, embedding=embedding, fidelity=fidelity, cache=cache)
