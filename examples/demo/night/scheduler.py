"""The scheduler: picks targets, queues a script for each, and remembers what was observed."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from night.agenda import Act
from night.bus import Process
from night.clock import SECOND, mjd_tai, tai_iso, tai_seconds
from night.csc import Csc
from night.images import LFA
from night.observatory import Observatory
from night.scripts import Run
from night.shots import SURVEY_PROGRAM, Shot

BLOCK = {
    "name": "Demo survey",
    "program": SURVEY_PROGRAM,
    "constraints": [],
    "scripts": [
        {
            "name": "maintel/track_target_and_take_image_lsstcam.py",
            "standard": True,
            "parameters": {"exp_times": [30.0], "band_filter": "$band", "program": SURVEY_PROGRAM},
        }
    ],
}


class Scheduler:
    """The scheduler of the main telescope.

    Parameters
    ----------
    observatory
        Where it runs.
    csc
        Its CSC.
    """

    def __init__(self, observatory: Observatory, csc: Csc) -> None:
        self._observatory = observatory
        self._csc = csc
        self._random = observatory.random("scheduler")
        self._targets = 0
        self._observed = 0
        self._started = ""

    @property
    def process(self) -> Process:
        """Its process; another after a restart."""
        return self._csc.process

    def resume(self) -> None:
        """Begin to observe: publish the models it uses and the block it works on."""
        self._targets = 0
        self._started = tai_iso(self.process.reading)
        self.process.event(
            "dependenciesVersions",
            version=self._csc.component.version,
            scheduler="rubin_scheduler=3.14.1",
            cloudModel="4.1.1",
            downtimeModel="4.1.1",
            seeingModel="4.1.1",
            skybrightnessModel="3.14.1",
            observatoryModel="4.1.1",
            observatoryLocation="4.1.1",
        )
        self._report_block()

    def restart(self) -> None:
        """Start its process anew: targets and commands count from the beginning, the queued ones are forgotten."""
        self._csc.start()
        self.resume()

    def execution_id(self) -> str:
        """Return an id for the execution of a block."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def publish_target(self, run: Run, shot: Shot) -> str:
        """Publish the target that a queued script is for.

        Returns
        -------
        str
            The target's key: the start of the scheduler and the target's number, which alone is not unique.
        """
        self._targets += 1
        snapshot = self._publish_snapshot(shot)
        key = f"{self._started}/{self._targets}"
        sent = self.process.event(
            "target", targetId=self._targets, blockId=run.script.sal_index, snapshotUri=snapshot, **self._aim(shot)
        )
        self._observatory.truth.targets[key] = {
            "scheduler": self._started,
            "target_id": self._targets,
            "sent": tai_iso(sent.sent),
            "script": None,
            "snapshot": snapshot,
            "exposures": [],
        }
        return key

    def _aim(self, shot: Shot) -> dict[str, Any]:
        """Return what a target says of where to point, and when it was asked for."""
        ra, dec = shot.pointing or (0.0, 0.0)
        return {
            "requestTime": tai_seconds(self.process.reading),
            "requestMjd": mjd_tai(self.process.reading),
            "ra": ra,
            "decl": dec,
            "skyAngle": 0.0,
            "filter": shot.band,
            "numExposures": 1,
            "exposureTimes": [shot.seconds, *[0.0] * 9],
            "slewTime": 5.0,
            "airmass": 1.15,
            "note": f"{shot.target}, {shot.band}",
            "schedulerNote": f"{shot.target}, {shot.band}",
            "targetName": shot.target,
        }

    def _publish_snapshot(self, shot: Shot) -> str:
        """Save the scheduler's state in the Large File Annex and return its URL."""
        date = str(shot.day_obs)
        at = tai_iso(self.process.reading, "milliseconds")
        folder = f"{LFA}/Scheduler:1/Scheduler:1/{date[:4]}/{date[4:6]}/{date[6:]}"
        url = f"{folder}/Scheduler:1_Scheduler:1_{at}.p"
        self.process.event(
            "largeFileObjectAvailable",
            url=url,
            generator="Scheduler:1",
            version=1.0,
            byteSize=1_048_576,
            checkSum=hashlib.md5(url.encode()).hexdigest(),
            mimeType="application/octet-stream",
            id=at,
        )
        return url

    def publish_observation(self, run: Run, shot: Shot, target: str) -> Act:
        """Report an observation, unless the scheduler was restarted since and has forgotten its target."""
        yield self._observatory.now + 3 * SECOND
        started, _, number = target.rpartition("/")
        if started != self._started:
            return
        ra, dec = shot.pointing or (0.0, 0.0)
        self._observed += 1
        self.process.event(
            "observation",
            targetId=int(number),
            blockId=run.script.sal_index,
            ra=ra,
            decl=dec,
            rotSkyPos=0.0,
            mjd=mjd_tai(shot.begin),
            exptime=shot.seconds,
            filter=shot.band,
            nexp=1,
            additionalInformation=json.dumps({"target_name": shot.target, "block": SURVEY_PROGRAM}),
        )
        self._report_block()

    def _report_block(self) -> None:
        definition = json.dumps(BLOCK, sort_keys=True)
        digest = hashlib.sha256(definition.encode()).hexdigest()[:32]
        self._observatory.truth.blocks[SURVEY_PROGRAM] = {"hash": digest, "definition": definition}
        self.process.event(
            "blockStatus",
            id=SURVEY_PROGRAM,
            statusId=3,
            status="EXECUTING",
            executionsCompleted=self._observed,
            executionsTotal=0,
            hash=digest,
            definition=definition,
            failureStrategy=0,
        )
