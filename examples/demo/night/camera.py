"""A camera at work: commands, the events of an exposure, its header, its ingest at the summit, and its ConsDB row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from night import images
from night.agenda import Act
from night.bus import COMPLETE, IN_PROGRESS, Process
from night.clock import MILLISECOND, SECOND, tai_iso, tai_seconds
from night.csc import Fleet
from night.observatory import Observatory
from night.shots import Camera, Shot
from night.truth import Exposure, Script

_COMMANDED_AHEAD = 600 * MILLISECOND


@dataclass(frozen=True)
class Asker:
    """What asks a camera for images.

    Parameters
    ----------
    process
        Who sends the command.
    kind
        ``script``, ``notebook`` or ``playlist``.
    script
        The script it is.
    target
        Key of the scheduler's target that it observes.
    """

    process: Process
    kind: str
    script: Script | None = None
    target: str | None = None


@dataclass(frozen=True)
class Order:
    """One takeImages command.

    Parameters
    ----------
    shots
        The images it asks for, one after the other.
    group
        The group id it gives them; None where it gives none.
    group_kind
        ``time``, ``numbered``, ``block`` or ``none``.
    lost
        Whether the archive misses the command.
    contradicted_by
        The script that the group is of, although it does not ask for these images.
    note
        The observer's note.
    """

    shots: Sequence[Shot]
    group: str | None
    group_kind: str
    lost: bool = False
    contradicted_by: str | None = None
    note: str = ""


@dataclass
class Irregular:
    """Which exposures something is missing of, by observation id."""

    end_readout: set[str] = field(default_factory=set)
    oods: set[str] = field(default_factory=set)


class CameraControl:
    """A camera with its header service and its ingest.

    Parameters
    ----------
    observatory
        Where it is.
    fleet
        The CSCs, the camera's among them.
    camera
        Which.
    irregular
        The exposures that something will be missing of.
    on_header
        Told an exposure and its order when the header is complete, for ConsDB.
    """

    def __init__(
        self,
        observatory: Observatory,
        fleet: Fleet,
        camera: Camera,
        irregular: Irregular,
        on_header: Callable[[Shot, Exposure], None],
    ) -> None:
        self._observatory = observatory
        self._fleet = fleet
        self._camera = camera
        self._irregular = irregular
        self._on_header = on_header

    def take(self, asker: Asker, order: Order) -> Act:
        """Carry out a command; what follows an exposure goes on by itself."""
        first = order.shots[0]
        csc = self._fleet[self._camera.csc].process
        yield first.begin - _COMMANDED_AHEAD
        command = asker.process.command(
            csc.identity,
            "takeImages",
            lost=order.lost,
            numImages=len(order.shots),
            expTime=first.seconds,
            shutter=first.kind not in ("bias", "dark"),
            sensors="",
            keyValueMap=images.key_value_map(first, order.group),
            obsNote=order.note,
        )
        yield first.begin - _COMMANDED_AHEAD + 100 * MILLISECOND
        csc.acknowledge(command, IN_PROGRESS, lost=order.lost)
        for number, shot in enumerate(order.shots, start=1):
            exposure = self._true(shot, asker, order, number)
            yield from self._expose(csc, shot, exposure, order)
        csc.acknowledge(command, COMPLETE, lost=order.lost)

    def _true(self, shot: Shot, asker: Asker, order: Order, number: int) -> Exposure:
        """Write down what is true of an exposure."""
        observatory, script = self._observatory, asker.script
        names = self._fleet.of(self._camera.queue)
        exposure = Exposure(
            id=shot.id,
            obs_id=shot.obs_id,
            instrument=self._camera.instrument,
            day_obs=shot.day_obs,
            seq_num=shot.seq_num,
            begin=tai_iso(shot.begin),
            end=tai_iso(shot.end),
            type=shot.kind,
            reason=shot.reason,
            program=shot.program,
            target_name=shot.target,
            physical_filter=shot.physical_filter,
            group=order.group,
            group_kind=order.group_kind,
            cur_index=number,
            max_index=len(order.shots),
            taken_by=asker.kind,
            identity=asker.process.identity,
            contradicted_by=order.contradicted_by,
            target=asker.target,
            cscs={name: observatory.in_force[name] for name in names},
            csc_configurations={name: key for name in names if (key := observatory.configured.get(name))},
            end_readout=shot.obs_id not in self._irregular.end_readout,
            butler=shot.butler,
        )
        if script is not None:
            _link(exposure, script, order)
        observatory.truth.exposures.append(exposure)
        return exposure

    def _expose(self, csc: Process, shot: Shot, exposure: Exposure, order: Order) -> Act:
        names = images.additional(shot, order.group) | images.names(shot, exposure.cur_index, exposure.max_index)
        yield shot.begin - 200 * MILLISECOND
        names["timestampAcquisitionStart"] = tai_seconds(csc.reading)
        csc.event("startIntegration", **names, exposureTime=shot.seconds, mode="TIME", timeout=0.0)
        csc.event("imageReadoutParameters", **images.readout_parameters(shot))
        yield shot.begin
        csc.event("startShutterOpen", timestampTransition=tai_seconds(shot.begin))
        yield shot.end + 1800 * MILLISECOND
        if exposure.end_readout:
            readout = tai_seconds(csc.reading)
            csc.event("endReadout", **names, requestedExposureTime=shot.seconds, timestampEndOfReadout=readout)
        yield self._observatory.now + 100 * MILLISECOND
        csc.event(
            "endOfImageTelemetry",
            **names,
            exposureTime=shot.seconds,
            imageTag=hashlib.sha256(shot.obs_id.encode()).hexdigest()[:16],
            timestampDateObs=tai_seconds(shot.begin),
            timestampDateEnd=tai_seconds(shot.end),
            measuredShutterOpenTime=shot.seconds if shot.sees_sky else 0.0,
            darkTime=shot.seconds,
            emulatedImage="playlist" if exposure.taken_by == "playlist" else "",
        )
        self._observatory.agenda.start(self._afterwards(shot, exposure))

    def describe_focal_plane(self) -> None:
        """Publish what the camera is made of."""
        self._fleet[self._camera.csc].process.event("focalPlaneSummaryInfo", **images.focal_plane(self._camera))

    def _afterwards(self, shot: Shot, exposure: Exposure) -> Act:
        """Write the header, ingest the detectors, and hand the header on to ConsDB."""
        yield self._observatory.now + 2 * SECOND
        self._write_header(shot, exposure)
        yield self._observatory.now + 4 * SECOND
        oods = self._fleet[self._camera.oods].process
        for raft, sensor in self._camera.detectors:
            failed = shot.obs_id in self._irregular.oods and (raft, sensor) == self._camera.detectors[-1]
            oods.event(
                "imageInOODS",
                camera=self._camera.instrument,
                obsid=shot.obs_id,
                raft=raft,
                sensor=sensor,
                statusCode=1 if failed else 0,
                description="FITS file could not be read" if failed else "file ingested",
            )
            exposure.oods[f"{raft}_{sensor}"] = 1 if failed else 0
        yield self._observatory.now + 20 * SECOND
        self._on_header(shot, exposure)

    def _write_header(self, shot: Shot, exposure: Exposure) -> None:
        service = self._camera.header_service
        header = images.header(shot, exposure.group)
        date = str(shot.day_obs)
        folder = f"{images.LFA}/{service}/header/{date[:4]}/{date[4:6]}/{date[6:]}"
        exposure.header = f"{folder}/{service}_header_{shot.obs_id}.yaml"
        self._fleet[service].process.event(
            "largeFileObjectAvailable",
            url=exposure.header,
            generator=service,
            version=1.0,
            byteSize=len(header),
            checkSum=hashlib.md5(header.encode()).hexdigest(),
            mimeType="text/yaml",
            id=shot.obs_id,
        )


def _link(exposure: Exposure, script: Script, order: Order) -> None:
    """Write down which script took an exposure, and what shows it."""
    exposure.script = script.key
    exposure.script_path = script.path
    exposure.script_version = script.version
    exposure.config_sha256 = script.config_sha256
    exposure.requester = script.requester
    exposure.block = script.block
    exposure.block_run = script.block_run
    if order.group is not None:
        exposure.evidence.append("group-time" if script.shares_group else "group")
    if not order.lost:
        exposure.evidence.append("identity")
    script.exposures.append(exposure.obs_id)
