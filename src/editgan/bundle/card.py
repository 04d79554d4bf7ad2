"""The model card: a bundle's README.md, written from the facts its trainings left."""

from typing import Any

from editgan.bundle.bundle import BundleDraft

TITLES = {
    "import": "Where it comes from",
    "data": "Data and terms",
    "gan": "Generator and discriminator",
    "samples": "Samples against photos",
    "encoder": "Encoder",
    "embedding": "Embedding of held-out photos",
    "branch": "Segmentation branch",
    "reader": "Reader of photos",
    "aligner": "Aligner",
    "familiar": "What the class looks like",
    "identity": "Identity network",
}

PICTURES = {
    "import": "samples.webp",
    "gan": "samples.webp",
    "encoder": "reconstructions.webp",
    "branch": "parts.webp",
    "reader": "reader.webp",
}  # beside the card


def model_card(bundle: BundleDraft) -> str:
    """Markdown: what is in the bundle, how each part was made, how well it does, what is weak."""
    lines = [
        f"# {bundle.name}",
        "",
        f"An EditGAN bundle for pictures of one {bundle.subject}, {bundle.resolution} px square.",
        f"`editgan.Editor.from_pretrained({bundle.name!r})`",
        "",
        "| network | parameters |",
        "|---|--:|",
    ]
    for name, count in bundle.own_parameters.items():
        lines.append(f"| {name} | {count:,} |")
    if bundle.schema is not None:
        maps = (
            ""
            if bundle.label_side == bundle.resolution
            else f" Label maps are {bundle.label_side} px square."
        )
        lines += ["", f"Parts: {', '.join(bundle.schema.names)}.{maps}"]
    facts = bundle.facts.to_json()
    for key, title in TITLES.items():
        if key in facts:
            lines += ["", f"## {title}", "", *_section(facts[key])]
            lines += ["", f"![{title}]({PICTURES[key]})"] if key in PICTURES else []
    if bundle.facts.weak:
        lines += ["", "## What is still weak", "", *(f"- {sentence}" for sentence in bundle.facts.weak)]
    return "\n".join(lines) + "\n"


def _section(facts: Any) -> list[str]:
    if not isinstance(facts, dict):  # somebody else's
        return [f"- {_value(facts)}"]
    return [f"- {_words(name)}: {_value(value)}" for name, value in facts.items()]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_words(name)} {_value(inner)}" for name, inner in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
