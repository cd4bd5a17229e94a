"""Short labels that a person can read, for any IRI of ours and any term of a known namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from progenitor.identifiers import ParsedIri, parse
from progenitor.model import Term
from progenitor.terms import DCTERMS, LABEL, PG, PROV, TYPE, VOPROV, compact

_UNSAID: Final = frozenset({"instrument", "skymap"})
"""Dimensions left out beside more telling ones: one value of them fills a whole repository."""

_TOLD_BY_FACTS: Final = frozenset({"dataset", "quantum"})
"""Kinds whose IRI says nothing to a person; the others name themselves."""

_DESCRIBED_BY: Final = VOPROV + "isDescribedBy"
_DATA_ID: Final = PG + "dataId"
_SPECIALIZATION_OF: Final = PROV + "specializationOf"
_ASSOCIATION: Final = PROV + "qualifiedAssociation"
_PLANNED_BY: Final = PG + "plannedBy"
_GENERATED: Final = PROV + "wasGeneratedBy"
_PART_OF: Final = DCTERMS + "isPartOf"
_INIT_QUANTUM: Final = PG + "InitQuantum"


_TELLING: Final = (
    _DESCRIBED_BY,
    _DATA_ID,
    _SPECIALIZATION_OF,
    _ASSOCIATION,
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
    if parsed is None or not parsed.keys:
        return compact(iri)
    if parsed.kind in _TOLD_BY_FACTS and what:
        telling = label_of(base, data_id) if data_id else "(init)" if init else _short(parsed.keys[-1])
        text = f"{name_of(base, what)} {telling}"
    else:
        text = _KINDS.get(parsed.kind, _anything)(parsed)
    if parsed.fragment and parsed.kind not in _NAMED_BY_FRAGMENT:
        part, _, key = parsed.fragment.partition("-")
        text = f"{text} {part} {_short(key)}".rstrip()
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
    what = next(
        (facts[name][quantum] for name in (_ASSOCIATION, _PLANNED_BY, _DESCRIBED_BY) if quantum in facts[name]), None
    )
    maker = facts[_GENERATED].get(iri, quantum)
    data_id = facts[_DATA_ID].get(iri) or facts[_DATA_ID].get(maker)
    return label_of(base, iri, what=what, data_id=data_id, init=quantum in init)


def dimensions(key: str) -> Iterator[tuple[str, str]]:
    """Yield the dimension names and values of a data ID's key.

    Parameters
    ----------
    key
        Percent-decoded: names and values alternating, joined by ``~``; a ``~`` inside a value is ``%7E``.
    """
    parts = [part.replace("%7E", "~") for part in key.split("~")]
    return zip(parts[::2], parts[1::2], strict=False)


def _data_id(key: str) -> str:
    """Write a data ID as people do: ``visit=2025110100010 detector=4``."""
    pairs = list(dimensions(key))
    telling = [pair for pair in pairs if pair[0] not in _UNSAID] or pairs
    return " ".join(f"{name}={value}" for name, value in telling) or key


def name_of(base: str, what: str) -> str:
    """Return the plain name of what things are examples of.

    Parameters
    ----------
    base
        The store's base IRI.
    what
        The IRI of a dataset type, a task class or a task as configured in a run (or the Association that quanta of it
        share); anything else is a name already.
    """
    parsed = parse(base, what)
    if parsed is None or not parsed.keys:
        return what
    return _class_name(parsed) if parsed.kind == "task" else parsed.keys[-1]


def _short(key: str) -> str:
    """Shorten a UUID or a digest to its last group: the first ones are a time, alike among siblings."""
    tail = key.rpartition("-")[2]
    return f"…{tail[-12:]}" if len(key) > 20 else key


def _class_name(parsed: ParsedIri) -> str:
    return parsed.keys[-1].rpartition(".")[2]


def _dataset(parsed: ParsedIri) -> str:
    return f"dataset {_short(parsed.keys[-1])}"


def _data(parsed: ParsedIri) -> str:
    return f"{parsed.keys[0]} {_data_id(parsed.keys[-1])}" if len(parsed.keys) > 1 else parsed.keys[0]


def _quantum(parsed: ParsedIri) -> str:
    return f"quantum {_short(parsed.keys[-1])}"


def _plan(parsed: ParsedIri) -> str:
    task = parsed.keys[-1]
    return f"{parsed.fragment} of {task}" if parsed.fragment else f"{task} as configured"


def _configuration(parsed: ParsedIri) -> str:
    return parsed.fragment or f"configuration {parsed.keys[-1][:8]}"


def _exposure(parsed: ParsedIri) -> str:
    return f"exposure {parsed.keys[-1]}"


def _raw(parsed: ParsedIri) -> str:
    return (
        f"raw image exposure={parsed.keys[1]} detector={parsed.keys[2]}" if len(parsed.keys) > 2 else _anything(parsed)
    )


def _anything(parsed: ParsedIri) -> str:
    """Name the kind and the last keys."""
    words = [parsed.kind.replace("-", " "), *(_short(key) for key in parsed.keys[-2:])]
    return " ".join(word for word in words if word)


def _last_key(parsed: ParsedIri) -> str:
    return parsed.keys[-1]


_KINDS: Final[dict[str, Callable[[ParsedIri], str]]] = {
    "dataset": _dataset,
    "data": _data,
    "data-id": lambda parsed: _data_id(parsed.keys[-1]),
    "dataset-type": _last_key,
    "quantum": _quantum,
    "task": _class_name,
    "collection": _last_key,
    "plan": _plan,
    "pipeline": lambda parsed: f"pipeline of {parsed.keys[-1]}",
    "config": _configuration,
    "software": lambda parsed: " ".join(parsed.keys),
    "software-environment": lambda parsed: f"software environment {parsed.keys[-1][:8]}",
    "host": _last_key,
    "agent": _last_key,
    "exposure": _exposure,
    "raw": _raw,
}
"""How each kind of docs/architecture.md is labelled."""

_NAMED_BY_FRAGMENT: Final = frozenset({"plan", "config"})
"""Kinds whose labels have the fragment in them; that of others is a part of theirs and is told after them."""
