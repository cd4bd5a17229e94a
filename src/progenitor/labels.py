"""Short labels that a person can read, for any IRI of ours and any term of a known namespace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from progenitor.identifiers import parse
from progenitor.kinds import class_name, name_of_kind, short, with_fragment
from progenitor.model import Term
from progenitor.terms import DCTERMS, LABEL, PG, PROV, TYPE, VOPROV, compact

_TOLD_BY_FACTS: Final = frozenset({"dataset", "quantum"})
"""Kinds whose IRI says nothing to a person; the others name themselves."""

_FILES: Final = ("http://", "https://", "file://", "s3://")
"""What a URL of a file or a page begins with; in any other IRI the last part says too little."""

_DESCRIBED_BY: Final = VOPROV + "isDescribedBy"
_DATA_ID: Final = PG + "dataId"
_SPECIALIZATION_OF: Final = PROV + "specializationOf"
_PLAN: Final = PG + "plan"
_PLANNED_BY: Final = PG + "plannedBy"
_GENERATED: Final = PROV + "wasGeneratedBy"
_PART_OF: Final = DCTERMS + "isPartOf"
_INIT_QUANTUM: Final = PG + "InitQuantum"


_TELLING: Final = (
    _DESCRIBED_BY,
    _DATA_ID,
    _SPECIALIZATION_OF,
    _PLAN,
    _PLANNED_BY,
    _GENERATED,
    _PART_OF,
    LABEL,
)
"""Properties that labels are made of."""


def label_of(base: str, iri: str, *, what: str | None = None, data_id: str | None = None, init: bool = False) -> str:
    """Return a short readable label.

    Parameters
    ----------
    base
        The store's base IRI.
    iri
        Of anything: a thing of ours, a term, or a stranger.
    what
        What it is an example of, where that is known: the IRI or the plain name of a dataset type or a task.
    data_id
        The IRI of its data ID, where that is known.
    init
        Whether it is the init quantum of a task, which has no data ID.

    Returns
    -------
    str
        For example ``deepCoadd tract=0 patch=3 band=i``, ``isr exposure=2025110100010 detector=4``,
        ``prov:used``; the IRI itself where nothing shorter says what it is.
    """
    text = _text(base, iri, what, data_id, init)
    # A key may hold anything; a label goes to terminals, pictures and XML.
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _text(base: str, iri: str, what: str | None, data_id: str | None, init: bool) -> str:
    parsed = parse(base, iri)
    if parsed is None:
        return _stranger(iri)
    if not parsed.keys:
        return iri
    if parsed.kind in _TOLD_BY_FACTS and what:
        telling = label_of(base, data_id) if data_id else "(init)" if init else short(parsed.keys[-1])
        text = with_fragment(f"{name_of(base, what)} {telling}", parsed)
    else:
        text = name_of_kind(parsed)
    if parsed.kind in _TOLD_BY_FACTS and data_id and not what:
        text = f"{text} {label_of(base, data_id)}"
    return text


def labels_of(base: str, statements: Iterable[tuple[str, str, Term]]) -> dict[str, str]:
    """Return the label of every subject and of everything of ours that is spoken of.

    It is the ``rdfs:label`` where there is one, else what `label_of` makes of what is known.

    Parameters
    ----------
    base
        The store's base IRI.
    statements
        Subject, predicate and object of what is known; a dataset is labelled by what describes it and what it
        specializes (or by the data ID of the quantum that made it), a quantum and its attempts by the label of its
        task and its data ID.
    """
    facts: dict[str, dict[str, str]] = {name: {} for name in _TELLING}
    things: dict[str, None] = {}
    init: set[str] = set()
    for subject, predicate, term in statements:
        things[subject] = None
        if term.is_iri and term.value.startswith(base):
            things[term.value] = None
        if predicate == TYPE and term.value == _INIT_QUANTUM:
            init.add(subject)
        known = facts.get(predicate)
        if known is not None:
            # The least of several, so that the order they come in does not matter.
            known[subject] = min(term.value, known.get(subject, term.value))
    return {iri: facts[LABEL].get(iri) or _told(base, iri, facts, init) for iri in things}


def _told(base: str, iri: str, facts: dict[str, dict[str, str]], init: set[str]) -> str:
    """Label a thing by what is known of it, of the quantum that made it, or of the quantum it is an attempt of."""
    general = facts[_SPECIALIZATION_OF].get(iri, "")
    if iri not in facts[_DATA_ID] and general.startswith(base + "data/"):
        return label_of(base, general)
    quantum = facts[_PART_OF].get(iri, iri)
    # People know a task by its label in the pipeline, which its plan has, rather than by its class.
    what = next((facts[name][quantum] for name in (_PLAN, _PLANNED_BY, _DESCRIBED_BY) if quantum in facts[name]), None)
    maker = facts[_GENERATED].get(iri, quantum)
    data_id = facts[_DATA_ID].get(iri) or facts[_DATA_ID].get(maker)
    return label_of(base, iri, what=what, data_id=data_id, init=quantum in init)


def _stranger(iri: str) -> str:
    """Name a file by the last part of its URL, a term by its CURIE; anything else is written out."""
    known = compact(iri)
    if known != iri or not iri.startswith(_FILES) or "?" in iri or "#" in iri:
        return known
    _, _, path = iri.partition("://")[2].partition("/")
    return unquote(path.rpartition("/")[2]) or iri


def name_of(base: str, what: str) -> str:
    """Return the plain name of what things are examples of.

    Parameters
    ----------
    base
        The store's base IRI.
    what
        The IRI of a dataset type, a task class or a task as configured in a run; anything else is a name already.
    """
    parsed = parse(base, what)
    if parsed is None or not parsed.keys:
        return what
    return class_name(parsed) if parsed.kind == "task" else parsed.keys[-1]
