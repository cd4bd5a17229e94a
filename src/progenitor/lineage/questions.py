"""What is asked of a node of each kind, to count what belongs to it."""

from __future__ import annotations

from typing import Final


def _quanta_of(plan: str, found_by: str = "") -> str:
    """Return the pattern of the quanta of plans, run or only planned, with their status or that they are init quanta.

    What finds the plans is in both branches, so that neither is evaluated for every plan of the store.
    """
    return f"""
        {{ {found_by} ?quantum pg:plan {plan} }}
        UNION {{ {found_by} ?quantum pg:plannedBy {plan} }}
        OPTIONAL {{ ?quantum pg:status ?status }} OPTIONAL {{ ?quantum a ?init FILTER(?init = pg:InitQuantum) }}"""


_QUANTA_BY_PLAN: Final = "OPTIONAL { ?quantum pg:plan|pg:plannedBy ?what }"

_PROCESSING: Final[dict[str, dict[str, str]]] = {
    "collection": {
        "datasets": "{this} prov:hadMember ?thing . ?thing voprov:isDescribedBy ?what",
        "members": """?state prov:specializationOf {this} ; prov:hadMember ?thing .
            OPTIONAL { ?thing voprov:isDescribedBy ?type } OPTIONAL { ?thing pg:collectionType ?collection }
            BIND(COALESCE(?type, CONCAT(?collection, " collection"), "not in this store") AS ?what)""",
        "quanta": _quanta_of("?what", "{this} pg:pipeline ?pipeline . ?what dcterms:isPartOf ?pipeline ."),
        "tasks run with": """{ SELECT DISTINCT ?plan ?what WHERE {
            {this} pg:pipeline ?pipeline . ?plan dcterms:isPartOf ?pipeline .
            ?quantum pg:plan ?plan ; prov:wasAssociatedWith ?what } }""",
        "in collections": "?state prov:hadMember {this} ; prov:specializationOf ?what",
    },
    "pipeline": {"quanta": _quanta_of("?what", "?what dcterms:isPartOf {this} .")},
    "plan": {"quanta": _quanta_of("{this}")},
    "task": {
        "quanta": _quanta_of("?what", "?what voprov:isDescribedBy {this} ; a prov:Plan ."),
        "runs": """?plan voprov:isDescribedBy {this} ; dcterms:isPartOf ?pipeline . ?what pg:pipeline ?pipeline""",
    },
    "config": {
        "plans": "?what pg:configuration {this}",
        "datasets": "?thing prov:specializationOf {this} ; voprov:isDescribedBy ?what",
    },
    "software-environment": {"quanta": "?quantum prov:wasAssociatedWith {this} ." + _QUANTA_BY_PLAN},
    "software": {"software environments": "?what dcterms:hasPart {this}"},
    "host": {
        "quanta": "?quantum prov:atLocation {this} FILTER NOT EXISTS { ?quantum a pg:Attempt }" + _QUANTA_BY_PLAN,
        "attempts": "?quantum prov:atLocation {this} ; a pg:Attempt ; pg:status ?what",
    },
    "agent": {
        "collections": "?what prov:wasAttributedTo {this} ; pg:collectionType ?kind",
        "quanta": "?quantum prov:wasAssociatedWith {this} ." + _QUANTA_BY_PLAN,
    },
    "dataset-type": {
        "datasets": "?thing voprov:isDescribedBy {this} . ?what prov:hadMember ?thing ; pg:collectionType 'RUN'",
        "planned datasets": """?thing voprov:isDescribedBy {this} ; a pg:PlannedDataset .
            ?quantum pg:plannedOutput ?thing ; pg:plannedBy ?what""",
    },
    "data": {"datasets": "?thing prov:specializationOf {this} . ?what prov:hadMember ?thing ; pg:collectionType 'RUN'"},
    "data-id": {
        "datasets": """?data pg:dataId {this} . ?thing prov:specializationOf ?data ; voprov:isDescribedBy ?what""",
        "runs": """?data pg:dataId {this} . ?thing prov:specializationOf ?data .
            ?what prov:hadMember ?thing ; pg:collectionType 'RUN'""",
        "planned datasets": "?thing pg:dataId {this} ; a pg:PlannedDataset ; voprov:isDescribedBy ?what",
        "quanta": "?quantum pg:dataId {this} ; pg:plan|pg:plannedBy ?what",
        "exposures": "?exposure pg:dataId {this} ; a pg:Exposure BIND('exposure' AS ?what)",
    },
    "quantum": {"planned outputs": "{this} pg:plannedOutput ?thing . ?thing voprov:isDescribedBy ?what"},
    "raw": {"datasets": "?thing prov:specializationOf {this} ; voprov:isDescribedBy ?what"},
}

