"""The Butler: what was processed from what, by which task, with which configuration and software, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from progenitor.errors import ConfigurationError, MissingExtraError, Place
from progenitor.model import SourceDeclaration
from progenitor.sources.butler.tables import SCHEMAS

if TYPE_CHECKING:
    from progenitor.sources.reader import Reader

__all__ = ["SCHEMAS", "open_reader"]


def open_reader(declaration: SourceDeclaration, location: str, options: Mapping[str, Any]) -> Reader:
    """Open a Butler repository.

    Parameters
    ----------
    declaration
        The source.yml; its options are the defaults of those given.
    location
        Folder, ``butler.yaml``, URL, or alias of a repository; or one provenance quantum graph file (``.qg``).
    options
        ``label``, ``graph``, ``headers``: see `options.ButlerOptions`.

    Raises
    ------
    ConfigurationError
        If an option is unknown or has a value it cannot have.
    MissingExtraError
        If the Butler's packages are not installed.
    SourceError
        If there is no repository, or it cannot be read.
    """
    try:
        import lsst.daf.butler
        import lsst.pipe.base.quantum_graph  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("butler", "reading a Butler repository") from None
    from progenitor.sources.butler.lone_graph import LoneGraphReader
    from progenitor.sources.butler.options import parse_options
    from progenitor.sources.butler.reader import ButlerReader
    from progenitor.sources.butler.repository import Repository

    source = declaration.file.parent.name
    chosen = parse_options({**declaration.options, **options}, Place(declaration.file))
    if not location.endswith(".qg"):
        return ButlerReader(source, Repository(location, chosen.label), chosen)
    if chosen.label is None:
        raise ConfigurationError(
            "a quantum graph file does not name its repository",
            place=Place(location),
            hint="give the option 'label': the name that identifiers of the repository have",
        )
    return LoneGraphReader(source, location, chosen.label)
