"""The whole idea: photo -> latent -> image and parts -> repainted parts -> edit vector -> edited photo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle
from editgan.bundle.judges import JudgeName, named_judge
from editgan.bundle.opened import Fidelity, OpenPhoto
from editgan.core.descent import Watch
from editgan.core.devices import pick_device
from editgan.core.labels import LabelSchema
from editgan.core.types import Image
from editgan.data.detect import Box
from editgan.data.found import Found, Which
from editgan.data.opening import Source, read_original, read_photo
from editgan.editing.composition import NOTHING, Composition
from editgan.editing.context import EditContext, Identity
from editgan.editing.learn import Target, asked_of, learn_on_several, learn_vector
from editgan.editing.outcome import Edit, Result, applied, edited, moved, previewed
from editgan.editing.recipe import EditRecipe
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.inversion.cache import EmbeddingCache
from editgan.inversion.embed import Embedding
from editgan.inversion.opening import Opening, find_in, open_photo, reopen_photo, sample_photo
from editgan.perception.judge import Judge

Composed = Composition | Mapping[EditVector, float]


class Editor:
    """Edits photos with one bundle. Hold on to it: loading the networks takes longer than most edits."""

    def __init__(self, bundle: ModelBundle, judge: Judge | None = None, identity: Identity | None = None):
        self.context = EditContext.of(bundle, judge, identity)

    @classmethod
    def from_pretrained(
        cls, where: str | Path, device: str | None = None, judge: JudgeName = "default"
    ) -> "Editor":
        """With a built-in bundle by name, a folder, or owner/name on the Hugging Face Hub."""
        return cls(load_bundle(where, pick_device(device))).with_judge(judge)

    def with_judge(self, name: JudgeName) -> "Editor":
        """The same networks with another judge. Raises UnavailableError where its weights are not here."""
        judge = None if name == "default" else named_judge(self.bundle, name)
        return type(self)(self.bundle, judge, self.context.identity)

    @property
    def bundle(self) -> ModelBundle:
        """The networks it edits with."""
        return self.context.bundle

    @property
    def schema(self) -> LabelSchema:
        """The parts it knows."""
        return self.bundle.schema

    def find(self, source: Source, *, is_thorough: bool = False) -> list[Found]:
        """All subjects of a photo, numbered from left to right, with their frames; none where none is found.

        Raises NoSubjectError for a bundle whose subject no detector knows.
        """
        return find_in(self.bundle, read_photo(source), is_thorough=is_thorough)

    def open(
        self,
        source: Source,
        *,
        box: Box | None = None,  # x, y, w, h in photo px, taken as the aligned frame
        embedding: Embedding | None = None,  # steps and weights; 60 steps by default
        which: Which = "largest",  # of several subjects: a number as `find` gives them
        is_thorough: bool = False,  # also looks for subjects under 4 % of the photo's longer side: slower
        found: Sequence[Found] | None = None,  # what `find` gave: of these, and nothing is looked for again
        fidelity: Fidelity = "standard",  # high: tunes a copy of the generator to this photo
        cache: EmbeddingCache | None = None,  # a photo opened before in the same way is there at once
        watch: Watch | None = None,  # called at every step
    ) -> OpenPhoto:
        """Align and embed a photo. Raises PhotoError where that cannot be done."""
        how = Opening(
            box=box,
            which=which,
            is_thorough=is_thorough,
            found=None if found is None else tuple(found),
            embedding=embedding or Embedding(),
            fidelity=fidelity,
        )
        original, judge = read_original(source), self.context.likeness
        return open_photo(self.bundle, original, judge, how, cache=cache, watch=watch)

    def sample(self, seed: int, *, truncation_psi: float = 0.7) -> OpenPhoto:
        """A picture the generator invents, as if it had been opened."""
        return sample_photo(self.bundle, seed, truncation_psi)

    def edit(
        self,
        photo: OpenPhoto,
        target: Target,  # [1, s, s] class ids, s being the bundle's `label_side`; or [("move", "brow:0,-2")]
        *,
        name: str = "edit",  # of the vector
        classes: Iterable[str] | None = None,  # that the edit is about; found from the difference by default
        settings: Editing | None = None,
        on: Composition = NOTHING,  # what is done already: earlier edits; also what to keep, and how to paste
        watch: Watch | None = None,
    ) -> Edit:
        """Repaint: make the photo's parts those of `target`, in at most 40 steps by default.

        Part operations are those of `editing.parts.apply_operation`.

        On top of another edit: repaint that one's `label_map`, `on=earlier.composition`. LabelError for a
        target of another size, with unknown ids, or equal to the present parts.
        """
        start = moved(self.context, photo, on) if on.active else photo
        asked, how = asked_of(start, target, classes).sparing(on.keep), settings or Editing()
        vector, reached = learn_vector(self.context, [start], asked, name=name, settings=how, watch=watch)
        return edited(self.context, photo, asked, start.label_map, vector, reached, on)

    def learn(
        self,
        photos: Sequence[OpenPhoto],
        operations: Sequence[tuple[str, str]],  # as in `editing.parts.apply_operation`: ("move", "brow:0,-2")
        *,
        name: str,
        settings: Editing | None = None,
        watch: Watch | None = None,
    ) -> EditVector:
        """One vector from several photos; it carries over best. LabelError if none can be repainted."""
        how = settings or Editing()
        return learn_on_several(self.context, photos, operations, name=name, settings=how, watch=watch)

    def apply(
        self, photo: OpenPhoto, composition: Composed, *, refine_steps: int = 0, watch: Watch | None = None
    ) -> Result:
        """Add known vectors, each at its strength: {vector: 1.0, other: -0.5}. Their order does not matter.

        `refine_steps` (30 are enough) clean up their side effects; a `Composition` says that and more.
        Raises InputError for a vector of another bundle, or a strength that is no number or absurd.
        """
        what = composition if isinstance(composition, Composition) else Composition(composition)
        what = replace(what, refine_steps=refine_steps) if refine_steps else what
        return applied(self.context, photo, what, watch)

    def preview(self, photo: OpenPhoto, strengths: Mapping[EditVector, float]) -> Image:
        """The edited rendering alone, in one generator pass: what a slider shows while it moves."""
        return previewed(self.context, photo, strengths)

    def replay(
        self, recipe: EditRecipe, source: Source | None = None, *, watch: Watch | None = None
    ) -> tuple[OpenPhoto, Result]:
        """Brings an edit about again, with its embedding and its judge; a sample's needs no `source`.

        Raises InputError for another photo, or another bundle than the recipe's.
        """
        recipe.check_bundle(self.bundle)
        editor = self.with_judge(recipe.judge)
        if recipe.seed is not None:
            photo = self.sample(recipe.seed, truncation_psi=recipe.truncation_psi)
        else:
            original = None if source is None else read_original(source)
            original = recipe.checked(original)
            judge, kept = editor.context.likeness, recipe.embedding
            how = Opening(box=recipe.box, fidelity=recipe.fidelity)
            photo = reopen_photo(self.bundle, original, judge, how, kept, watch)
        recipe.check_shapes(photo)
        return photo, editor.apply(photo, recipe.composition, watch=watch)
