"""The script queue: takes requests, starts a process for each script, and runs them one after the other."""

from __future__ import annotations

import hashlib

from night.agenda import Act
from night.bus import COMPLETE, FAILED, Message, Process
from night.clock import MILLISECOND, SECOND, tai_iso, tai_seconds
from night.csc import Csc
from night.environment import repository_of
from night.observatory import Observatory
from night.scripts import SCRIPT_STATES, Request, Run, ScriptFailedError
from night.truth import Script

PROCESS_STATES = {
    "UNKNOWN": 0,
    "LOADING": 1,
    "CONFIGURED": 2,
    "RUNNING": 3,
    "DONE": 4,
    "LOADFAILED": 5,
    "CONFIGURE_FAILED": 6,
    "TERMINATED": 7,
}
_ARRAY = 16
"""Length of the arrays in the queue's event, which SAL makes 400 long."""


class ScriptQueue:
    """A script queue with its scripts.

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
        self.index = int(csc.component.name.rpartition(":")[2])
        self._next = 1
        self._waiting: list[int] = []
        self._past: list[int] = []
        self._current = 0

    @property
    def process(self) -> Process:
        """The queue's process; another after a restart."""
        return self._csc.process

    def restart(self) -> None:
        """Start the queue's process anew: it is empty, and its scripts count from the beginning."""
        self._csc.start()
        self._next = 1
        self._waiting, self._past, self._current = [], [], 0
        self._report_queue()

    def play(self, request: Request) -> Act:
        """Queue a script and see it through to its end."""
        yield request.queued_at
        run = self._accept(request)
        yield self._observatory.now + 5 * SECOND
        self._start_process(run)
        yield self._observatory.now + 2 * SECOND
        if request.outcome == "LOADFAILED":
            self._end(run, "LOADFAILED", "UNKNOWN")
            return
        run.describe()
        run.report("UNCONFIGURED")
        yield self._observatory.now + SECOND
        yield from self._configure(run)
        if request.outcome == "CONFIGURE_FAILED":
            return
        yield request.grouped_at or request.run_at - 30 * SECOND - self._observatory.queue_skew
        self._give_group(run)
        yield request.run_at
        if request.outcome == "TERMINATED":
            self._terminate(run)
            return
        yield from self._run(run)

    def _accept(self, request: Request) -> Run:
        sal_index = 100_000 * self.index + self._next
        self._next += 1
        script = _true(request, self.index, sal_index)
        self._observatory.truth.scripts.append(script)
        command = _add(request, self.process.identity)
        process = self._observatory.process(f"Script:{sal_index}", self._observatory.queue_skew)
        run = Run(request, script, process, command)
        self._waiting.append(sal_index)
        self._report(run)
        self.process.acknowledge(command, COMPLETE, result=str(sal_index))
        self._report_queue()
        if request.on_queued:
            request.on_queued(run)
        return run

    def _start_process(self, run: Run) -> None:
        script, reading = run.script, self.process.reading
        script.process_start = tai_iso(reading)
        script.process_start_tai = tai_seconds(reading)
        script.version = self._observatory.versions.get(script.repository)
        self._stamp(run, "ProcessStart", "LOADING")

    def _configure(self, run: Run) -> Act:
        request = run.request
        self._stamp(run, "ConfigureStart", "LOADING")
        command = self.process.command(
            run.process.identity,
            "configure",
            config=request.config,
            logLevel=20,
            pauseCheckpoint="",
            stopCheckpoint="",
            blockId=request.block_run or "",
            executionId=request.execution,
        )
        yield self._observatory.now + SECOND
        if request.outcome == "CONFIGURE_FAILED":
            run.report("CONFIGURE_FAILED", reason="config failed validation: 'filter' is not a property")
            run.process.acknowledge(command, FAILED, result="config failed validation")
            self._stamp(run, "ConfigureEnd", "CONFIGURE_FAILED")
            self._end(run, "CONFIGURE_FAILED", "CONFIGURE_FAILED")
            return
        run.script.configured = True
        run.prepare()
        run.report("CONFIGURED")
        run.process.acknowledge(command, COMPLETE)
        self._stamp(run, "ConfigureEnd", "CONFIGURED")

    def _give_group(self, run: Run) -> None:
        """Give a script its group and announce its visit."""
        script = run.script
        script.group = run.request.group or tai_iso(self.process.reading, "milliseconds")
        command = self.process.command(run.process.identity, "setGroupId", groupId=script.group)
        run.process.acknowledge(command, COMPLETE)
        run.report("CONFIGURED")
        if run.request.images:
            script.visit = "announced"
            visit = run.metadata() | {"startTime": tai_seconds(self.process.reading)}
            self.process.event("nextVisit", scriptSalIndex=script.sal_index, groupId=script.group, **visit)

    def _terminate(self, run: Run) -> None:
        """Stop a script whose visit has been announced."""
        script = run.script
        script.visit = "cancelled"
        stopped = [script.sal_index, *[0] * (_ARRAY - 1)]
        run.request.requester.command(
            self.process.identity, "stopScripts", length=1, salIndices=stopped, terminate=True
        )
        self.process.event("nextVisitCanceled", scriptSalIndex=script.sal_index, groupId=script.group)
        self._end(run, "TERMINATED", "CONFIGURED")

    def _run(self, run: Run) -> Act:
        script, request = run.script, run.request
        if self._current:
            raise ValueError(f"{script.key} cannot run: {self._current} is running")
        self._waiting.remove(script.sal_index)
        self._current = script.sal_index
        self._stamp(run, "RunStart", "RUNNING")
        self._report_queue()
        command = self.process.command(run.process.identity, "run")
        run.report("RUNNING")
        run.log(f"run {script.path}")
        self._report(run)
        state, reason = "DONE", ""
        try:
            if request.body:
                yield from request.body(run)
        except ScriptFailedError as error:
            state, reason, script.ended_by = "FAILED", error.reason, error.fault
        yield self._observatory.now + 100 * MILLISECOND
        run.process.acknowledge(command, COMPLETE if state == "DONE" else FAILED, result=reason)
        run.log(reason or "done", level=20 if state == "DONE" else 40)
        run.report(state, reason=reason)
        yield self._observatory.now + 100 * MILLISECOND
        self._end(run, "DONE", state)

    def _end(self, run: Run, process_state: str, script_state: str) -> None:
        sal_index = run.script.sal_index
        run.script.script_state = script_state
        self._stamp(run, "ProcessEnd", process_state)
        if sal_index in self._waiting:
            self._waiting.remove(sal_index)
        if self._current == sal_index:
            self._current = 0
        self._past = [sal_index, *self._past][:_ARRAY]
        self._report_queue()

    def _stamp(self, run: Run, name: str, process_state: str) -> None:
        run.stamps[name] = tai_seconds(self.process.reading)
        run.script.process_state = process_state
        self._report(run)

    def _report(self, run: Run) -> None:
        """Publish what the queue knows of a script; it leaves the fields of the block empty."""
        script = run.script
        self.process.event(
            "script",
            cmdId=run.command.sequence,
            scriptSalIndex=script.sal_index,
            isStandard=script.is_standard,
            path=script.path,
            **{f"timestamp{name}": stamp for name, stamp in run.stamps.items()},
            processState=PROCESS_STATES[script.process_state],
            scriptState=SCRIPT_STATES[script.script_state],
            blockId="",
            scriptBlockIndex=0,
            blockSize=0,
            executionId="",
        )

    def _report_queue(self) -> None:
        def array(indices: list[int]) -> list[int]:
            return (indices + [0] * _ARRAY)[:_ARRAY]

        self.process.event(
            "queue",
            enabled=True,
            running=True,
            currentSalIndex=self._current,
            length=len(self._waiting),
            salIndices=array(self._waiting),
            pastLength=len(self._past),
            pastSalIndices=array(self._past),
        )


def _true(request: Request, queue: int, sal_index: int) -> Script:
    """Write down what is true of a script when it is queued."""
    return Script(
        queue=queue,
        sal_index=sal_index,
        path=request.path,
        is_standard=request.is_standard,
        repository=repository_of(request.path, is_standard=request.is_standard),
        config=request.config,
        config_sha256=hashlib.sha256(request.config.encode()).hexdigest(),
        description=request.description,
        requester=request.requester.identity,
        block=request.block,
        block_run=request.block_run,
        shares_group=request.shares_group,
    )


def _add(request: Request, queue: str) -> Message:
    """Have the requester send its command."""
    return request.requester.command(
        queue,
        "add",
        isStandard=request.is_standard,
        path=request.path,
        config=request.config,
        descr=request.description,
        location=2,
        locationSalIndex=0,
        logLevel=20,
        pauseCheckpoint="",
        stopCheckpoint="",
        block=request.block or "",
        blockSize=request.block_size if request.block else 0,
        startBlock=bool(request.block) and request.starts_block,
        executionId=request.execution,
    )
