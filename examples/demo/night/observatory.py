"""The observatory that a night happens in: its clock, its bus, its CSCs, and the truth being written."""

from __future__ import annotations

from dataclasses import asdict
from random import Random

from night.agenda import Agenda
from night.bus import Bus, Process
from night.clock import SECOND
from night.plan import Plan
from night.truth import Truth


class Observatory:
    """What the actors of a night share.

    Parameters
    ----------
    plan
        What is to happen.

    Attributes
    ----------
    queue_skew
        How far the clocks of the script queues and their scripts are ahead; more than the pause between two visits,
        so that going by time alone gives an exposure to the script before its own.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.agenda = Agenda()
        self.bus = Bus(
            self.agenda,
            self.random("bus"),
            late=plan.traps.late_delivery,
            duplicates=plan.traps.duplicates,
        )
        self.truth = Truth(asdict(plan))
        skewed = plan.traps.clock_skew
        self.queue_skew = self.random("clocks").randrange(8 * SECOND, 11 * SECOND) if skewed else 0
        self.scheduler_skew = -self.random("scheduler clock").randrange(SECOND, 3 * SECOND) if skewed else 0
        self.in_force: dict[str, str] = {}
        self.configured: dict[str, str] = {}
        self.versions: dict[str, str] = {}

    @property
    def now(self) -> int:
        """What time it is."""
        return self.agenda.now

    def random(self, what: str) -> Random:
        """Return a source of chance for one thing, which draws for other things do not disturb."""
        return Random(f"{self.plan.seed}/{self.plan.day_obs}/{what}")

    def process(self, identity: str, skew: int = 0) -> Process:
        """Return a new process."""
        return Process(self.bus, identity, skew)
