"""The validator: reads statements, applies the constraints as PROV-CONSTRAINTS section 7 has them, and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from progenitor.validate.constraints.components import order_of
from progenitor.validate.constraints.cycles import find_cycles
from progenitor.validate.constraints.events import event_graph
from progenitor.validate.constraints.evidence import Evidence
from progenitor.validate.constraints.impossible import impossibilities, types_of
from progenitor.validate.constraints.merging import merge
from progenitor.validate.constraints.read import Document, Numbers, read
from progenitor.validate.constraints.relations import Relations, relations_of
from progenitor.validate.constraints.report import Violation
from progenitor.validate.constraints.rules import NAMES
from progenitor.validate.constraints.tell import Teller
from progenitor.validate.constraints.times import find_disorders, stamps_of
from progenitor.validate.constraints.vocabulary import Kind

if TYPE_CHECKING:
    import pyarrow as pa

LIMIT: Final = 100
"""Violations of a rule that are listed, unless another number is asked for."""

_Finding = TypeVar("_Finding")


def validate_constraints(
    triples: pa.Table | Sequence[Path], *, limit: int = LIMIT, memory_limit: int = 2**30, threads: int = 2
) -> list[Violation]:
    """Check statements against PROV-CONSTRAINTS (W3C Recommendation, 30 April 2013), and their times.

    Every graph is an instance of its own. Terms of PROV-O count, in shortcut and qualified form; all others are passed
    over. What RDF cannot say is not checked: a component that is left out is unknown, never absent. Times are compared
    as instants; one without a time zone is UTC, and what is no xsd:dateTime is not compared.

    Parameters
    ----------
    triples
        Columns ``s``, ``p``, ``o`` and perhaps ``g`` of N-Triples terms: a table (see
        `progenitor.validate.constraints.read.columns_of`), or archive files, which are taken together.
    limit
        How many violations of each rule to list, at least 1; the last one says how many more there are.
    memory_limit
        Bytes that DuckDB may use before it spills to disk.
    threads
        That it may use.

    Returns
    -------
    list of Violation
        By rule, the actual times last; within a rule always in the same order.

    Raises
    ------
    StoreError
        If a file cannot be read, or memory or disk do not suffice.
    """
    document = read(triples, memory_limit=memory_limit, threads=threads)
    stated = relations_of(document)
    relations, clashes, standing = merge(stated, _constants(document, stated))
    types = types_of(document, relations, standing)
    teller = Teller(relations, Evidence(document, relations, standing))
    impossible = impossibilities(relations, types)
    disputed = frozenset(clash.difference.rows[1] for clash in clashes if clash.difference.component == "time")
    found = [
        *_told(clashes, limit, lambda clash: clash.rule, teller.clash),
        *_told(impossible, limit, lambda wrong: wrong.rule, teller.impossibility),
        *_specializations(relations, teller, limit),
        *_events(document, relations, types, disputed, teller, limit),
    ]
    return sorted(found, key=lambda violation: violation.rule or max(NAMES) + 1)


def _constants(document: Document, relations: Relations) -> NDArray[np.bool_]:
    """Return which terms are names or values; blank nodes are variables."""
    constant = np.zeros(relations.size, bool)
    constant[: relations.named] = pc.invert(pc.starts_with(document.names, "_:")).to_numpy()
    return constant


def _told(
    findings: Iterable[_Finding], limit: int, rule: Callable[[_Finding], int], tell: Callable[[_Finding], Violation]
) -> list[Violation]:
    """Tell the first findings of each rule, and how many more there are."""
    told: list[Violation] = []
    counts: Counter[int] = Counter()
    for finding in findings:
        counts[rule(finding)] += 1
        if counts[rule(finding)] <= limit:
            told.append(tell(finding))
    last = {violation.rule: place for place, violation in enumerate(told)}
    for number, place in last.items():
        told[place] = replace(told[place], more=max(0, counts[number or 0] - limit))
    return told


def _with_more(told: list[Violation], more: int) -> list[Violation]:
    """Say with the last violation how many more there are."""
    return [*told[:-1], replace(told[-1], more=more)] if told else []


def _specializations(relations: Relations, teller: Teller, limit: int) -> list[Violation]:
    """Check that nothing is a specialization of itself (Inference 19, Constraint 52)."""
    rows = relations.rows(Kind.SPECIALIZATION)
    general, specific = relations.columns["object"][rows], relations.columns["subject"][rows]
    order = order_of(relations.size, general, specific)
    cycles = find_cycles(general, specific, np.ones(len(rows), bool), order, limit)
    # Told from the specific to the general, as the statements are.
    return _with_more([teller.specialization(rows[edges[::-1]].tolist()) for edges in cycles.found], cycles.left)


def _events(
    document: Document,
    relations: Relations,
    types: Numbers,
    disputed: frozenset[int],
    teller: Teller,
    limit: int,
) -> list[Violation]:
    """Check the order of events (Constraints 30 to 49) and their times."""
    events = event_graph(relations, types)
    order = order_of(len(events.events), events.earlier, events.later)
    cycles = find_cycles(events.earlier, events.later, events.strict, order, limit)
    stamps = stamps_of(relations, events, document.instants, disputed)
    disorders, more = find_disorders(events, order, stamps, limit)
    return [
        *_with_more([teller.cycle(events, edges) for edges in cycles.found], cycles.left),
        *_with_more([teller.disorder(events, wrong) for wrong in disorders], more),
    ]
