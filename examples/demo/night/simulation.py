"""A whole night: what is planned, what comes between, and everything that the systems then hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from night import episodes
from night.bus import Message
from night.clock import DAY, HOUR, MINUTE, SECOND, noon, tai_instant
from night.consdb import Insert
from night.environment import FIRST_VERSIONS, Record
from night.history import earlier_visits
from night.logbook import EXPOSURELOG, NARRATIVELOG, NIGHTREPORT, LogBook
from night.machine_logs import Line
from night.plan import Plan
from night.shots import Shot, end_of_day, from_survey
from night.stage import NOTEBOOK, Stage
from night.survey import LOADED_AHEAD, QUEUED_AHEAD, calibrate, observe
from night.telemetry import sample
from night.tickets import Ticket
from night.truth import Truth
from night.writing import Change, Writing, write_comment, write_exposurelog, write_narrative, write_night_report

FOREVER = tai_instant("2100-01-01T00:00:00")
_LOGS = {kind.name: kind for kind in (EXPOSURELOG, NARRATIVELOG, NIGHTREPORT)}


@dataclass(frozen=True)
class Night:
    """What every system holds of a night at an instant, and the truth.

    Parameters
    ----------
    plan, truth
        What was to happen, and what did.
    messages
        Of the control system, in the order in which they were delivered.
    environment
        Of the observing environment.
    changes
        Of the logs.
    inserts
        Into ConsDB.
    tickets, lines
        Of Jira and of machine logs.
    until
        The instant.
    """

    plan: Plan
    truth: Truth
    messages: list[Message]
    environment: list[Record]
    changes: list[Change]
    inserts: list[Insert]
    tickets: list[Ticket]
    lines: list[Line]
    until: int = field(default=FOREVER)

    def as_of(self, until: int) -> Night:
        """Return the night as the systems held it at an instant: what was late is not there yet."""
        return replace(
            self,
            messages=[message for message in self.messages if message.delivered <= until],
            environment=[record for record in self.environment if record.at <= until],
            changes=[change for change in self.changes if change.at <= until],
            inserts=[insert for insert in self.inserts if insert.at <= until],
            tickets=[ticket for ticket in self.tickets if ticket.created <= until],
            lines=[line for line in self.lines if line.at <= until],
            until=until,
        )

    def logbook(self, name: str) -> LogBook:
        """Return one of the logs: ``exposurelog``, ``narrativelog`` or ``nightreport``."""
        book = LogBook(_LOGS[name])
        for change in sorted(self.changes, key=lambda change: change.at):
            if change.log == name:
                change.apply(book)
        return book


def simulate(plan: Plan | None = None) -> Night:
    """Simulate a night.

    Parameters
    ----------
    plan
        What is to happen; the default night when not given. The same plan gives the same night.
    """
    stage = Stage(plan or Plan())
    plan, traps, agenda = stage.plan, stage.plan.traps, stage.observatory.agenda
    start = noon(plan.day_obs)
    calibrations, visits = from_survey(plan)
    agenda.start(stage.fleet.start_all(start - 30 * HOUR))
    agenda.start(stage.at(start - 29 * HOUR, stage.main_camera.describe_focal_plane))
    agenda.start(stage.at(start - 29 * HOUR, lambda: stage.environment.summarise(FIRST_VERSIONS)))
    agenda.start(stage.at(start + 11 * HOUR + 30 * MINUTE, stage.scheduler.resume))
    calibrate(stage, calibrations)
    _disturb(stage, visits)
    observe(stage, visits)
    agenda.start(sample(stage, visits))
    if traps.queue_restart:
        agenda.start(stage.at(start + 11 * HOUR, stage.main_queue.restart))
        stage.observatory.truth.show("queue_restart", calibrations[0].obs_id, visits[0].obs_id)
    _by_hand(stage, start + 9 * HOUR)
    if traps.auxtel:
        episodes.at_the_auxiliary_telescope(stage, start + 15 * HOUR)
    fault_at = _after_the_survey(stage, visits)
    if traps.rollover:
        episodes.across_noon(stage)
    agenda.run()
    return _finish(stage, visits, fault_at)


def _disturb(stage: Stage, visits: Sequence[Shot]) -> None:
    """Decide which visits something happens at, and let it happen."""
    traps, agenda, show = stage.plan.traps, stage.observatory.agenda, stage.observatory.truth.show
    random = stage.observatory.random("disturbances")
    unread, unknown, lost, upgraded, configured = (visits[n] for n in random.sample(range(3, len(visits) - 1), 5))
    middle = random.randrange(len(visits) // 3, len(visits) // 2)
    forgotten = random.randrange(len(visits) // 2 + 1, len(visits) - 1)
    if traps.missing_end_readout:
        stage.irregular.end_readout.add(unread.obs_id)
        show("missing_end_readout", unread.obs_id)
    if traps.consdb_gaps:
        stage.irregular_rows.missing.add(unknown.obs_id)
        show("consdb_gaps", unknown.obs_id)
        kept = [shot.obs_id for shot in visits if shot.butler]
        stale = [{"observation_reason": "science"}, {"science_program": "BLOCK-366", "target_name": "demo field"}]
        stage.irregular_rows.changed |= dict(zip(kept, stale, strict=False))
        show("consdb_gaps", *kept[:2])
    stage.irregular.oods.add(lost.obs_id)
    if traps.version_change:
        # Between two processes by the queue's clock, too, so that the record tells which version each was.
        at = visits[middle].begin - LOADED_AHEAD + stage.observatory.queue_skew - 15 * SECOND
        agenda.start(stage.at(at, lambda: _change_versions(stage)))
        show("version_change", visits[middle - 1].obs_id, visits[middle].obs_id)
    if traps.scheduler_restart:
        at = visits[forgotten].begin - QUEUED_AHEAD - 20 * SECOND
        agenda.start(stage.at(at, stage.scheduler.restart))
        show("scheduler_restart", visits[forgotten].obs_id)
    if traps.csc_restart:
        aos = stage.fleet["MTAOS"]
        newer = replace(aos.component, version="0.21.2")
        agenda.start(stage.at(upgraded.end + 5 * SECOND, lambda: aos.start(newer)))
        show("csc_restart", upgraded.obs_id)
        agenda.start(stage.at(configured.end + 5 * SECOND, lambda: aos.configure("_init.yaml,hot_fix.yaml", "v0.11.3")))


def _change_versions(stage: Stage) -> None:
    stage.environment.set_run_branch("v0.4.0")
    stage.environment.check_out(NOTEBOOK.partition("@")[0], "ts_maintel_standardscripts", "v0.4.0")
    stage.environment.summarise(
        {"ts_maintel_standardscripts": "v0.4.0", "ts_standardscripts": "v1.43.0-5-gc0ffee1", "ts_wep": "v14.2.0"}
    )


def _by_hand(stage: Stage, at: int) -> None:
    """Take exposures 7 to 9, which the survey leaves free, in the afternoon."""
    agenda = stage.observatory.agenda
    if stage.plan.traps.by_hand:
        agenda.start(episodes.from_a_notebook(stage, 7, at))
        agenda.start(episodes.from_a_playlist(stage, 8, at + 10 * MINUTE))
    if stage.plan.traps.group_kinds:
        episodes.without_a_group(stage, 9, at + 20 * MINUTE)


def _after_the_survey(stage: Stage, visits: Sequence[Shot]) -> int | None:
    """Go on with engineering after the last visit; return when the mount faults, if it does."""
    traps = stage.plan.traps
    slots = episodes.Slots(stage, visits[-1].seq_num + 1, visits[-1].end + 4 * MINUTE)
    fault_at = None
    if traps.group_kinds:
        owner = episodes.in_numbered_groups(stage, slots)
        if traps.borrowed_group:
            episodes.with_a_borrowed_group(stage, slots, owner)
        episodes.two_images_of_a_command(stage, slots)
        episodes.from_an_external_script(stage, slots)
        episodes.a_block_of_scripts(stage, slots, lost=traps.lost_command)
    if traps.failed_scripts:
        episodes.that_never_ran(stage, slots)
        fault_at = episodes.ended_by_a_fault(stage, slots)
    if traps.rollover:
        episodes.into_the_next_day(stage, slots.seq_num)
    return fault_at


def _finish(stage: Stage, visits: Sequence[Shot], fault_at: int | None) -> Night:
    """Let people write about the night, and gather what there is of it."""
    plan, truth = stage.plan, stage.observatory.truth
    writing, tickets = Writing(stage.observatory), []
    edits = plan.traps.log_edits
    write_night_report(writing, plan.day_obs, end_of_day(plan.day_obs), edits=edits)
    if fault_at is not None:
        tickets = _tickets(fault_at)
        truth.tickets.extend({"key": ticket.key, "type": ticket.type, "moves": len(ticket.moves)} for ticket in tickets)
        write_narrative(writing, fault_at, "MTMount", tickets[0].key, edits=edits)
    chosen = stage.observatory.random("flags").sample(range(3, len(visits)), 5)
    commented = [visits[0], *[visits[number] for number in sorted(chosen)]]
    exposures = [truth.exposure(shot.obs_id) for shot in commented]
    write_exposurelog(writing, exposures, [shot.end for shot in commented], edits=edits)
    if plan.traps.auxtel:
        other = truth.exposure(f"AT_O_{plan.day_obs}_000001")
        write_comment(writing, other, tai_instant(other.end) + HOUR, "questionable", "grating was moving")
    writing.write_flags()
    messages = stage.observatory.bus.messages
    if plan.traps.renamed_fields:
        earlier, past = earlier_visits(plan)
        messages = earlier + messages
        truth.exposures[:0] = past.exposures
        truth.scripts[:0] = past.scripts
        truth.csc_runs |= past.csc_runs
        truth.csc_configurations |= past.csc_configurations
        truth.show("renamed_fields", *[exposure.obs_id for exposure in past.exposures])
    return Night(
        plan=plan,
        truth=truth,
        messages=sorted(messages, key=lambda message: message.delivered),
        environment=stage.environment.records,
        changes=writing.changes,
        inserts=stage.consdb.inserts,
        tickets=tickets,
        lines=stage.machine_logs.lines,
    )


def _tickets(fault_at: int) -> list[Ticket]:
    """Return what a fault leads to: an observer's ticket, and a work order for the next day; each night has its own."""
    day = fault_at // DAY
    fault = Ticket(
        key=f"OBS-{day}",
        number=2 * day,
        type="Fault",
        summary="MTMount: elevation drive over temperature",
        creator="Ada Hopper",
        systems=["Simonyi", "MTMount"],
        created=fault_at + 12 * MINUTE,
        hours_lost=0.25,
        moves=[
            (fault_at + HOUR, "Mara Valdes", "IN PROGRESS"),
            (fault_at + 10 * HOUR, "Mara Valdes", "UNDER REVIEW"),
            (fault_at + 2 * DAY, "Carlos Peralta", "CLOSED"),
        ],
    )
    order = Ticket(
        key=f"MAINT-{day}",
        number=2 * day + 1,
        type="Work Order",
        summary="Replace fan of elevation drive 3",
        creator="Mara Valdes",
        systems=["Simonyi", "MTMount"],
        created=fault_at + 4 * HOUR,
        moves=[
            (fault_at + 6 * HOUR, "Carlos Peralta", "IN PROGRESS"),
            (fault_at + 9 * HOUR, "Carlos Peralta", "CLOSED"),
        ],
    )
    return [fault, order]
