"""A row for each exposure of a night, as a graph leads from the exposure to it, held against the truth table.

Script, version, configuration, requester, block, program, flags: each is reached from the exposure by the relations of
the graph alone, as a person would who asks where an image came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from night.clock import day_obs_of, tai_instant, utc_iso
from night.truth import Exposure, Script, Truth
from support.efd_graph import Statements

Row = dict[str, set[str]]
"""Column -> what stands in it: nothing where there is nothing."""


def tonight(truth: Truth, nights: Iterable[int]) -> list[Exposure]:
    """Return the exposures that began in some nights."""
    wanted = set(nights)
    return [exposure for exposure in truth.exposures if day_obs_of(tai_instant(exposure.begin)) in wanted]


def table_differences(statements: Statements, truth: Truth, nights: Sequence[int]) -> list[str]:
    """Hold the table of some nights against the truth, cell by cell.

    Parameters
    ----------
    statements
        The graph of those nights, with the flags of the exposure log.
    truth
        What happened.
    nights
        Days of observation.

    Returns
    -------
    list of str
        Exposures that are missing or never were, and cells that are wrong, one line each.
    """
    expected = {_iri(exposure): true_row(truth, exposure) for exposure in tonight(truth, nights)}
    taken = {iri for iri in statements.subjects("rdf:type", "pg:Exposure") if statements.objects(iri, "rdfs:label")}
    differences = [f"{iri}: is not in the graph" for iri in sorted(expected.keys() - taken)]
    differences += [f"{iri}: never was" for iri in sorted(taken - expected.keys())]
    for iri, true in expected.items():
        found = found_row(statements, iri)
        differences += [
            f"{iri}: {column} is {sorted(found[column])}, not {sorted(cell)}"
            for column, cell in true.items()
            if found[column] != cell
        ]
    return differences


def unfounded(statements: Statements, truth: Truth, nights: Sequence[int]) -> list[str]:
    """Hold the table of some nights of which records were lost against the truth.

    Parameters
    ----------
    statements
        The graph of what is left.
    truth
        What happened.
    nights
        Days of observation.

    Returns
    -------
    list of str
        Cells in which something stands that is not true, and cells that are empty where no gap says so.
    """
    lines = []
    for exposure in tonight(truth, nights):
        iri, true = _iri(exposure), true_row(truth, exposure)
        if not statements.objects(iri, "rdfs:label"):
            continue  # no record is left of it
        found = found_row(statements, iri)
        lines += [
            f"{iri}: {column} is {sorted(found[column] - true[column])}, which is not true"
            for column in found.keys() - {"gaps", "flags"}
            if found[column] - true[column]
        ]
        lines += [f"{iri}: {silence}" for silence in _silences(found, exposure)]
    return lines


def _silences(row: Row, exposure: Exposure) -> Iterator[str]:
    """Yield what a row neither tells nor says to be unknown."""
    if row["script run"]:
        if not row["version"] and "pg:NoScriptVersion" not in row["gaps"]:
            yield "no version, and no gap"
        if not row["configuration"] and "pg:NoRequest" not in row["gaps"]:
            yield "no configuration, and no gap"
    elif ("pg:NoScript" if row["taken by"] else "pg:ScriptUnknown") not in row["gaps"]:
        yield f"no script, and the gaps are {sorted(row['gaps'])}"
    elif exposure.script and "pg:NoScript" in row["gaps"]:
        yield "is said to have had no script"


def found_row(statements: Statements, iri: str) -> Row:
    """Return what a graph says of an exposure."""

    def follow(things: Iterable[str], predicate: str) -> set[str]:
        return {value for thing in things for value in statements.objects(thing, predicate)}

    runs = statements.objects(iri, "prov:wasInformedBy")
    used = follow(runs, "prov:used")
    block_runs = follow(runs, "prov:wasInformedBy")
    script_configs = statements.subjects("voprov:isDescribedBy", "dataset-type/script-config")
    return {
        "script run": runs,
        "script": follow(runs, "voprov:isDescribedBy"),
        "version": follow(runs, "pg:plan"),
        "configuration": used & script_configs,
        "requester": follow(follow(runs, "prov:wasStartedBy"), "prov:wasAttributedTo"),
        "block": {thing for thing in used | follow(block_runs, "prov:used") if thing.startswith("block/")},
        "block run": block_runs,
        "taken by": statements.objects(iri, "prov:wasAssociatedWith"),
        # Of what no other system contradicts, the camera's word; once its sources are reconciled, the exposure's own.
        "program": statements.objects(iri, "pg:scienceProgram")
        or statements.objects(f"{iri}#record-camera", "pg:scienceProgram"),
        "flags": _found_flags(statements, iri),
        "gaps": (statements.objects(iri, "pg:gap") | follow(runs, "pg:gap")) - {"pg:NotInButler", "pg:NotInConsDB"},
    }


def true_row(truth: Truth, exposure: Exposure) -> Row:
    """Return what the truth table says of an exposure."""
    script = next((script for script in truth.scripts if script.key == exposure.script), None)
    return _true_script(script, exposure) | {
        "taken by": set() if script else {_agent(exposure.identity)},
        "program": {exposure.program},
        "flags": {
            " ".join((flag["flag"], flag["who"], _utc(flag["when"]), flag["why"], flag["edited_by"] or ""))
            for flag in exposure.flags
        },
        "gaps": _true_gaps(exposure),
    }


def _true_script(script: Script | None, exposure: Exposure) -> Row:
    columns = ("script run", "script", "version", "configuration", "requester", "block", "block run")
    if script is None:
        return {column: set() for column in columns}
    assert exposure.requester is not None
    path = exposure.script_path
    versioned = f"software/{script.repository}/{exposure.script_version}/{path}"
    return {
        "script run": {f"script-run/{exposure.script}"},
        "script": {f"script/{script.repository}/{path}"},
        "version": {versioned} if exposure.script_version else set(),
        "configuration": {f"config/sha256/{exposure.config_sha256}"},
        "requester": {_agent(exposure.requester)},
        "block": {f"block/{exposure.block}"} if exposure.block else set(),
        "block run": {f"block-run/{exposure.block_run}"} if exposure.block_run else set(),
    }


def _true_gaps(exposure: Exposure) -> set[str]:
    """Return what nobody recorded of an exposure and of the run of its script."""
    gaps = {
        "pg:NoScript": exposure.script is None,
        "pg:NoScriptVersion": exposure.script is not None and exposure.script_version is None,
        "pg:NoCommand": exposure.script is not None and "identity" not in exposure.evidence,
        "pg:NoEndReadout": not exposure.end_readout,
    }
    return {gap for gap, is_there in gaps.items() if is_there}


def _found_flags(statements: Statements, iri: str) -> set[str]:
    """Return the flags that hold: which, whose, since when, why, and who edited it."""
    flags = set()
    for message in statements.subjects("pg:about", iri):
        flag = statements.one(message, "pg:exposureFlag")
        if flag is None or statements.objects(message, "prov:invalidatedAtTime"):
            continue
        author = statements.one(message, "prov:wasAttributedTo") or ""
        edit = statements.one(message, "prov:wasGeneratedBy")
        editor = statements.one(edit, "prov:wasAssociatedWith") if edit else None
        since, why = (statements.one(message, name) or "" for name in ("prov:generatedAtTime", "prov:value"))
        flags.add(" ".join((flag, author.removeprefix("agent/"), since, why, (editor or "").removeprefix("agent/"))))
    return flags


def _iri(exposure: Exposure) -> str:
    return f"exposure/{exposure.instrument}/{exposure.id}"


def _agent(identity: str) -> str:
    return f"agent/{identity.partition('@')[0]}" if "@" in identity else f"csc/{identity}"


def _utc(tai: str) -> str:
    return utc_iso(tai_instant(tai), "microseconds").rstrip("0").rstrip(".") + "Z"
