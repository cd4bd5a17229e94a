"""What truly happened, written down by whoever decided it, never worked out from what the systems recorded."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Script:
    """A run of a script.

    Parameters
    ----------
    queue, sal_index
        The script queue's index, and the script's.
    path, is_standard, repository
        The script, and where it comes from.
    config, config_sha256
        Its configuration, YAML as it was queued, and the digest of that text (UTF-8).
    description
        Why it was queued, in the words of who did.
    requester
        Who queued it, as SAL writes the identity.
    block, block_run
        The block it is of and the uid of that block's execution, where there is one.
    process_start, process_start_tai
        When its process started, by the queue's clock: TAI, ISO 8601, and seconds as the archive has them.
    version
        Of its repository, ``git describe``, when the process started; None where nothing recorded it.
    group
        Group id it was given.
    shares_group
        Whether other scripts were given the same.
    process_state, script_state
        The last ones, by name.
    configured
        Whether it accepted its configuration.
    visit
        What became of its visit: None where none was announced, ``announced`` or ``cancelled``.
    exposures
        Names of the exposures it took.
    ended_by
        The fault that ended it.
    """

    queue: int
    sal_index: int
    path: str
    is_standard: bool
    repository: str
    config: str
    config_sha256: str
    description: str
    requester: str
    block: str | None
    block_run: str | None
    process_start: str | None = None
    process_start_tai: float | None = None
    version: str | None = None
    group: str | None = None
    shares_group: bool = False
    process_state: str = "UNKNOWN"
    script_state: str = "UNKNOWN"
    configured: bool = False
    visit: str | None = None
    exposures: list[str] = field(default_factory=list)
    ended_by: str | None = None

    @property
    def key(self) -> str:
        """What tells it from every other run: queue, start of the process, index."""
        return f"{self.queue}/{self.process_start}/{self.sal_index}"


@dataclass
class Exposure:
    """An exposure.

    Parameters
    ----------
    id, obs_id, instrument, day_obs, seq_num
        What it is called; ``id`` is unique within the instrument only.
    begin, end
        TAI, ISO 8601; by the camera's clock, which is right.
    type, reason, program, target_name, physical_filter
        What it was taken for and with.
    group, group_kind
        Group id, and whether it is a ``time``, a ``numbered`` time, a ``block`` uid, or there is ``none`` (then
        the header and ConsDB have the exposure id for it).
    cur_index, max_index
        Which image it is of the command's images, from 1.
    taken_by
        What asked for it: ``script``, ``notebook`` or ``playlist``.
    identity
        Who asked for it, as SAL writes it.
    script
        Key of the script.
    evidence
        What of the records shows that it was this script: ``group`` (no other script has the group), ``group-time``
        (several do; this one was running) and ``identity`` (of the commander).
    contradicted_by
        Key of a script that the group id names although it did not take the exposure.
    script_path, script_version, config_sha256, requester, block, block_run
        Those of the script.
    target
        The scheduler's target it was taken for: key in `Truth.targets`.
    cscs, csc_configurations
        For each CSC of its telescope, key of the run and of the configuration in force when it began.
    end_readout
        Whether the camera's endReadout is in the archive.
    header
        URL of the header in the Large File Annex.
    oods
        Per detector, status code of its ingest at the summit; 0 is well.
    butler, consdb
        Whether the demo's repository and ConsDB have it.
    disagreements
        Column -> what each of the two says.
    flags
        The flags that hold in the end: who raised which, and why.
    """

    id: int
    obs_id: str
    instrument: str
    day_obs: int
    seq_num: int
    begin: str
    end: str
    type: str
    reason: str
    program: str
    target_name: str
    physical_filter: str
    group: str | None
    group_kind: str
    cur_index: int
    max_index: int
    taken_by: str
    identity: str
    script: str | None = None
    evidence: list[str] = field(default_factory=list)
    contradicted_by: str | None = None
    script_path: str | None = None
    script_version: str | None = None
    config_sha256: str | None = None
    requester: str | None = None
    block: str | None = None
    block_run: str | None = None
    target: str | None = None
    cscs: dict[str, str] = field(default_factory=dict)
    csc_configurations: dict[str, str] = field(default_factory=dict)
    end_readout: bool = True
    header: str | None = None
    oods: dict[str, int] = field(default_factory=dict)
    butler: bool = False
    consdb: bool = True
    disagreements: dict[str, dict[str, Any]] = field(default_factory=dict)
    flags: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Truth:
    """The truth table of a night.

    Parameters
    ----------
    plan
        What was simulated.
    exposures, scripts
        Each of them, in the order of time.
    csc_runs, csc_configurations
        Key -> the versions a CSC ran with, and the configuration it was given.
    targets
        Key -> a target of the scheduler.
    blocks
        Name -> hash and definition of a block, as the scheduler published it.
    environment
        The versions of the script repositories, each set with the time from which it held.
    messages
        Every message of the logs, with what became of it.
    faults, tickets, log_lines
        Faults of CSCs; tickets and work orders; lines of machine logs with the zone their time is in.
    traps
        Trap -> what shows it, for whoever wants to look at one.
    """

    plan: dict[str, Any]
    exposures: list[Exposure] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    csc_runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    csc_configurations: dict[str, dict[str, Any]] = field(default_factory=dict)
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocks: dict[str, dict[str, str]] = field(default_factory=dict)
    environment: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    log_lines: list[dict[str, Any]] = field(default_factory=list)
    traps: dict[str, list[Any]] = field(default_factory=dict)

    def show(self, trap: str, *examples: Any) -> None:
        """Note what shows a trap."""
        self.traps.setdefault(trap, []).extend(examples)

    def exposure(self, obs_id: str) -> Exposure:
        """Return an exposure by its name."""
        return next(exposure for exposure in self.exposures if exposure.obs_id == obs_id)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it; scripts with their key."""
        document = asdict(self)
        document["scripts"] = [{"key": script.key} | asdict(script) for script in self.scripts]
        return document
