"""What a product's own file says it was made from: the Butler provenance in FITS and Parquet headers.

Only the first bytes of a file are read: the cards of the primary header, or the footer of a Parquet file.
``DatasetProvenance.from_flat_dict`` of ``lsst.daf.butler`` asks the registry about every input; the identifiers are
all that is wanted here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lsst.resources import ResourcePath

from progenitor.errors import Place, SourceError

FITS_SUFFIXES: Final = (".fits", ".fits.gz", ".fits.fz", ".fit", ".fts")
PARQUET_SUFFIXES: Final = (".parq", ".parquet")

_BLOCK: Final = 2880
_MOST_BLOCKS: Final = 4096
_KEY: Final = re.compile(r"LSST[ .]BUTLER[ .](?:(QUANTUM)|INPUT[ .](\d+)[ .](.+))", re.IGNORECASE)
_KNOWN: Final = frozenset({"id", "run", "datasettype"})


@dataclass(frozen=True)
class FetchedInput:
    """An input that was read to make a product.

    Parameters
    ----------
    dataset
        UUID of the input.
    dataset_type, run
        What it is and where it is from, or None where the header is the short form.
    extras
        What the task said of it further, for example its weight in a coadd.
    """

    dataset: str
    dataset_type: str | None
    run: str | None
    extras: Mapping[str, object]


@dataclass(frozen=True)
class HeaderProvenance:
    """What a header says.

    Parameters
    ----------
    quantum
        UUID of the quantum that wrote the file, or None.
    inputs
        What was read for it, in the order of the header.
    """

    quantum: str | None
    inputs: tuple[FetchedInput, ...] = field(default=())


def has_header(location: ResourcePath) -> bool:
    """Whether a file is of a kind whose header may carry provenance, by its name."""
    return location.path.lower().endswith(FITS_SUFFIXES + PARQUET_SUFFIXES)


def read_header(location: ResourcePath) -> HeaderProvenance | None:
    """Read the provenance in a file's header, or return None where there is none.

    Parameters
    ----------
    location
        The file.

    Raises
    ------
    SourceError
        If the file is missing or is not what its name says.
    """
    place = Place(location.geturl())
    try:
        with location.open("rb") as stream:
            if location.path.lower().endswith(PARQUET_SUFFIXES):
                keys = _parquet_keys(stream)
            else:
                keys = dict(_fits_keys(stream, compressed=location.path.lower().endswith(".gz")))
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise SourceError(f"its header cannot be read: {error}", place=place) from error
    return _provenance(keys)


def _provenance(keys: Mapping[str, Any]) -> HeaderProvenance | None:
    """Pick the provenance from a header's keys."""
    quantum = None
    inputs: dict[int, dict[str, Any]] = {}
    for key, value in keys.items():
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        if match[1]:
            quantum = str(value).lower()
        else:
            inputs.setdefault(int(match[2]), {})[match[3].lower()] = value
    fetched = tuple(_fetched(entry) for _, entry in sorted(inputs.items()) if "id" in entry)
    return HeaderProvenance(quantum, fetched) if quantum or fetched else None


def _fetched(entry: dict[str, Any]) -> FetchedInput:
    extras = {name: value for name, value in sorted(entry.items()) if name not in _KNOWN}
    return FetchedInput(str(entry["id"]).lower(), entry.get("datasettype"), entry.get("run"), extras)


def _fits_keys(stream: Any, *, compressed: bool) -> Iterator[tuple[str, Any]]:
    """Read the Butler's keys of the primary header (FITS 4.0 section 4; HIERARCH and CONTINUE conventions)."""
    import gzip

    from astropy.io import fits

    source: Any = gzip.GzipFile(fileobj=stream) if compressed else stream
    pending = b""
    for card in _cards(source):
        if pending and card.startswith(b"CONTINUE"):
            pending += card
            continue
        if pending:
            yield _card(fits, pending)
        pending = card if card.startswith(b"HIERARCH LSST BUTLER ") else b""
    if pending:
        yield _card(fits, pending)


def _card(fits: Any, image: bytes) -> tuple[str, Any]:
    card = fits.Card.fromstring(image)
    return card.keyword, card.value


def _cards(stream: Any) -> Iterator[bytes]:
    """Read the 80-byte cards of a header up to END."""
    for number in range(_MOST_BLOCKS):
        block = stream.read(_BLOCK)
        if number == 0 and not block.startswith(b"SIMPLE  ="):
            raise ValueError("not a FITS file")
        if len(block) < _BLOCK:
            raise ValueError("the FITS header has no END")
        for start in range(0, _BLOCK, 80):
            card = block[start : start + 80]
            if card.rstrip() == b"END":
                return
            yield card
    raise ValueError("the FITS header has no END")


def _parquet_keys(stream: Any) -> Mapping[str, Any]:
    """Read the keys of a Parquet file: its own key-value metadata and the table metadata that astropy keeps there."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(stream).metadata or {}
    table = metadata.get(b"table_meta_yaml")
    keys = {key.decode(): value.decode(errors="replace") for key, value in metadata.items() if b"BUTLER" in key.upper()}
    if table and b"BUTLER" in table.upper():
        keys.update(_astropy_meta(table))
    return keys


def _astropy_meta(document: bytes) -> dict[str, Any]:
    """Read the ``meta`` of astropy's YAML description of a table, whose tags for units and arrays mean nothing here."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    try:
        content = yaml.load(document, Loader=Loader)  # noqa: S506 - a safe loader that builds nothing for other tags
    except yaml.YAMLError as error:
        raise ValueError(f"table_meta_yaml is not YAML: {error}") from None
    return dict(content.get("meta") or {}) if isinstance(content, dict) else {}