_TAKEN: Final = "pg:instrument ?what"
_SCRIPT: Final = "voprov:isDescribedBy ?what"
_RUNS_OF_BLOCK: Final = "?block prov:used {this} . ?run prov:wasInformedBy ?block"
_ASKED_FOR: Final = f"?request prov:wasAttributedTo {{this}} . ?run prov:wasStartedBy ?request ; {_SCRIPT}"
_IN_FORCE: Final = f"?state pg:inForce {{this}} . ?it pg:observatoryState ?state ; {_TAKEN}"
_MESSAGES_ABOUT: Final = """?it pg:about {this} ; a pg:LogMessage FILTER NOT EXISTS { ?it prov:wasInvalidatedBy ?edit }
    OPTIONAL { ?it pg:exposureFlag ?flag } BIND(COALESCE(?flag, "unflagged") AS ?what)"""

_OBSERVING: Final[dict[str, dict[str, str]]] = {
    "exposure": {"log messages": _MESSAGES_ABOUT},
    "night": {
        "exposures": f"{{this}} pg:dayObs ?day . ?it pg:dayObs ?day ; a pg:Exposure ; {_TAKEN}",
        "log messages": _MESSAGES_ABOUT,
    },
    "group": {"members": "{this} prov:hadMember ?what"},
    "block": {
        "script runs": f"{_RUNS_OF_BLOCK} ; {_SCRIPT}",
        "exposures": f"{_RUNS_OF_BLOCK} . ?it prov:wasInformedBy ?run ; {_TAKEN}",
    },
    "block-run": {
        "script runs": f"?run prov:wasInformedBy {{this}} ; {_SCRIPT}",
        "exposures": f"?run prov:wasInformedBy {{this}} . ?it prov:wasInformedBy ?run ; {_TAKEN}",
    },
    "script": {"script runs": "?run voprov:isDescribedBy {this} ; a pg:ScriptRun ; prov:wasAssociatedWith ?what"},
    "script-run": {"exposures": f"?it prov:wasInformedBy {{this}} ; a pg:Exposure ; {_TAKEN}"},
    "script-request": {"script runs": f"?run prov:wasStartedBy {{this}} ; {_SCRIPT}"},
    "image-request": {"exposures": f"?it prov:wasStartedBy {{this}} ; {_TAKEN}"},
    "target": {"script runs": f"?run prov:used {{this}} ; {_SCRIPT}"},
    "csc": {
        "runs": "?what prov:wasAssociatedWith {this} ; a pg:CscRun",
        "configurations": "?what prov:wasAttributedTo {this} ; a pg:CscConfiguration",
        "faults": "?what prov:wasAssociatedWith {this} ; a pg:Fault",
        "script runs": f"?run prov:wasAssociatedWith {{this}} ; a pg:ScriptRun ; {_SCRIPT}",
        "script runs asked for": _ASKED_FOR,
    },
    "csc-run": {"configurations": "?what prov:wasGeneratedBy {this}", "exposures": _IN_FORCE},
    "csc-configuration": {"exposures": _IN_FORCE},
    "observatory-state": {"exposures": f"?it pg:observatoryState {{this}} ; {_TAKEN}"},
    "focal-plane": {"exposures": f"?it prov:used {{this}} ; {_TAKEN}"},
    "telemetry": {"exposures": f"?it pg:telemetry {{this}} ; {_TAKEN}"},
    "system": {
        "tickets": "?it pg:about {this} ; a pg:Ticket ; pg:ticketType ?what",
        "parts": "?what dcterms:isPartOf {this}",
    },
    "log-stream": {"lines": "?it dcterms:isPartOf {this} OPTIONAL { ?it pg:severity ?what }"},
    "agent": {
        "script runs asked for": _ASKED_FOR,
        "exposures asked for": f"""?request prov:wasAttributedTo {{this}} ; a pg:ImageRequest .
            ?it prov:wasStartedBy ?request ; {_TAKEN}""",
        "log messages": """?it prov:wasAttributedTo {this} ; a pg:LogMessage
            BIND(STRBEFORE(STRAFTER(STR(?it), "/log/"), "/") AS ?what)""",
        "tickets": "?it prov:wasAttributedTo {this} ; a pg:Ticket ; pg:ticketType ?what",
    },
}

QUESTIONS: Final[dict[str, dict[str, str]]] = {
    kind: {**_PROCESSING.get(kind, {}), **_OBSERVING.get(kind, {})} for kind in (_PROCESSING | _OBSERVING)
}
"""Kind of IRI -> relation -> the SPARQL pattern that finds ``?what`` is counted, and perhaps its ``?status``."""
