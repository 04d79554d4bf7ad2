"""The edit vectors that come with a bundle, and finding one by name or file."""

from pathlib import Path

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.editing.vector import EditVector

FOLDER = "vectors"  # beside the bundle's networks: NAME.safetensors, and NAME.webp to look at


def built_in_vectors(bundle: ModelBundle) -> dict[str, Path]:
    """Names and files, sorted; none for a bundle that was not loaded from a folder."""
    if bundle.folder is None:
        return {}
    return {path.stem: path for path in sorted((bundle.folder / FOLDER).glob("*.safetensors"))}


def find_vector(bundle: ModelBundle, where: str | Path) -> EditVector:
    """One of the bundle's own by name, or by the name of its other end; or a file.

    Raises:
        InputError: neither, or the file is not an edit vector.
    """
    own = built_in_vectors(bundle)
    if str(where) in own:
        return EditVector.load(own[str(where)])
    for vector in map(EditVector.load, own.values()):
        if vector.opposite == str(where):
            return vector.turned()
    if Path(where).is_file():
        return EditVector.load(where)
    raise InputError(
        f"there is no vector {str(where)!r}: {bundle.name} has {', '.join(own) or 'none of its own'}, "
        "or give a .safetensors file"
    )
