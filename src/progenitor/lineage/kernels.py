"""Which kernel answers: numpy for small questions, compiled code where it is loaded or a question has grown large."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

from progenitor.errors import MissingExtraError, Place, StoreError
from progenitor.lineage.arrays import REBUILD
from progenitor.lineage.frontiers import Found, Search, search_levels
from progenitor.lineage.index import LineageIndex

PATIENCE: Final = 10_000_000
"""Edges that numpy follows before it gives way to compiled code.

By then it has spent about as long as loading that code takes, so no question takes much more than twice the time of
the better choice.
"""

_compiled: ModuleType | None = None


def search(index: LineageIndex, question: Search) -> Found:
    """Search with the kernel that suits the question; both give the same answer.

    Parameters
    ----------
    index
        The index.
    question
        What to follow from where.

    Raises
    ------
    StoreError
        If the index holds a number that no sound index has.
    """
    scratch = index.borrow_scratch()
    try:
        found = None if _compiled else search_levels(index, question, scratch, _gives_way)
        if found is None:
            found = load_compiled().search_compiled(index, question, scratch)
    except IndexError:
        raise StoreError("the lineage index is damaged", place=Place(index.directory), hint=REBUILD) from None
    index.return_scratch(scratch)
    return found


def _gives_way(edges: int) -> bool:
    return edges > PATIENCE and find_spec("numba") is not None


def load_compiled() -> ModuleType:
    """Load the compiled kernel for the rest of the process, as a long-lived one does when it starts.

    Raises
    ------
    MissingExtraError
        If numba is not installed.
    """
    global _compiled
    if _compiled is None:
        if find_spec("numba") is None:
            raise MissingExtraError("fast", "the compiled lineage kernel")
        _compiled = import_module("progenitor.lineage.compiled")
    return _compiled
