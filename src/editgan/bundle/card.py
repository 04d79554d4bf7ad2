"""The model card: a bundle's README.md, written from the facts its trainings left."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from editgan.bundle.bundle import ModelBundle

TITLES = {
    "data": "Data and terms",
    "gan": "Generator and discriminator",
    "encoder": "Encoder",
    "embedding": "Embedding of held-out photos",
    "branch": "Segmentation branch",
    "aligner": "Aligner",
}


def model_card(bundle: "ModelBundle") -> str:
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
    for name, network in bundle.networks.items():
        lines.append(f"| {name} | {sum(p.numel() for p in network.parameters()):,} |")
    if bundle.schema is not None:
        lines += ["", f"Parts: {', '.join(bundle.schema.names)}."]
    for key, title in TITLES.items():
        if key in bundle.facts:
            lines += ["", f"## {title}", "", *_section(bundle.facts[key])]
    for weakness in bundle.facts.get("weak", [])[:1]:
        lines += ["", "## What is still weak", "", f"- {weakness}"]
    lines += [f"- {weakness}" for weakness in bundle.facts.get("weak", [])[1:]]
    return "\n".join(lines) + "\n"


def _section(facts: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in facts.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{k} {_number(v)}" for k, v in value.items())
            lines.append(f"- {_words(name)}: {inner}")
        else:
            lines.append(f"- {_words(name)}: {_number(value)}")
    return lines


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
