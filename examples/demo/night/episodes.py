"""The unplanned part of a night: each function is an episode that leaves a trap in the records."""

from __future__ import annotations

from dataclasses import dataclass, replace

from night.agenda import Act
from night.bus import COMPLETE
from night.camera import Asker, Order
from night.clock import MINUTE, SECOND, day_obs_of, noon, tai_iso
from night.scripts import Request, Run, ScriptFailedError
from night.shots import LATISS, Shot, dark, end_of_day, sky
from night.stage import SLEW, Stage, block_uid

_READOUT = 3 * SECOND
TEST_BLOCK = "BLOCK-T417"


@dataclass
class Slots:
    """Sequence numbers and times for exposures, one after the other.

    Parameters
    ----------
    stage
        The night.
    seq_num
        The next number.
    free
        From when the telescope is free.
    """

    stage: Stage
    seq_num: int
    free: int

    def script(self, images: int, *, seconds: float = 15.0, apart: int = _READOUT) -> tuple[int, list[Shot]]:
        """Return when a script can run, and exposures of the sky for it."""
        run_at = self.free
        begin = run_at + SLEW
        shots = []
        for _ in range(images):
            shots.append(
                sky(
                    self.stage.lsstcam,
                    self.stage.plan.day_obs,
                    self.seq_num,
                    begin,
                    program=TEST_BLOCK,
                    reason="engineering",
                    seconds=seconds,
                )
            )
            self.seq_num += 1
            begin = shots[-1].end + apart
        self.free = (shots[-1].end if shots else run_at) + MINUTE
        return run_at, shots


def _request(stage: Stage, path: str, run_at: int, **more: object) -> Request:
    request = Request(
        path=path,
        config="program: BLOCK-T417\nreason: engineering\n",
        description=path.rpartition("/")[2].removesuffix(".py").replace("_", " "),
        requester=stage.operator,
        run_at=run_at,
        block=TEST_BLOCK,
        program=TEST_BLOCK,
    )
    return replace(request, **more)  # type: ignore[arg-type]  # the fields of a request


def _play(stage: Stage, request: Request) -> None:
    stage.observatory.agenda.start(stage.main_queue.play(request))


def across_noon(stage: Stage) -> None:
    """Begin the night's records with an exposure of the day before that ends in this one."""
    begin = noon(stage.plan.day_obs) - 10 * SECOND
    shot = dark(stage.lsstcam, day_obs_of(begin), 412, begin, seconds=15.0)

    def body(run: Run) -> Act:
        yield from stage.take(run, [shot])

    _play(stage, _request(stage, "maintel/take_image_lsstcam.py", begin - SLEW, body=body, images=1))
    stage.observatory.truth.show("rollover", shot.obs_id)


def into_the_next_day(stage: Stage, seq_num: int) -> None:
    """End it with a script that takes exposures on both sides of 12:00 TAI; in UTC, both are before noon."""
    end = end_of_day(stage.plan.day_obs)
    last = dark(stage.lsstcam, stage.plan.day_obs, seq_num, end - 20 * SECOND)
    first = dark(stage.lsstcam, day_obs_of(end + 10 * SECOND), 1, end + 10 * SECOND)

    def body(run: Run) -> Act:
        yield from stage.take_numbered(run, [last, first])

    _play(stage, _request(stage, "maintel/take_image_lsstcam.py", last.begin - SLEW, body=body, images=2))
    stage.observatory.truth.show("rollover", last.obs_id, first.obs_id)


def from_a_notebook(stage: Stage, seq_num: int, begin: int) -> Act:
    """Take an exposure from a notebook, which makes up a group that no script has."""
    shot = dark(stage.lsstcam, stage.plan.day_obs, seq_num, begin)
    yield begin - 5 * SECOND
    group = tai_iso(stage.notebook.reading, "milliseconds")
    yield from stage.main_camera.take(
        Asker(stage.notebook, "notebook"), Order([shot], group, "time", note="quick look")
    )
    stage.observatory.truth.show("by_hand", shot.obs_id)


def from_a_playlist(stage: Stage, seq_num: int, begin: int) -> Act:
    """Play back an image from a playlist, without any group."""
    shot = dark(stage.lsstcam, stage.plan.day_obs, seq_num, begin)
    yield begin - 10 * SECOND
    camera = stage.fleet["MTCamera"].process
    command = stage.notebook.command(camera.identity, "play", playlist="bias_dark.playlist", repeat=False)
    camera.acknowledge(command, COMPLETE)
    yield from stage.main_camera.take(Asker(stage.notebook, "playlist"), Order([shot], None, "none"))
    stage.observatory.truth.show("by_hand", shot.obs_id)


def without_a_group(stage: Stage, seq_num: int, begin: int) -> None:
    """Run a script that does not hand its group on to the camera."""
    shot = dark(stage.lsstcam, stage.plan.day_obs, seq_num, begin)

    def body(run: Run) -> Act:
        yield from stage.order(run, Order([shot], None, "none"))

    _play(stage, _request(stage, "run_command.py", begin - SLEW, body=body))
    stage.observatory.truth.show("group_kinds", shot.obs_id)


def in_numbered_groups(stage: Stage, slots: Slots) -> list[Run]:
    """Run a script that numbers its groups; return a list that will have its run from when it runs."""
    run_at, shots = slots.script(3)
    runs: list[Run] = []

    def body(run: Run) -> Act:
        runs.append(run)
        yield from stage.take_numbered(run, shots)

    _play(stage, _request(stage, "maintel/take_aos_sequence_lsstcam.py", run_at, body=body, images=3))
    stage.observatory.truth.show("group_kinds", *[shot.obs_id for shot in shots])
    return runs


