"""A mapping folder: source.yml, views.sql and mapping.yml, read and checked as far as they can be without data.

A system that several mappings read is one folder with **parts**: sub-folders, each with a mapping.yml, views.sql and a
source.yml of the tables that it brings. The folder's own source.yml names them in order; what one creates, those after
it may use. The system is read once a partition, and what all parts make of it is one batch. **Shared** files of SQL,
which a source.yml names too, come before all views.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args

from progenitor.errors import MappingError, Place
from progenitor.mapping.document import MappingDocument
from progenitor.mapping.nodes import Node, read_yaml
from progenitor.mapping.yarrrml import read_mapping
from progenitor.model import PrivateColumns, PrivateKind, SourceDeclaration

SOURCE: Final = "source.yml"
VIEWS: Final = "views.sql"
MAPPING: Final = "mapping.yml"

_OWN_KEYS: Final = ("reader", "tables", "parts", "shared", "privacy")
"""Keys of a source.yml that are not options of the reader."""


@dataclass(frozen=True)
class MappingFolder:
    """What a mapping folder says.

    Parameters
    ----------
    name
        Of the folder, which is the name of the source; of a part, ``system/part``.
    path
        Of the folder.
    declaration
        source.yml, with the tables of the parts.
    views
        File -> its SQL, in the order in which they are run.
    document
        mapping.yml; that of a system with parts has the mappings of all, named ``part/mapping``.
    digest
        SHA-256 of all files.
    """

    name: str
    path: Path
    declaration: SourceDeclaration
    views: dict[Path, str]
    document: MappingDocument
    digest: str


@dataclass(frozen=True)
class _Source:
    """A source.yml before the tables of its parts are added."""

    declaration: SourceDeclaration
    parts: tuple[Path, ...]
    shared: tuple[Path, ...]


def load_folder(path: Path) -> MappingFolder:
    """Read a mapping folder; of a part: its own mapping, with the tables and the views of the whole system.

    Parameters
    ----------
    path
        The folder; it holds source.yml, mapping.yml (or parts that do) and, where rows need it, views.sql.

    Raises
    ------
    MappingError
        If a file is missing or wrong; it names file and line.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise MappingError("there is no such mapping folder", place=Place(path))
    system = system_of(folder)
    source = _read(system / SOURCE)
    members = source.parts or (system,)
    documents = {member: read_mapping(member / MAPPING) for member in members if folder in (member, system)}
    files = [system / SOURCE, *source.shared, *_files_of(members)]
    name = system.name if folder == system else f"{system.name}/{folder.name}"
    return MappingFolder(
        name,
        folder,
        read_source(system / SOURCE),
        {file: text for file in (*source.shared, *(member / VIEWS for member in members)) if (text := _sql(file))},
        documents[folder] if folder in documents else _merged(system, documents),
        _digest(system, files),
    )


def system_of(path: Path) -> Path:
    """Return the folder that has this one as a part; where there is none, itself."""
    folder = path.resolve()
    above = folder.parent / SOURCE
    return folder.parent if above.is_file() and folder in _read(above).parts else folder


def members_of(path: Path) -> tuple[Path, ...]:
    """Return the folders that hold the mappings of one: its parts, or itself."""
    folder = path.resolve()
    return (_read(folder / SOURCE).parts if system_of(folder) == folder else ()) or (folder,)


def read_source(file: Path) -> SourceDeclaration:
    """Read a source.yml: the reader, its options, and the tables (those of its parts too) with what of them is private.

    Raises
    ------
    MappingError
        If the file is not YAML, names no reader, or ``tables`` is not a collection of tables; if two parts have a
        table of one name.
    """
    source = _read(file)
    tables = dict(source.declaration.tables)
    private = dict(source.declaration.privacy)
    for part in source.parts:
        keys = _keys_of_part(part / SOURCE)
        for name, (node, options) in _tables(keys).items():
            if name in tables:
                raise node.error(f"another part, or the system, has a table {name!r} already")
            tables[name] = options
        private |= _privacy_of_part(keys)
    return replace(source.declaration, tables=tables, privacy=private)


