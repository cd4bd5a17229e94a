"""The planned part of a night: calibrations in the afternoon, and the survey, a script for every visit."""

from __future__ import annotations

from collections.abc import Sequence

from night.agenda import Act
from night.clock import MILLISECOND, SECOND, tai_instant
from night.scripts import Request, Run
from night.shots import CALIBRATION_PROGRAM, SURVEY_PROGRAM, Shot, group_of
from night.stage import Stage, block_uid

_RUN_AHEAD = 7_300 * MILLISECOND
"""A visit's script starts when the one before has ended, 200 ms after its read-out."""
QUEUED_AHEAD = _RUN_AHEAD + 153 * SECOND
LOADED_AHEAD = QUEUED_AHEAD - 5 * SECOND
"""How long before a visit its script is queued, and its process started."""

_LOGGED = 6
"""How many of the first visits the machine logs tell of."""


def calibrate(stage: Stage, shots: Sequence[Shot]) -> None:
    """Take the afternoon's calibrations: a script for each exposure, all of one block, queued by an operator."""
    uid = block_uid(CALIBRATION_PROGRAM, stage.plan.day_obs, 1)
    for number, shot in enumerate(shots):
        group = group_of(shot)

        def body(run: Run, shot: Shot = shot) -> Act:
            yield from stage.take(run, [shot])

        request = Request(
            path="maintel/take_image_lsstcam.py",
            config=(
                f"nimages: 1\nimage_type: {shot.kind.upper()}\nexp_times: {shot.seconds}\n"
                f"band_filter: {shot.physical_filter}\n"
            ),
            description=f"afternoon {shot.kind}",
            requester=stage.operator,
            run_at=shot.begin - _RUN_AHEAD,
            body=body,
            group=group,
            grouped_at=tai_instant(group) - stage.observatory.queue_skew,
            images=1,
            block=CALIBRATION_PROGRAM,
            block_run=uid,
            block_size=len(shots),
            starts_block=number == 0,
            program=CALIBRATION_PROGRAM,
        )
        stage.observatory.agenda.start(stage.main_queue.play(request))


def observe(stage: Stage, shots: Sequence[Shot]) -> None:
    """Make the survey's visits, queued by the scheduler a few ahead."""
    for number, shot in enumerate(shots, start=1):
        stage.observatory.agenda.start(_visit(stage, shot, number))


def _visit(stage: Stage, shot: Shot, number: int) -> Act:
    """Queue a visit's script when its time has come, with the scheduler that runs by then, and see it through."""
    yield shot.begin - QUEUED_AHEAD
    group, target = group_of(shot), ""

    def publish(run: Run) -> None:
        nonlocal target
        target = stage.scheduler.publish_target(run, shot)

    def body(run: Run) -> Act:
        yield from stage.take(run, [shot], target=target)
        known = stage.observatory.truth.targets[target]
        known["script"] = run.script.key
        known["exposures"].append(shot.obs_id)
        stage.observatory.agenda.start(stage.scheduler.publish_observation(run, shot, target))
        if number <= _LOGGED:
            took = f"script {run.script.sal_index} took {shot.obs_id}"
            stage.machine_logs.write("scriptqueue-0", "INFO", took, zone=("Z", "local", "unsaid")[number % 3])

    yield from stage.main_queue.play(
        Request(
            path="maintel/track_target_and_take_image_lsstcam.py",
            config=_visit_config(shot),
            description=f"{shot.target}, visit {number}",
            requester=stage.scheduler.process,
            run_at=shot.begin - _RUN_AHEAD,
            body=body,
            group=group,
            grouped_at=tai_instant(group) - stage.observatory.queue_skew,
            images=1,
            block=SURVEY_PROGRAM,
            block_run=block_uid(SURVEY_PROGRAM, stage.plan.day_obs, number),
            execution=stage.scheduler.execution_id(),
            program=SURVEY_PROGRAM,
            position=shot.pointing or (0.0, 0.0),
            on_queued=publish,
        )
    )


def _visit_config(shot: Shot) -> str:
    ra, dec = shot.pointing or (0.0, 0.0)
    return (
        f"ra: {ra:.6f}\ndec: {dec:.6f}\nrot_sky: 0.0\nname: {shot.target}\nobs_time: {shot.seconds}\n"
        f"exp_times: [{shot.seconds}]\nband_filter: {shot.physical_filter}\n"
        f"program: {SURVEY_PROGRAM}\nreason: {shot.reason}\n"
    )
