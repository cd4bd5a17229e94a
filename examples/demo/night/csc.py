"""CSCs: their runs, versions, configurations, states and faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from night.bus import Process
from night.clock import SECOND, tai_iso, tai_seconds
from night.observatory import Observatory

DISABLED, ENABLED, FAULT, OFFLINE, STANDBY = 1, 2, 3, 4, 5
XML_VERSION = "24.4.0"
SAL_VERSION = "8.2.3"
_MAIN_CONFIGURATIONS = "ts_config_mttcs"
_AUX_CONFIGURATIONS = "ts_config_attcs"


@dataclass(frozen=True)
class Component:
    """A CSC as it is deployed.

    Parameters
    ----------
    name
        With its index where it is indexed.
    version
        Of its software.
    subsystems
        ``name=version`` of what it controls.
    configurations
        Repository of its configuration; None where it is not configurable.
    """

    name: str
    version: str
    subsystems: str = ""
    configurations: str | None = None


MAIN = (
    Component("MTCamera", "1.18.2", "focal-plane=2.3.1,mcm=3.0.5,fcs=1.7.0", "ts_config_mtcamera"),
    Component("MTHeaderService", "3.8.1"),
    Component("MTOODS", "2.6.0"),
    Component("MTMount", "0.32.0", "tma-management=3.1.8", _MAIN_CONFIGURATIONS),
    Component("MTRotator", "1.9.2", "", _MAIN_CONFIGURATIONS),
    Component("MTAOS", "0.21.1", "", _MAIN_CONFIGURATIONS),
    Component("ScriptQueue:1", "2.20.0"),
    Component("Scheduler:1", "2.9.1", "", "ts_config_scheduler"),
)
AUXILIARY = (
    Component("ATCamera", "1.9.0", "", "ts_config_atcamera"),
    Component("ATHeaderService", "3.8.1"),
    Component("ATOODS", "2.6.0"),
    Component("ATMCS", "1.3.4", "", _AUX_CONFIGURATIONS),
    Component("ScriptQueue:2", "2.20.0"),
)


class Csc:
    """A CSC, from one start of its process to the next.

    Parameters
    ----------
    observatory
        Where it runs.
    component
        What is deployed.
    skew
        How far its clock is ahead.
    """

    def __init__(self, observatory: Observatory, component: Component, skew: int = 0) -> None:
        self._observatory = observatory
        self.component = component
        self._skew = skew
        self.process = observatory.process(component.name, skew)

    def start(self, component: Component | None = None) -> Process:
        """Start its process, as another version where one is given, and enable it.

        Returns
        -------
        Process
            The new process: sequence numbers begin again.
        """
        self.component = component or self.component
        observatory, component = self._observatory, self.component
        self.process = process = observatory.process(component.name, self._skew)
        began = process.event(
            "softwareVersions",
            salVersion=SAL_VERSION,
            xmlVersion=XML_VERSION,
            cscVersion=component.version,
            subsystemVersions=component.subsystems,
        )
        key = f"{component.name}/{tai_iso(began.sent)}"
        observatory.truth.csc_runs[key] = {
            "csc": component.name,
            "start": tai_iso(began.sent),
            "version": component.version,
            "xml_version": XML_VERSION,
            "sal_version": SAL_VERSION,
            "subsystem_versions": component.subsystems,
        }
        observatory.in_force[component.name] = key
        process.event("simulationMode", mode=0)
        process.event("summaryState", summaryState=STANDBY)
        if component.configurations:
            self.configure("_init.yaml,_summit.yaml", "v0.11.2-3-g5d1c0de")
        for state in (DISABLED, ENABLED):
            process.event("summaryState", summaryState=state)
        return process

    def configure(self, files: str, version: str) -> None:
        """Apply a configuration."""
        name, _, _ = self.component.name.partition(":")
        url = f"file:///home/saluser/{self.component.configurations}/{name}/v5"
        applied = self.process.event(
            "configurationApplied", configurations=files, version=version, url=url, schemaVersion="v5", otherInfo=""
        )
        key = f"{self.component.name}/{tai_iso(applied.sent)}"
        self._observatory.truth.csc_configurations[key] = {
            "csc": self.component.name,
            "applied": tai_iso(applied.sent),
            "configurations": files,
            "version": version,
            "url": url,
        }
        self._observatory.configured[self.component.name] = key

    def fail(self, code: int, report: str) -> str:
        """Go to FAULT and return the fault's key."""
        process = self.process
        error = process.event("errorCode", errorCode=code, errorReport=report, traceback="")
        process.event("summaryState", summaryState=FAULT)
        process.event(
            "logMessage",
            name=self.component.name,
            level=40,
            message=f"Fault {code}: {report}",
            traceback="",
            filePath="csc.py",
            functionName="fault",
            lineNumber=812,
            process=process.origin,
            timestamp=tai_seconds(process.reading),
        )
        key = f"{self.component.name}/{tai_iso(error.sent)}"
        fault = {"key": key, "csc": self.component.name, "at": tai_iso(error.sent), "code": code, "report": report}
        self._observatory.truth.faults.append(fault)
        return key

    def recover(self) -> Iterator[int]:
        """Return from FAULT to ENABLED, which takes half a minute."""
        for state in (STANDBY, DISABLED, ENABLED):
            yield self._observatory.now + 10 * SECOND
            self.process.event("summaryState", summaryState=state)
            if state == STANDBY:
                self.process.event("errorCode", errorCode=0, errorReport="", traceback="")


class Fleet:
    """Every CSC of the two telescopes."""

    def __init__(self, observatory: Observatory) -> None:
        def skew(name: str) -> int:
            if name.startswith("ScriptQueue"):
                return observatory.queue_skew
            return observatory.scheduler_skew if name.startswith("Scheduler") else 0

        self.observatory = observatory
        self.cscs = {
            component.name: Csc(observatory, component, skew(component.name)) for component in MAIN + AUXILIARY
        }

    def start_all(self, at: int) -> Iterator[int]:
        """Start every CSC, one a second."""
        for number, csc in enumerate(self.cscs.values()):
            yield at + number * SECOND
            csc.start()

    def of(self, queue: int) -> list[str]:
        """Return the names of the CSCs of a script queue's telescope."""
        return [component.name for component in (MAIN if queue == 1 else AUXILIARY)]

    def __getitem__(self, name: str) -> Csc:
        return self.cscs[name]
