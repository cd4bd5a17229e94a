"""A mapping folder: source.yml, views.sql and mapping.yml, read and checked as far as they can be without data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from progenitor.errors import MappingError, Place
from progenitor.mapping.document import MappingDocument
from progenitor.mapping.nodes import Node, read_yaml
from progenitor.mapping.yarrrml import read_mapping
from progenitor.model import SourceDeclaration

SOURCE: Final = "source.yml"
VIEWS: Final = "views.sql"
MAPPING: Final = "mapping.yml"


@dataclass(frozen=True)
class MappingFolder:
    """What a mapping folder says.

    Parameters
    ----------
    name
        Of the folder, which is the name of the source.
    path
        Of the folder.
    declaration
        source.yml.
    views
        The text of views.sql; empty where there is no such file.
    document
        mapping.yml.
    digest
        SHA-256 of the three files.
    """

    name: str
    path: Path
    declaration: SourceDeclaration
    views: str
    document: MappingDocument
    digest: str


def load_folder(path: Path) -> MappingFolder:
    """Read a mapping folder.

    Parameters
    ----------
    path
        The folder; it holds source.yml, mapping.yml and, where rows need it, views.sql.

    Raises
    ------
    MappingError
        If a file is missing or wrong; it names file and line.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise MappingError("there is no such mapping folder", place=Place(path))
    declaration = read_source(folder / SOURCE)
    views = _read_views(folder / VIEWS)
    return MappingFolder(
        folder.name,
        folder,
        declaration,
        views,
        read_mapping(folder / MAPPING),
        _digest(folder, (SOURCE, VIEWS, MAPPING)),
    )


def read_source(file: Path) -> SourceDeclaration:
    """Read a source.yml: the reader, the tables with their options, and the reader's other options.

    Raises
    ------
    MappingError
        If the file is not YAML, names no reader, or ``tables`` is not a collection of tables.
    """
    root = read_yaml(file)
    keys = root.entries()
    if "reader" not in keys:
        raise root.error("there is no key 'reader'")
    tables = keys["tables"].entries() if "tables" in keys else {}
    return SourceDeclaration(
        reader=keys["reader"].text(),
        tables={name: _options(node) for name, node in tables.items()},
        options={name: node.value() for name, node in keys.items() if name not in ("reader", "tables")},
        file=file,
    )


def _options(node: Node) -> dict[str, Any]:
    """Return a table's options; a table may have none."""
    if node.is_null:
        return {}
    node.entries()
    value: dict[str, Any] = node.value()
    return value


def _read_views(file: Path) -> str:
    if not file.exists():
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"cannot be read: {error}", place=Place(file)) from None


def _digest(folder: Path, names: tuple[str, ...]) -> str:
    """Digest the files with their names and lengths, so that no text can move from one to another unseen."""
    digest = hashlib.sha256()
    for name in names:
        content = (folder / name).read_bytes() if (folder / name).exists() else b""
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
