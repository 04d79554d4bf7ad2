"""Semantic image editing by painting: repaint a part of a photo, and the photo follows."""

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle, save_bundle
from editgan.core.labels import LabelSchema
from editgan.editing.composition import Composition
from editgan.editing.vector import EditVector
from editgan.editor import Editor

__all__ = [
    "Composition",
    "EditVector",
    "Editor",
    "LabelSchema",
    "ModelBundle",
    "load_bundle",
    "save_bundle",
]
