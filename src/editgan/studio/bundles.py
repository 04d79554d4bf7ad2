"""Which bundles a visitor can use, and their editors in memory.

Clients name bundles; they never say where one is.
"""

from pathlib import Path

from editgan.bundle.find import BUILT_IN, built_in_bundles
from editgan.bundle.judges import JudgeName
from editgan.core.errors import BundleError
from editgan.core.files import read_json
from editgan.core.labels import LabelSchema
from editgan.data.detect import SUBJECTS
from editgan.editor import Editor
from editgan.studio.recent import Recent
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import BundleInfo, Part, Parts
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor

OWN = "bundles"


class Bundles:
    """The built-in ones, those the studio was started with, and each visitor's own."""

    def __init__(self, settings: Settings) -> None:
        self.device, self.judge = settings.device, settings.judge
        self.shared = {name: BUILT_IN / name for name in built_in_bundles()}
        for folder in settings.bundles:
            name = str(read_json(folder / "bundle.json").get("name", folder.name))
            if name in self.shared:
                raise BundleError(f"there are two bundles called {name}; give {folder} another name")
            self.shared[name] = folder
        self._editors: Recent[tuple[Path, JudgeName], Editor] = Recent(settings.editors)

    def folder(self, visitor: Visitor, name: str) -> Path:
        """Where a bundle is. Raises Refusal for a name that this visitor does not have."""
        if name in self.shared:
            return self.shared[name]
        return visitor.path(OWN, name, "bundle")

    def info(self, visitor: Visitor, name: str) -> BundleInfo:
        """One of them. Raises Refusal for a name that this visitor does not have."""
        return _info(name, self.folder(visitor, name), own=name not in self.shared)

    def infos(self, visitor: Visitor | None) -> list[BundleInfo]:
        """All that can edit, in the order in which they are offered: faces first."""
        own = [] if visitor is None else sorted((visitor.folder / OWN).glob("[!.]*/bundle.json"))
        found = [_info(name, path, own=False) for name, path in self.shared.items()]
        found += [_info(path.parent.name, path.parent, own=True) for path in own]
        return sorted(found, key=lambda info: (info.own, info.subject != "face", -info.resolution, info.name))

    def judge_name(self, asked: JudgeName) -> JudgeName:
        """What "default" means in this studio."""
        return self.judge if asked == "default" else asked

    def editor(self, visitor: Visitor, name: str, judge: JudgeName = "default") -> Editor:
        """Its networks, loaded if need be. On the worker's thread only."""
        return self._editor(self.folder(visitor, name), self.judge_name(judge))

    def _editor(self, folder: Path, judge: JudgeName) -> Editor:
        """With another judge than the bundle's own it has the same networks."""
        if (found := self._editors.find((folder, judge))) is not None:
            return found
        try:
            if judge == "default":
                made = Editor.from_pretrained(folder, self.device)
            else:
                made = self._editor(folder, "default").with_judge(judge)
        except BundleError as error:
            raise Refusal(422, "bundle", str(error)) from None
        return self._editors.put((folder, judge), made)

    def forget(self, where: Path) -> None:
        """Bundles in this folder have changed, or are gone."""
        self._editors.forget(lambda key: key[0].is_relative_to(where))

    def check_new_name(self, visitor: Visitor, name: str) -> Path:
        """Where a visitor's own bundle of that name goes. Raises Refusal for a name that is taken."""
        if name in self.shared:
            raise Refusal(409, "name", f"{name} is one of the studio's own bundles; choose another name")
        return visitor.folder / OWN / name


def _info(name: str, folder: Path, *, own: bool) -> BundleInfo:
    try:
        notes = read_json(folder / "bundle.json")
        subject, branch = str(notes["subject"]), notes["networks"]["branch"]
        resolution = int(branch["config"]["resolution"])
        picture_px = int(notes["networks"]["generator"]["config"]["resolution"])
        parts = parts_of(LabelSchema.load(folder / "schema.json"))
    except (KeyError, TypeError, ValueError) as error:
        raise unknown(f"bundle {name!r} ({error!r})") from None
    return BundleInfo(
        name=name,
        subject=subject,
        resolution=resolution,
        picture_px=picture_px,
        parts=parts,
        finds_subject=subject in SUBJECTS,
        own=own,
    )


def parts_of(schema: LabelSchema) -> Parts:
    """As clients see a schema."""
    classes = [Part(id=c.id, name=c.name, color=c.color) for c in schema.classes]
    return Parts(classes=classes, groups={name: list(members) for name, members in schema.groups.items()})


def schema_of(parts: Parts) -> LabelSchema:
    """The inverse of `parts_of`. Raises LabelError for ids out of order or a name used twice."""
    return LabelSchema.from_json(parts.model_dump())
