"""The stage of a night: everything that its episodes act with, and the people who act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from night.agenda import Act
from night.camera import Asker, CameraControl, Irregular, Order
from night.clock import SECOND
from night.consdb import ConsDb
from night.consdb import Irregular as IrregularRows
from night.csc import Fleet
from night.environment import Environment
from night.machine_logs import MachineLogs
from night.observatory import Observatory
from night.plan import Plan
from night.scheduler import Scheduler
from night.scriptqueue import ScriptQueue
from night.scripts import Run
from night.shots import LATISS, Camera, Shot, lsstcam

OPERATOR = "ahopper@love-manager.cp"
AUXTEL_OPERATOR = "cperalta@love-manager.cp"
NOTEBOOK = "mvaldes@nb-mvaldes.rsp"


@dataclass
class Stage:
    """What the episodes of a night share.

    Parameters
    ----------
    plan
        What is to happen.
    numbering
        What numbered groups have before their number: ``#``, in the past ``+``.
    irregular, irregular_rows
        The exposures that something will be missing of, in the archive and in ConsDB.
    """

    plan: Plan
    numbering: str = "#"
    irregular: Irregular = field(default_factory=Irregular)
    irregular_rows: IrregularRows = field(default_factory=IrregularRows)

    def __post_init__(self) -> None:
        self.observatory = Observatory(self.plan)
        self.fleet = Fleet(self.observatory)
        self.environment = Environment(self.observatory)
        self.consdb = ConsDb(self.observatory, self.irregular_rows)
        self.machine_logs = MachineLogs(self.observatory)
        self.main_queue = ScriptQueue(self.observatory, self.fleet["ScriptQueue:1"])
        self.auxiliary_queue = ScriptQueue(self.observatory, self.fleet["ScriptQueue:2"])
        self.scheduler = Scheduler(self.observatory, self.fleet["Scheduler:1"])
        self.lsstcam = lsstcam(self.plan.detectors)
        self.main_camera = self._control(self.lsstcam)
        self.auxiliary_camera = self._control(LATISS)
        self.operator = self.observatory.process(OPERATOR)
        self.auxtel_operator = self.observatory.process(AUXTEL_OPERATOR)
        self.notebook = self.observatory.process(NOTEBOOK)

    def _control(self, camera: Camera) -> CameraControl:
        return CameraControl(self.observatory, self.fleet, camera, self.irregular, self.consdb.ingest)

    def take(self, run: Run, shots: Sequence[Shot], *, target: str | None = None) -> Act:
        """Have a script take images with one command, all in the script's group."""
        kind = "block" if run.script.shares_group else "time"
        yield from self._camera(shots).take(self._asker(run, target), Order(shots, run.script.group, kind))

    def take_numbered(self, run: Run, shots: Sequence[Shot]) -> Act:
        """Have a script take images with a command and a group of its own for each."""
        for number, shot in enumerate(shots, start=1):
            order = Order([shot], f"{run.script.group}{self.numbering}{number}", "numbered")
            yield from self._camera(shots).take(self._asker(run), order)

    def order(self, run: Run, order: Order) -> Act:
        """Have a script give an order as it is."""
        yield from self._camera(order.shots).take(self._asker(run), order)

    def _asker(self, run: Run, target: str | None = None) -> Asker:
        return Asker(run.process, "script", run.script, target)

    def _camera(self, shots: Sequence[Shot]) -> CameraControl:
        return self.auxiliary_camera if shots[0].camera is LATISS else self.main_camera

    def at(self, when: int, act: Callable[[], object]) -> Act:
        """Wait until an instant, then call a function."""
        yield when
        act()


def block_uid(block: str, day_obs: int, number: int) -> str:
    """Return the uid of an execution of a block: ``BLOCK-365`` gives ``BL365_O_20251101_000001``, tests ``BT``."""
    name = block.removeprefix("BLOCK-")
    prefix = f"BT{name[1:]}" if name.startswith("T") else f"BL{name}"
    return f"{prefix}_O_{day_obs}_{number:06d}"


SLEW = 25 * SECOND
"""From the start of a script to its first image, where nothing hurries."""
