"""A bundle as a folder: bundle.json, schema.json, *.safetensors, README.md.

`save_bundle` and `load_draft` are inverses, up to rounding to float16 (imported generators are not rounded).
Nothing in a bundle is executed.
"""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.card import model_card
from editgan.bundle.facts import Facts
from editgan.bundle.find import find_bundle
from editgan.bundle.tensors import load_tensors, save_tensors
from editgan.core.config import from_json, to_json
from editgan.core.errors import BundleError, InputError
from editgan.core.files import read_json, replacing_folder, sha256, write_json
from editgan.core.labels import LabelSchema
from editgan.core.weights import check_weights
from editgan.models.aligner import Aligner, AlignerConfig
from editgan.models.discriminator import Discriminator
from editgan.models.encoder import Encoder, EncoderConfig
from editgan.models.feature_discriminator import FeatureDiscriminator, FeatureDiscriminatorConfig
from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.identity import IdentityConfig, IdentityNetwork
from editgan.models.latent_metric import LatentMetric, MetricConfig
from editgan.models.part_shapes import PartShapes, ShapesConfig
from editgan.models.segmentation import BranchConfig, SegmentationBranch, check_label_side
from editgan.perception.familiar import Familiar, FamiliarConfig
from editgan.perception.segmenter import Segmenter, load_segmenter, save_segmenter

FORMAT_VERSION = 1
# By the `type` that bundle.json gives a network, beside its config; None: where it gives none
KINDS: dict[str, dict[str | None, tuple[type[Any], type[nn.Module]]]] = {
    "generator": {None: (GeneratorConfig, Generator)},  # others are `models.latent_generator` types, too
    "discriminator": {None: (GeneratorConfig, Discriminator)},
    "heads": {None: (FeatureDiscriminatorConfig, FeatureDiscriminator)},
    "branch": {None: (BranchConfig, SegmentationBranch)},
    "encoder": {None: (EncoderConfig, Encoder)},
    "aligner": {None: (AlignerConfig, Aligner)},
    "identity": {None: (IdentityConfig, IdentityNetwork)},
    "metric": {None: (MetricConfig, LatentMetric)},
    "familiar": {None: (FamiliarConfig, Familiar)},
    "shapes": {None: (ShapesConfig, PartShapes)},
}
READER_FILE = "reader.safetensors"  # says itself what it is: see perception/segmenter.py
_OURS = rf"(bundle|schema)\.json|README\.md|({'|'.join(KINDS)}|reader)(-\d+)?\.safetensors"


def save_bundle(bundle: BundleDraft, folder: Path) -> None:
    """Writes every part beside `folder`, then swaps it in. Other files of an existing folder are kept."""
    with replacing_folder(folder) as scratch:
        _keep_foreign_files(folder, scratch)
        networks = {}
        for name, network in bundle.networks.items():
            if isinstance(network, Segmenter):
                save_segmenter(network, scratch / READER_FILE)
                files = [READER_FILE]
            else:
                exact = bundle.full_precision and name in ("generator", "discriminator")
                files = save_tensors(network.state_dict(), scratch, name, full_precision=exact)
            networks[name] = _type(name, network) | {
                "config": to_json(network.config),
                "files": {file: sha256(scratch / file) for file in files},
            }
        notes = {
            "format_version": FORMAT_VERSION,
            "software": f"editgan {version('editgan')}",
            "name": bundle.name,
            "subject": bundle.subject,
            "image_range": [-1, 1],
            "perceptual_scale": bundle.perceptual_scale,
            "full_precision": bundle.full_precision,
            "networks": networks,
            "facts": bundle.facts.to_json(),
        }
        if bundle.schema is not None:
            bundle.schema.save(scratch / "schema.json")
            notes["schema"] = {"file": "schema.json", "sha256": sha256(scratch / "schema.json")}
        write_json(scratch / "bundle.json", notes)
        (scratch / "README.md").write_text(model_card(bundle))


def load_bundle(where: str | Path, device: torch.device | str = "cpu") -> ModelBundle:
    """A bundle that can edit; as `load_draft`.

    Raises:
        BundleError: also for one that has no branch yet.
    """
    found = load_draft(where, device)
    if not isinstance(found, ModelBundle):
        raise found.lacks("branch" if found.branch is None else "schema")
    return found


def load_draft(where: str | Path, device: torch.device | str = "cpu") -> BundleDraft:
    """A built-in bundle by name, a folder, or owner/name on the Hugging Face Hub, however much is in it.

    Verified: version, hashes, keys and shapes. A `ModelBundle` if it can edit.

    Raises:
        BundleError: no such bundle, or one sentence about the first thing that does not hold.
    """
    folder = find_bundle(where)
    try:
        return _read(folder).to(device)
    except BundleError:
        raise
    except (KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{folder}/bundle.json lacks something or is malformed ({error!r}); fetch the bundle again"
        ) from None
    except InputError as error:
        raise BundleError(f"{folder} is not a usable bundle: {error}") from None


