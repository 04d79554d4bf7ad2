"""Where a bundle is: built in, a folder, or on the Hugging Face Hub."""

import re
from pathlib import Path

from editgan.core.errors import BundleError

BUILT_IN = Path(__file__).parents[1] / "bundles"


def built_in_bundles() -> list[str]:
    """Names of the bundles that come with the package."""
    return sorted(path.parent.name for path in BUILT_IN.glob("*/bundle.json"))


def find_bundle(where: str | Path) -> Path:
    """The folder of a bundle: a built-in name, a path, or owner/name on the Hub (downloaded and cached).

    Raises:
        BundleError: none of the three.
    """
    if str(where) in built_in_bundles():
        return BUILT_IN / str(where)
    if (Path(where) / "bundle.json").exists():
        return Path(where)
    if Path(where).is_dir():
        raise BundleError(f"{where} is a folder, but has no bundle.json; it is not a bundle")
    if re.fullmatch(r"[\w.-]+/[\w.-]+", str(where)):
        return _from_hub(str(where))
    raise BundleError(
        f"there is no bundle {str(where)!r}; built in are {', '.join(built_in_bundles()) or 'none'}, "
        "or give a folder or owner/name on the Hugging Face Hub"
    )


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.md", "*.webp"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BundleError(
            f"bundle {name} is no folder here, and the Hub could not give it: {reason}"
        ) from None
