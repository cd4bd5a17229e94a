"""The queries of examples/queries, asked of what a source has become."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyoxigraph

from night.truth import Exposure
from progenitor.terms import PREFIXES
from support.butler import BASE
from support.cache import CHECKOUT
from support.night_services import XSD, moment, text, utc_of


def ask(query: str, archives: Iterable[Path], more: str = "") -> list[tuple[str, ...]]:
    """Return the rows that a query of ``examples/queries`` gives of archives: values as text, IRIs without the base.

    Parameters
    ----------
    query
        Its name.
    archives
        Parquet files of triples.
    more
        Further triples, in Turtle, relative to the base.
    """
    store = pyoxigraph.Store()
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in PREFIXES.items())
    triples = "".join(f"{s} {p} {o} .\n" for archive in archives for s, p, o in _rows(archive))
    store.load(triples.encode(), pyoxigraph.RdfFormat.N_TRIPLES)
    store.load((prefixes + more).encode(), pyoxigraph.RdfFormat.TURTLE, base_iri=BASE)
    found = store.query(prefixes + (CHECKOUT / "examples" / "queries" / f"{query}.rq").read_text())
    assert isinstance(found, pyoxigraph.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [tuple(_plain(row[name]) for name in names) for row in found]


def _rows(archive: Path) -> list[tuple[str, str, str]]:
    table = pq.read_table(archive)
    return list(zip(*(table[name].to_pylist() for name in "spo"), strict=True))


def _plain(term: Any) -> str:
    return "" if term is None else str(term.value).removeprefix(BASE)


def exposures_in_turtle(exposures: Iterable[Exposure]) -> str:
    """Return what reconciliation says of exposures: their names, and when they began."""
    return "".join(
        f"<exposure/{e.instrument}/{e.id}> a pg:Exposure ; rdfs:label {text(e.obs_id)} ;"
        f" prov:startedAtTime {moment(utc_of(e.begin)).replace('^^<' + XSD, '^^xsd:').rstrip('>')} .\n"
        for e in exposures
    )
