"""The queries of examples/queries, asked of what a source has become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyoxigraph

from night.truth import Exposure
from progenitor.provenance import Progenitor
from progenitor.store.answers import Solutions
from progenitor.terms import PREFIXES
from support.butler import BASE
from support.cache import CHECKOUT
from support.night_services import XSD, moment, text, utc_of


def ask(
    query: str, archives: Iterable[Path], more: str = "", instead: Mapping[str, str] | None = None
) -> list[tuple[str, ...]]:
    """Return the rows that a query of ``examples/queries`` gives of archives: values as text, IRIs without the base.

    Parameters
    ----------
    query
        Its name.
    archives
        Parquet files of triples.
    more
        Further triples, in Turtle, relative to the base.
    instead
        What is asked about: words of the query, and what stands in their place.
    """
    store = pyoxigraph.Store()
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in PREFIXES.items())
    triples = "".join(f"{s} {p} {o} .\n" for archive in archives for s, p, o in _rows(archive))
    store.load(triples.encode(), pyoxigraph.RdfFormat.N_TRIPLES)
    store.load((prefixes + more).encode(), pyoxigraph.RdfFormat.TURTLE, base_iri=BASE)
    found = store.query(prefixes + query_about(query, instead or {}))
    assert isinstance(found, pyoxigraph.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [tuple(_plain(row[name]) for name in names) for row in found]


def query_about(query: str, instead: Mapping[str, str]) -> str:
    """Return a query of ``examples/queries`` about something else than it is about there."""
    text = (CHECKOUT / "examples" / "queries" / f"{query}.rq").read_text()
    for words, others in instead.items():
        assert words in text, f"{query} does not say {words}"
        text = text.replace(words, others)
    return text


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


def answers(
    progenitor: Progenitor, query: str, instead: Mapping[str, str] | None = None
) -> list[dict[str, str | None]]:
    """Return the rows that a query of ``examples/queries`` gives of a store, by variable.

    Parameters
    ----------
    progenitor
        The store.
    query
        Its name.
    instead
        As in `ask`.
    """
    found = progenitor.query(query_about(query, instead or {}))
    assert isinstance(found, Solutions)
    base = progenitor.base
    return [
        {
            name: None if term is None else str(term.value).removeprefix(base)
            for name, term in zip(found.variables, row, strict=True)
        }
        for row in found
    ]