def two_images_of_a_command(stage: Stage, slots: Slots) -> None:
    """Take two images with one command: the same group, indices 1 and 2."""
    run_at, shots = slots.script(2)

    def body(run: Run) -> Act:
        yield from stage.take(run, shots)

    _play(stage, _request(stage, "maintel/take_stuttered_lsstcam.py", run_at, body=body, images=2))
    stage.observatory.truth.show("group_kinds", *[shot.obs_id for shot in shots])


def a_block_of_scripts(stage: Stage, slots: Slots, *, lost: bool) -> None:
    """Run a block whose scripts all have its uid for their group; the archive may miss the last one's command."""
    uid = block_uid(TEST_BLOCK, stage.plan.day_obs, 1)
    execution = stage.scheduler.execution_id()
    for number, (path, images) in enumerate(
        [("maintel/setup_mtcs.py", 0), ("maintel/take_image_lsstcam.py", 2), ("maintel/close_loop_lsstcam.py", 1)]
    ):
        run_at, shots = slots.script(images, apart=MINUTE)

        def body(run: Run, shots: list[Shot] = shots, lost: bool = lost and number == 2) -> Act:
            for shot in shots:
                yield from stage.order(run, Order([shot], run.script.group, "block", lost=lost))

        request = _request(
            stage,
            path,
            run_at,
            body=body,
            images=images,
            group=uid,
            shares_group=True,
            block_run=uid,
            block_size=3,
            starts_block=number == 0,
            execution=execution,
        )
        stage.observatory.agenda.start(_by_scheduler(stage, request))
        stage.observatory.truth.show("group_kinds", *[shot.obs_id for shot in shots])
        if lost and number == 2:
            stage.observatory.truth.show("lost_command", *[shot.obs_id for shot in shots])


def _by_scheduler(stage: Stage, request: Request) -> Act:
    """Queue a script in the name of the scheduler that runs when its time has come."""
    yield request.queued_at
    yield from stage.main_queue.play(replace(request, requester=stage.scheduler.process))


def with_a_borrowed_group(stage: Stage, slots: Slots, owner: list[Run]) -> None:
    """Take an exposure from a notebook with the group of a script that has ended."""
    _, (shot,) = slots.script(1)

    def take() -> Act:
        yield shot.begin - SLEW
        script = owner[0].script
        order = Order([shot], script.group, "time", contradicted_by=script.key)
        yield from stage.main_camera.take(Asker(stage.notebook, "notebook"), order)

    stage.observatory.agenda.start(take())
    stage.observatory.truth.show("borrowed_group", shot.obs_id)


def from_an_external_script(stage: Stage, slots: Slots) -> None:
    """Run a script of the external repository."""
    run_at, shots = slots.script(1)

    def body(run: Run) -> Act:
        yield from stage.take(run, shots)

    path = "maintel/tma/random_walk_and_take_image_gencam.py"
    _play(stage, _request(stage, path, run_at, body=body, images=1, is_standard=False))


def ended_by_a_fault(stage: Stage, slots: Slots) -> int:
    """Run a script that takes the first of two exposures, then meets a fault of the mount; return when that is."""
    run_at, shots = slots.script(2)
    fault_at = shots[0].end + 4 * SECOND

    def body(run: Run) -> Act:
        yield from stage.take(run, shots[:1])
        yield fault_at
        mount = stage.fleet["MTMount"]
        fault = mount.fail(6051, "Elevation drive 3 over temperature")
        stage.observatory.truth.faults[-1]["ended"] = run.script.key
        stage.observatory.agenda.start(mount.recover())
        stage.machine_logs.write("mtmount-0", "ERROR", "Elevation drive 3 over temperature", zone="Z")
        yield fault_at + SECOND
        raise ScriptFailedError("MTMount is in FAULT", fault)

    _play(stage, _request(stage, "maintel/take_image_lsstcam.py", run_at, body=body, images=2))
    slots.seq_num -= 1
    stage.observatory.truth.show("failed_scripts", shots[0].obs_id)
    return fault_at


def that_never_ran(stage: Stage, slots: Slots) -> None:
    """Queue a script that cannot be loaded, one that refuses its configuration, and one terminated in time."""
    for path, outcome in [
        ("maintel/offset_camera_hexapod_new.py", "LOADFAILED"),
        ("maintel/take_image_lsstcam.py", "CONFIGURE_FAILED"),
        ("maintel/take_triplet_lsstcam.py", "TERMINATED"),
    ]:
        run_at, _ = slots.script(0)
        _play(stage, _request(stage, path, run_at, images=1, outcome=outcome))


def at_the_auxiliary_telescope(stage: Stage, begin: int) -> None:
    """Take LATISS exposures, numbered from 1 as LSSTCam's are."""
    shots = [
        sky(
            LATISS,
            stage.plan.day_obs,
            number,
            begin + number * 45 * SECOND,
            program="BLOCK-306",
            reason="spec_survey",
            seconds=30.0,
        )
        for number in (1, 2, 3)
    ]

    def body(run: Run) -> Act:
        yield from stage.take_numbered(run, shots)

    request = _request(
        stage,
        "auxtel/latiss_acquire_and_take_sequence.py",
        begin,
        body=body,
        images=3,
        requester=stage.auxtel_operator,
        instrument="LATISS",
        block="BLOCK-306",
        block_run=block_uid("BLOCK-306", stage.plan.day_obs, 1),
        program="BLOCK-306",
    )
    stage.observatory.agenda.start(stage.auxiliary_queue.play(request))
    stage.observatory.truth.show("auxtel", *[shot.obs_id for shot in shots])
