"""What a graph says of CSCs, faults, targets, blocks and telemetry, held against the truth of a simulated night.

Each function returns the differences, one line each: an empty list is what is hoped for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from night.clock import day_obs_of, tai_instant, utc_iso
from night.truth import Exposure, Truth
from support.efd_graph import Statements

Differences = list[str]


def component_differences(graph: Statements, truth: Truth, day_obs: int) -> Differences:
    """Hold everything that the parts ``csc``, ``scheduler`` and ``telemetry`` say against the truth of a night.

    Parameters
    ----------
    graph
        With that night, and with the nights in which the components had been started.
    truth
        Of the simulation.
    day_obs
        The night.
    """
    exposures = [exposure for exposure in truth.exposures if _night_of(exposure.begin) == day_obs]
    keys = {key for exposure in exposures for key in exposure.cscs.values()}
    configurations = {key for exposure in exposures for key in exposure.csc_configurations.values()}
    targets = {key: target for key, target in truth.targets.items() if _night_of(target["sent"]) == day_obs}
    return [
        *states(graph, exposures),
        *runs(graph, {key: truth.csc_runs[key] for key in keys}),
        *configured(graph, {key: truth.csc_configurations[key] for key in configurations}),
        *faults(graph, truth, day_obs),
        *wanted(graph, targets),
        *blocks(graph, truth, day_obs),
        *slices(graph, exposures),
    ]


def states(graph: Statements, exposures: Iterable[Exposure]) -> Differences:
    """Hold what was in force for each exposure against the truth: nothing missing, nothing else."""

    def found(exposure: Exposure) -> Iterator[tuple[str, set[str], set[str]]]:
        state = graph.one(_iri(exposure), "pg:observatoryState") or ""
        in_force = graph.objects(state, "pg:inForce")
        runs = {f"csc-run/{key}" for key in exposure.cscs.values()}
        configurations = {f"csc-configuration/{key}" for key in exposure.csc_configurations.values()}
        yield exposure.obs_id, in_force, runs | configurations

    return _compared("in force for", (row for exposure in exposures for row in found(exposure)))


def runs(graph: Statements, known: Mapping[str, Mapping[str, Any]]) -> Differences:
    """Hold start, component and software of runs of components against the truth."""

    def found(key: str, run: Mapping[str, Any]) -> tuple[str, Any, Any]:
        name = f"csc-run/{key}"
        software = {(run["csc"].partition(":")[0], run["version"])}
        software |= {("ts_xml", run["xml_version"]), ("ts_sal", run["sal_version"])}
        software |= {tuple(pair.split("=")) for pair in run["subsystem_versions"].split(",") if pair}
        used = {text.removeprefix("software/") for text in graph.objects(name, "prov:used")}
        missing = {f"{package}/{version}" for package, version in software} - used
        others = {text.partition("/")[0] for text in used} - {package for package, _ in software}
        # What a scheduler depends on comes from another event.
        strange = set() if run["csc"].startswith("Scheduler:") else others
        agent = graph.one(name, "prov:wasAssociatedWith")
        started = graph.one(name, "prov:startedAtTime")
        return key, (agent, started, missing, strange), (f"csc/{run['csc']}", _utc(run["start"]), set(), set())

    return _compared("run", (found(key, run) for key, run in known.items()))


def configured(graph: Statements, known: Mapping[str, Mapping[str, Any]]) -> Differences:
    """Hold files, version and place of configurations of components against the truth."""

    def found(key: str, one: Mapping[str, Any]) -> tuple[str, Any, Any]:
        name = f"csc-configuration/{key}"
        said = (
            graph.objects(name, "pg:configurationFile"),
            graph.one(name, "voprov:version"),
            graph.one(name, "prov:atLocation"),
            graph.one(name, "prov:generatedAtTime"),
            graph.one(name, "prov:wasAttributedTo"),
        )
        files = set(one["configurations"].split(","))
        return key, said, (files, one["version"], one["url"], _utc(one["applied"]), f"csc/{one['csc']}")

    return _compared("configuration", (found(key, one) for key, one in known.items()))


def faults(graph: Statements, truth: Truth, day_obs: int) -> Differences:
    """Hold faults, their reports and the scripts that they ended against the truth: nothing missing, nothing else."""
    known = [fault for fault in truth.faults if _night_of(fault["at"]) == day_obs]

    def found(fault: Mapping[str, Any]) -> tuple[str, Any, Any]:
        name = f"fault/{fault['key']}"
        report = f"{name}#report"
        said = (
            graph.one(name, "prov:startedAtTime"),
            graph.one(report, "prov:wasGeneratedBy"),
            graph.one(report, "pg:errorCode"),
            graph.one(report, "pg:errorReport"),
            graph.subjects("prov:wasEndedBy", report),
        )
        ended = {f"script-run/{fault['ended']}"} if "ended" in fault else set()
        return fault["key"], said, (_utc(fault["at"]), name, str(fault["code"]), fault["report"], ended)

    begun = graph.subjects("rdf:type", "pg:Fault")
    others = begun - {f"fault/{fault['key']}" for fault in truth.faults}
    return _compared("fault", (found(fault) for fault in known)) + [f"a fault that was not: {name}" for name in others]


def wanted(graph: Statements, known: Mapping[str, Mapping[str, Any]]) -> Differences:
    """Hold the targets, what each was chosen from and the script it was for against the truth: nothing else."""

    def found(key: str, target: Mapping[str, Any]) -> tuple[str, Any, Any]:
        name = f"target/1/{key}"
        said = (
            graph.one(name, "prov:generatedAtTime"),
            graph.one(graph.one(name, "prov:wasGeneratedBy") or "", "prov:wasAssociatedWith"),
            graph.one(name, "prov:wasDerivedFrom"),
            graph.subjects("prov:used", name),
            {graph.one(script, "pg:targetEvidence") for script in graph.subjects("prov:used", name)} - {"index"},
        )
        # Of a target whose script never took an exposure the truth does not name the script.
        scripts = {f"script-run/{target['script']}"} if target["script"] else said[3]
        return key, said, (_utc(target["sent"]), "csc/Scheduler:1", target["snapshot"], scripts, set())

    told = {target for target, _ in graph.pairs("pg:rightAscension")}
    others = told - {f"target/1/{key}" for key in known}
    return _compared("target", (found(key, target) for key, target in known.items())) + [
        f"a target that was not: {name}" for name in others
    ]


def blocks(graph: Statements, truth: Truth, day_obs: int) -> Differences:
    """Hold the definitions of blocks, and the scripts that were queued by one, against the truth."""

    def found(block: str, known: Mapping[str, str]) -> tuple[str, Any, Any]:
        name = f"config/sha256/{hashlib.sha256(known['definition'].encode()).hexdigest()}"
        scripts = {
            f"script-run/{script.key}"
            for script in truth.scripts
            if script.block == block
            and script.requester.startswith("Scheduler")
            and script.process_start is not None
            and _night_of(script.process_start) == day_obs
        }
        said = (
            graph.one(name, "prov:specializationOf"),
            graph.one(name, "prov:value"),
            graph.one(name, "pg:blockHash"),
            graph.subjects("prov:used", name),
        )
        return block, said, (f"block/{block}", known["definition"], known["hash"], scripts)

    known = truth.blocks.items() if day_obs == truth.plan["day_obs"] else ()
    return _compared("block", (found(block, definition) for block, definition in known))


def slices(graph: Statements, exposures: Iterable[Exposure]) -> Differences:
    """Hold the window of each exposure's telemetry against the truth; its shutter is not open before it begins."""

    def found(exposure: Exposure) -> tuple[str, Any, Any]:
        name = graph.one(_iri(exposure), "pg:telemetry") or "///"
        _, telescope, begin, end = name.split("/")
        said = (
            telescope,
            begin <= exposure.begin,
            end,
            graph.one(name, "pg:windowBegin"),
            graph.one(name, "pg:windowEnd"),
            bool(graph.objects(graph.one(name, "pg:topics") or "", "pg:topic")),
        )
        here = "auxiliary" if exposure.instrument == "LATISS" else "Simonyi"
        return (
            exposure.obs_id,
            said,
            (here, True, exposure.end, _utc(begin) if begin else None, _utc(exposure.end), True),
        )

    return _compared("telemetry of", (found(exposure) for exposure in exposures))


def _compared(what: str, rows: Iterable[tuple[str, Any, Any]]) -> Differences:
    """Return a line for each row in which what was found is not what is known."""
    return [f"{what} {name}: {found} is not {known}" for name, found, known in rows if found != known]


def _iri(exposure: Exposure) -> str:
    return f"exposure/{exposure.instrument}/{exposure.id}"


def _night_of(tai: str) -> int:
    return day_obs_of(tai_instant(tai))


def _utc(tai: str) -> str:
    """Write an instant as the graph does: UTC, without zeros at the end."""
    text = utc_iso(tai_instant(tai), "microseconds").rstrip("0").rstrip(".")
    return f"{text}Z"
