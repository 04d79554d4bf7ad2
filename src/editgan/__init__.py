"""Semantic image editing by painting: repaint a part of a photo, and the photo follows."""

from editgan.bundle.bundle import ModelBundle
from editgan.core.labels import LabelSchema
from editgan.editing.vectors import EditVector
from editgan.editor import Editor

__all__ = ["EditVector", "Editor", "LabelSchema", "ModelBundle"]
