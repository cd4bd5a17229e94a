"""What a graph says of a night's scripts and of their environment, held against the truth table."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from night.clock import day_obs_of, tai_instant, utc_microseconds
from night.truth import Script, Truth
from support.efd_graph import Statements

Facts = dict[str, Any]


def script_differences(statements: Statements, truth: Truth, nights: Collection[int]) -> list[str]:
    """Compare every script whose process began in some nights with the truth.

    Parameters
    ----------
    statements
        The graph of those nights.
    truth
        What happened.
    nights
        Days of observation.

    Returns
    -------
    list of str
        What is not as it should be, one line each.
    """
    scripts = {
        f"script-run/{script.key}": script
        for script in truth.scripts
        if script.process_start and day_obs_of(tai_instant(script.process_start)) in nights
    }
    runs = statements.subjects("rdf:type", "pg:ScriptRun")
    differences = [f"{run}: is not in the graph" for run in sorted(scripts.keys() - runs)]
    differences += [f"{run}: never was" for run in sorted(runs - scripts.keys())]
    for run in sorted(runs & scripts.keys()):
        differences += _compared(run, _found(statements, run), _true(scripts[run]))
    return differences


def environment_differences(statements: Statements, truth: Truth) -> list[str]:
    """Compare the observing environments of a graph, which follow one another, with the truth."""
    differences, before = [], None
    times = utc_microseconds([tai_instant(held["from"]) for held in truth.environment])
    expected = [f"observing-environment/{time // 1000}" for time in times]
    found = statements.subjects("rdf:type", "pg:ObservingEnvironment")
    differences += [f"{environment}: never was" for environment in sorted(found - set(expected))]
    for environment, held in zip(expected, truth.environment, strict=True):
        parts = {f"software/{name}/{version}" for name, version in held["versions"].items()}
        true: Facts = {"parts": parts, "before": before}
        told: Facts = {
            "parts": statements.objects(environment, "dcterms:hasPart"),
            "before": statements.one(environment, "prov:wasRevisionOf"),
        }
        differences += _compared(environment, told, true)
        before = environment
    return differences


def _compared(what: str, found: Facts, true: Facts) -> Iterator[str]:
    for name, value in true.items():
        if found[name] != value:
            yield f"{what}: {name} is {found[name]!r}, should be {value!r}"


def _true(script: Script) -> Facts:
    """Return what a graph should say of a script."""
    start = tai_instant(script.process_start or "")
    status = script.script_state if script.process_state == "DONE" else script.process_state
    identity = script.requester
    return {
        "start": _utc(start),
        "script": f"script/{script.repository}/{script.path}",
        "plan": f"software/{script.repository}/{script.version}/{script.path}" if script.version else None,
        "plan_evidence": "time" if script.version else None,
        "config_sha256": script.config_sha256,
        "config": script.config,
        "description": script.description or None,
        "requester": f"agent/{identity.partition('@')[0]}" if "@" in identity else f"csc/{identity}",
        "start_evidence": "command",
        "block": script.block,
        "block_run": script.block_run,
        "state_reached": script.script_state if status == "TERMINATED" else None,
        "status": {"DONE": "SUCCESSFUL"}.get(status, status),
        "groups": {script.group} - {None},
        "visit": script.visit,
        "queue": f"csc/ScriptQueue:{script.queue}",
        "gaps": set() if script.version else {"pg:NoScriptVersion"},
    }


def _found(statements: Statements, run: str) -> Facts:
    """Return what a graph says of a script run; what it uses as a plan, it must have used."""
    one = statements.one
    used, informed = statements.objects(run, "prov:used"), statements.objects(run, "prov:wasInformedBy")
    request = one(run, "prov:wasStartedBy") or ""
    # The definition of its block is a configuration, too.
    config = _of_kind(used & statements.subjects("voprov:isDescribedBy", "dataset-type/script-config"), "config") or ""
    block_run = _of_kind(informed, "block-run")
    block = _of_kind(statements.objects(f"block-run/{block_run}", "prov:used") if block_run else used, "block")
    plan = one(run, "pg:plan")
    announced = statements.objects(run, "pg:visitAnnouncedAtTime")
    canceled = statements.objects(run, "pg:visitCanceledAtTime")
    return {
        "start": one(run, "prov:startedAtTime"),
        "script": one(run, "voprov:isDescribedBy"),
        "plan": plan if plan is None or plan in used else f"{plan}, which it has not used",
        "plan_evidence": one(run, "pg:versionEvidence"),
        "config_sha256": config.removeprefix("sha256/"),
        "config": one(f"config/{config}", "prov:value"),
        "description": one(request, "dcterms:description"),
        "requester": one(request, "prov:wasAttributedTo"),
        "start_evidence": one(run, "pg:requestEvidence"),
        "block": block,
        "block_run": block_run,
        "state_reached": one(run, "pg:scriptState"),
        "status": one(run, "pg:status"),
        "groups": statements.objects(run, "pg:group"),
        "visit": "cancelled" if canceled else "announced" if announced else None,
        "queue": one(run, "prov:wasAssociatedWith"),
        "gaps": statements.objects(run, "pg:gap"),
    }


def _of_kind(things: Collection[str], kind: str) -> str | None:
    """Return the key of the one thing of a kind, None where there is none."""
    found = [thing.removeprefix(f"{kind}/") for thing in things if thing.startswith(f"{kind}/")]
    assert len(found) <= 1, found
    return found[0] if found else None


def _utc(instant: int) -> str:
    """Write an instant as xsd:dateTime in its canonical form."""
    utc = datetime(1970, 1, 1) + timedelta(microseconds=utc_microseconds([instant])[0])
    return f"{utc.isoformat(timespec='microseconds').rstrip('0').rstrip('.')}Z"
