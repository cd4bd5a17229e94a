"""Which files of an export hold which database of an InfluxDB: as line protocol, or as decoded Kafka messages.

The name of a file, or of the folder it lies in, tells the database of line protocol (``efd.lp.gz``,
``efd/2025-11-01.lp.gz``) and the topic of messages (``lsst.obsenv.summary.jsonl``). Of a database with dots in its name
the last part is enough: ``obsenv.lp`` is of ``lsst.obsenv``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from progenitor.errors import Place, SourceError
from progenitor.sources.exports.files import bare_name, below, read_pieces

LINES: Final = ".lp"
MESSAGES: Final = (".jsonl", ".ndjson")
_KAFKA: Final = "kafka"
_CONTEXT: Final = b"# CONTEXT-DATABASE:"


@dataclass(frozen=True)
class LineFile:
    """A file of line protocol.

    Parameters
    ----------
    path
        Where it is.
    database
        Whose points it holds; None where only lines in it tell.
    """

    path: Path
    database: str | None


@dataclass(frozen=True)
class MessageFile:
    """A file of messages.

    Parameters
    ----------
    path
        Where it is.
    database, topic
        What they are.
    """

    path: Path
    database: str
    topic: str


def find_files(location: Path, database: str, others: Collection[str]) -> list[LineFile] | list[MessageFile]:
    """Return the files of a source, by name: line protocol, or where there is none, messages.

    Parameters
    ----------
    location
        A folder of line protocol, or with a folder ``kafka`` or files of messages; or one such file.
    database
        That of the source: of a single file whose name does not tell, and of topics that are of no other.
    others
        Further databases that tables are of; theirs are the topics that begin with their name.

    Raises
    ------
    SourceError
        If there is neither, or nothing of one of the databases.
    """
    files = below(location)
    if lines := [path for path in files if bare_name(path)[1] == LINES]:
        return _line_files(location, lines, database, others)
    messages = [path for path in files if bare_name(path)[1] in MESSAGES]
    if location.is_dir() and (kafka := location / _KAFKA).is_dir():
        messages = [path for path in below(kafka) if bare_name(path)[1] in MESSAGES]
    if not messages:
        raise SourceError(
            "there is no export of an InfluxDB",
            place=Place(location),
            hint="line protocol is in files *.lp, decoded Kafka messages in kafka/<topic>.jsonl; .gz and .zst too",
        )
    return [
        MessageFile(path, _database_of(_topic(path, location), database, others), _topic(path, location))
        for path in messages
    ]


def _line_files(location: Path, paths: list[Path], database: str, others: Collection[str]) -> list[LineFile]:
    databases = sorted({database, *others})
    found = []
    for path in paths:
        named = [name for name in databases if _names(path, location) & {name, name.rpartition(".")[2]}]
        if named:
            found.append(LineFile(path, named[0]))
        elif _CONTEXT in next(read_pieces(path), b""):
            found.append(LineFile(path, None))
        elif path == location:
            found.append(LineFile(path, database))
    told = {file.database for file in found}
    if None not in told and (absent := [name for name in databases if name not in told]):
        raise SourceError(
            f"there is no line protocol of the database {absent[0]!r}",
            place=Place(location),
            hint=f"the name tells the database: {absent[0]}.lp.gz; there are {', '.join(path.name for path in paths)}",
        )
    return found


def _names(path: Path, location: Path) -> set[str]:
    """Return what may name the content of a file: its own name, and that of its folder below the location."""
    name = bare_name(path)[0]
    return {name} if path.parent == location or path == location else {name, path.parent.name}


def _topic(path: Path, location: Path) -> str:
    name = bare_name(path)[0]
    folders = {location, location / _KAFKA, location.parent if location.is_file() else location}
    return name if path.parent in folders else path.parent.name


def _database_of(topic: str, database: str, others: Collection[str]) -> str:
    """Return the database of a topic: the one with the longest name that the topic begins with."""
    return max((name for name in others if topic.startswith(f"{name}.")), key=len, default=database)
