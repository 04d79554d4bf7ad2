"""What verbs of `editgan bench` share: which bundle is measured on what, and where the figures go."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from editgan.cli.options import Networks
from editgan.cli.placing import Figures
from editgan.cli.saying import show_figures

if TYPE_CHECKING:
    from PIL import Image as PilImage

    from editgan.bundle.bundle import ModelBundle
    from editgan.core.types import Image
    from editgan.data.annotations import AnnotatedPhoto

DataOption = Annotated[Path, Option(help="A folder or a zip of aligned photos; the last ones are measured.")]
CountOption = Annotated[int, Option(min=1, help="How many of the last photos.")]
StepsOption = Annotated[int, Option(min=0, help="Steps of fitting each photo.")]


@dataclass(frozen=True, kw_only=True)
class Measured(Networks, Figures):
    """A bundle, and its figures."""

    def tell(self, figures: dict[str, Any]) -> None:
        """Printed, and written if a file was asked for."""
        show_figures(figures)
        self.write(figures)


@dataclass(frozen=True, kw_only=True)
class OnPhotos(Measured):
    """On photos that no training saw."""

    data: DataOption
    photos: CountOption = 100

    def load(self) -> tuple["ModelBundle", "Image"]:
        """The bundle, and the last of the photos at its resolution."""
        return unseen_photos(self.bundle, self.data, self.photos, self.device)


@dataclass(frozen=True, kw_only=True)
class OnAnnotated(Measured):
    """On photos that people have labelled."""

    annotations: Annotated[Path, Option(help="A folder of annotated photos that were not trained on.")]
    sheet: Annotated[
        Path | None,
        Option(help="Also draw them: photo, annotation, what is read.", show_default=False),
    ] = None

    def __post_init__(self) -> None:
        for path in (self.out, self.sheet):
            self.check(path)

    def load(self) -> tuple["ModelBundle", list["AnnotatedPhoto"]]:
        """The bundle, and the photos."""
        from editgan.bundle.folder import load_bundle
        from editgan.core.devices import pick_device
        from editgan.data.annotations import load_annotations

        bundle = load_bundle(self.bundle, pick_device(self.device))
        return bundle, load_annotations(self.annotations, bundle.schema)

    def draw(self, sheet: "PilImage.Image") -> None:
        """Saved if a file was asked for."""
        from editgan.core.images import save_picture

        if self.sheet is not None:
            save_picture(sheet, self.sheet)


def unseen_photos(bundle: str, data: Path, photos: int, device: str | None) -> tuple["ModelBundle", "Image"]:
    """The bundle, and the last of the photos at its resolution."""
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.core.images import from_pixels
    from editgan.data.photos import load_photos

    loaded = load_bundle(bundle, pick_device(device))
    pixels = load_photos(data, loaded.resolution).pixels[-photos:]
    return loaded, from_pixels(pixels).to(loaded.device)