def _read(folder: Path) -> BundleDraft:
    notes = read_json(folder / "bundle.json")
    if (found := notes["format_version"]) > FORMAT_VERSION:
        raise BundleError(
            f"{folder} has bundle format {found}, this editgan reads up to {FORMAT_VERSION}; update it"
        )
    networks: dict[str, Any] = {
        name: _load_network(folder, name, part)
        for name, part in notes["networks"].items()
        if _known(folder, name)
    }
    if not isinstance(notes["name"], str) or not isinstance(notes["subject"], str):
        raise BundleError(
            f"{folder}/bundle.json should say name and subject in words; fetch the bundle again"
        )
    if "generator" not in networks:
        raise BundleError(f"{folder} has no generator; a bundle needs one")
    bundle = BundleDraft(
        name=notes["name"],
        subject=notes["subject"],
        generator=networks["generator"],
        perceptual_scale=notes["perceptual_scale"],
        full_precision=notes.get("full_precision", False),  # bundles before 0.6 know no such thing
        facts=Facts.from_json(notes["facts"]),
        folder=folder,
    ).having(**networks, schema=_load_schema(folder, notes))
    _check_fit(folder, bundle)
    return bundle


def _type(name: str, network: nn.Module) -> dict[str, str]:
    """As bundle.json says it. Raises BundleError for a network that could not be loaded again."""
    for kind, (_, network_type) in KINDS[name].items() if name in KINDS else ():
        if type(network) is network_type:
            return {} if kind is None else {"type": kind}
    if name == "reader":
        return {}
    raise BundleError(f"a bundle cannot keep a {type(network).__name__} as its {name}: no type is named so")


def _known(folder: Path, name: str) -> bool:
    if name not in (*KINDS, "reader"):
        raise BundleError(f"{folder} has a part {name!r} this editgan does not know; update it")
    return True


def _load_network(folder: Path, name: str, part: dict[str, Any]) -> nn.Module:
    paths = [folder / file for file in part["files"] if _is_plain_name(folder, file)]
    for path in paths:
        _verify(path, part["files"][path.name])
    if name == "reader":
        if [path.name for path in paths] != [READER_FILE]:
            raise BundleError(
                f"{folder}'s reader should have one file, {READER_FILE}; fetch the bundle again"
            )
        return load_segmenter(paths[0])
    kind = part.get("type")
    if kind not in KINDS[name]:
        raise BundleError(f"{folder}'s {name} is a {kind!r}, which this editgan does not know; update it")
    config_type, network_type = KINDS[name][kind]
    config = from_json(config_type, part["config"])
    state = load_tensors(paths)
    try:
        check_weights(lambda: network_type(config), state)
    except InputError as error:
        raise BundleError(f"the weights of {folder}'s {name} do not fit its config: {error}") from None
    network = network_type(config)
    network.load_state_dict(state, strict=True)
    return network


def _load_schema(folder: Path, notes: dict[str, Any]) -> LabelSchema | None:
    if "schema" not in notes:
        return None
    _verify(folder / "schema.json", notes["schema"]["sha256"])
    return LabelSchema.load(folder / "schema.json")


def _check_fit(folder: Path, bundle: BundleDraft) -> None:
    """Each part may be whole and still belong to another bundle."""
    g = bundle.generator.config
    found: dict[str, tuple[object, object]] = {}  # what a part says, what the others want
    if bundle.discriminator is not None:
        found["discriminator's resolution"] = (bundle.discriminator.config.resolution, g.resolution)
    if bundle.encoder is not None:
        e = bundle.encoder.config
        found["encoder's shape"] = ((e.resolution, e.num_ws, e.w_dim), (g.resolution, g.num_ws, g.w_dim))
    if bundle.metric is not None:
        m = bundle.metric.config
        found["metric's shape"] = ((m.num_ws, m.w_dim), (g.num_ws, g.w_dim))
    if bundle.branch is not None:
        b = bundle.branch.config
        check_label_side(b.resolution, g.resolution)
        found["branch's tap_channels"] = (list(b.tap_channels), [g.tap_channels.get(tap) for tap in b.taps])
        if bundle.schema is not None:
            found["schema's number of classes"] = (len(bundle.schema), b.classes)
    if bundle.shapes is not None and bundle.schema is not None:
        found["shapes' number of classes"] = (bundle.shapes.config.classes, len(bundle.schema))
    if bundle.reader is not None:
        own = None if bundle.schema is None else bundle.schema.names
        found["reader's parts"] = (bundle.reader.schema.names, own)
    for name, (came, wanted) in found.items():
        if came != wanted:
            raise BundleError(f"{folder} mixes two bundles: the {name} should be {wanted}, got {came}")


def _is_plain_name(folder: Path, file: str) -> bool:
    if Path(file).name != file:
        raise BundleError(f"{folder}/bundle.json names {file!r}; a bundle's files lie in its own folder")
    return True


def _verify(path: Path, digest: str) -> None:
    if not path.is_file():
        raise BundleError(f"{path} is missing; fetch the bundle again")
    if sha256(path) != digest:
        raise BundleError(
            f"{path} is damaged (its SHA-256 is not the one in bundle.json); fetch the bundle again"
        )


def _keep_foreign_files(folder: Path, scratch: Path) -> None:
    """Pictures of the model card and edit vectors stay when the networks are written anew."""
    if not folder.is_dir():
        return
    for path in folder.rglob("*"):
        ours = path.parent == folder and re.fullmatch(_OURS, path.name)
        if path.is_file() and not ours:
            copy = scratch / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
