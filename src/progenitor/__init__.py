"""Progenitor: where did this come from, and what has come of it?

A W3C PROV / IVOA provenance graph for the Vera C. Rubin Observatory. `Progenitor.open` is the way in;
it is imported on first use so that ``import progenitor`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from progenitor.provenance import Progenitor

__all__ = ["Progenitor", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "Progenitor":
        from progenitor.provenance import Progenitor

        return Progenitor
    raise AttributeError(f"module 'progenitor' has no attribute {name!r}")