def _read(file: Path) -> _Source:
    root = read_yaml(file)
    keys = root.entries()
    if "reader" not in keys:
        raise root.error("there is no key 'reader'")
    declaration = SourceDeclaration(
        reader=keys["reader"].text(),
        tables={name: options for name, (_, options) in _tables(keys).items()},
        options={name: node.value() for name, node in keys.items() if name not in _OWN_KEYS},
        file=file,
        privacy=_privacy(keys),
    )
    return _Source(declaration, _paths(keys, "parts", Path.is_dir), _paths(keys, "shared", Path.is_file))


def _paths(keys: dict[str, Node], name: str, exists: Callable[[Path], bool]) -> tuple[Path, ...]:
    """Return the files or folders that a key of source.yml lists, relative to the file."""
    found = []
    for node in keys[name].items() if name in keys else ():
        path = (node.file.parent / node.text()).resolve()
        if not exists(path):
            raise node.error(f"there is no {node.text()!r} beside this file")
        found.append(path)
    return tuple(found)


def _keys_of_part(file: Path) -> dict[str, Node]:
    """Read the source.yml of a part; one that brings no tables has none."""
    if not file.exists():
        return {}
    keys = read_yaml(file).entries()
    if unknown := keys.keys() - {"tables", "privacy"}:
        name = min(unknown)
        raise keys[name].error(f"a part has tables, not {name!r}: that belongs into the source.yml of the system")
    return keys


def _privacy_of_part(keys: dict[str, Node]) -> PrivateColumns:
    """Return what a part says is private, of its own tables only."""
    private = _privacy(keys)
    if others := private.keys() - _tables(keys).keys():
        name = min(others)
        raise keys["privacy"].entries()[name].error(f"this part has no table {name!r}")
    return private


def _privacy(keys: dict[str, Node]) -> PrivateColumns:
    tables = keys["privacy"].entries() if "privacy" in keys else {}
    return {table: {name: _kind(node) for name, node in columns.entries().items()} for table, columns in tables.items()}


def _kind(node: Node) -> PrivateKind:
    for kind in get_args(PrivateKind):
        if node.text() == kind:
            return kind  # type: ignore[no-any-return]
    raise node.error(f"a private column holds {', '.join(get_args(PrivateKind))}, not {node.describe()}")


def _tables(keys: dict[str, Node]) -> dict[str, tuple[Node, dict[str, Any]]]:
    entries = keys["tables"].entries() if "tables" in keys else {}
    return {name: (node, _options(node)) for name, node in entries.items()}


def _options(node: Node) -> dict[str, Any]:
    """Return a table's options; a table may have none."""
    if node.is_null:
        return {}
    node.entries()
    value: dict[str, Any] = node.value()
    return value


def _merged(system: Path, documents: dict[Path, MappingDocument]) -> MappingDocument:
    mappings = tuple(
        replace(mapping, name=f"{part.name}/{mapping.name}")
        for part, document in documents.items()
        for mapping in document.mappings
    )
    base = next((document.base for document in documents.values() if document.base), None)
    return MappingDocument(system / SOURCE, base, mappings)


def _files_of(members: Sequence[Path]) -> list[Path]:
    files = [member / name for member in members for name in (SOURCE, VIEWS, MAPPING)]
    return [file for file in files if file.exists()]


def _sql(file: Path) -> str:
    if not file.exists():
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"cannot be read: {error}", place=Place(file)) from None


def _digest(system: Path, files: Sequence[Path]) -> str:
    """Digest the files with their names and lengths, so that no text can move from one to another unseen."""
    digest = hashlib.sha256()
    for file in dict.fromkeys(files):
        content = file.read_bytes()
        digest.update(f"{os.path.relpath(file, system)} {len(content)}\n".encode() + content)
    return digest.hexdigest()
