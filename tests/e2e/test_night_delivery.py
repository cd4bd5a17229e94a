"""What a night's messages say does not depend on how they were delivered; of what was lost nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from night.bus import Message
from night.clock import DAY
from night.files import write_lines
from night.kafka import topics
from night.lineprotocol import environment_lines, lines
from night.plan import DAY_OBS, Plan
from night.simulation import Night, simulate
from support.efd_graph import Statements, map_night
from support.night_forms import Exported, Rows, with_traps
from support.night_table import table_differences, unfounded


@dataclass(frozen=True)
class Delivery:
    """How the messages of a night come, and how they are exported.

    Parameters
    ----------
    seed
        Decides what is left to chance.
    twice, late
        What part of them comes twice, and up to a day late.
    files
        In how many files, each having some of them.
    form
        ``line protocol`` or ``Kafka``.
    """

    seed: int
    twice: float
    late: float
    files: int
    form: str

    def export(self, night: Night, folder: Path) -> None:
        """Write the messages into a new folder as they were delivered."""
        chance = Random(self.seed)
        messages = self._delivered(night.messages, chance)
        environment = chance.sample(night.environment, k=len(night.environment))
        if self.form == "Kafka":
            content, suffix = topics(messages, environment), ".jsonl.gz"
        else:
            content = {"efd": list(lines(messages)), "lsst.obsenv": list(environment_lines(environment))}
            suffix = ".lp.gz"
        for name, written in content.items():
            (folder / name).mkdir(parents=True)
            parts: list[list[str]] = [[] for _ in range(self.files)]
            for line in written:
                chance.choice(parts).append(line)
            for number, part in enumerate(parts):
                write_lines(folder / name / f"{number}{suffix}", part)

    def _delivered(self, messages: Sequence[Message], chance: Random) -> list[Message]:
        again = [message for message in messages if chance.random() < self.twice]

        def at(message: Message) -> int:
            return message.delivered + (chance.randrange(DAY) if chance.random() < self.late else 0)

        return sorted([*messages, *again], key=at)


DELIVERIES = st.builds(
    Delivery,
    seed=st.integers(0, 2**32 - 1),
    twice=st.sampled_from([0.0, 0.5, 1.0]),
    late=st.sampled_from([0.0, 0.5, 1.0]),
    files=st.integers(1, 3),
    form=st.sampled_from(["line protocol", "Kafka"]),
)

WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example takes seconds, and one is as simple as another."""


@dataclass(frozen=True)
class Told:
    """A small night with all its traps, and what it says as it is exported."""

    night: Night = field(repr=False)
    rows: Rows = field(repr=False)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    work = tmp_path_factory.mktemp("night")
    exported = Exported.make(Plan(seed=1, visits=12), work)
    return Told(exported.night, map_night(str(exported.folder), DAY_OBS, work))


def check_delivery(delivery: Delivery, told: Told) -> None:
    with TemporaryDirectory() as work:
        delivery.export(told.night, Path(work) / "exported")
        rows = map_night(str(Path(work) / "exported"), DAY_OBS, Path(work))
    assert sorted({*rows} ^ {*told.rows}) == []
    assert rows == told.rows


@settings(max_examples=3, phases=WITHOUT_SHRINKING)
@given(delivery=DELIVERIES)
def test_delivery_changes_nothing(delivery: Delivery, told: Told) -> None:
    check_delivery(delivery, told)


@pytest.mark.soak
@settings(max_examples=60, phases=WITHOUT_SHRINKING)
@given(delivery=DELIVERIES)
def test_many_deliveries_change_nothing(delivery: Delivery, told: Told) -> None:
    check_delivery(delivery, told)


# ---- losses ----------------------------------------------------------------------------------------------------------


def without_some(night: Night, part: float) -> Night:
    """Return a night of whose messages the archive has lost a part, with their copies."""
    chance = Random(night.plan.seed)
    kept = {identity: chance.random() >= part for identity in dict.fromkeys(map(_identity, night.messages))}
    return replace(night, messages=[message for message in night.messages if kept[_identity(message)]])


def _identity(message: Message) -> tuple[object, ...]:
    return message.topic, message.index, message.origin, message.sequence, message.sent


def check_losses(seed: int, work: Path) -> None:
    whole = simulate(Plan(seed=seed))
    exported = Exported.make(without_some(whole, 0.1), work)
    graph = Statements(map_night(str(exported.folder), DAY_OBS, work))
    assert table_differences(graph, whole.truth, [DAY_OBS]), "then nothing was lost"
    assert list(with_traps(unfounded(graph, whole.truth, [DAY_OBS]), whole.truth)) == []


@pytest.mark.parametrize("seed", [2, 5])
def test_where_messages_are_lost_nothing_is_wrong_and_the_gap_is_told(seed: int, tmp_path: Path) -> None:
    check_losses(seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_nothing_is_wrong_in_twenty_nights_with_losses(seed: int, tmp_path: Path) -> None:
    check_losses(seed, tmp_path)
