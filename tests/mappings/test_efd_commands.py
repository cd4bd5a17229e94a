"""What the records of cameras hold, taken apart: keys and values, a command's group, which command took an image."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.mapping.folder import load_folder
from progenitor.mapping.staging import Staging
from progenitor.mapping.views import create_views
from progenitor.sources.influxdb import declared_schemas
from support.efd_graph import FOLDER
from support.night_records import split

# ---- keys and values -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for statement in connection.extract_statements((FOLDER / "camera" / "views.sql").read_text()):
            if re.match(r"CREATE MACRO (split_escaped|value_of_key|commanded_group)\b", _bare(statement.query)):
                connection.execute(statement)
        yield connection


def _bare(query: str) -> str:
    return "\n".join(line for line in query.splitlines() if not line.startswith("--")).strip()


def ask(connection: duckdb.DuckDBPyConnection, expression: str, *values: object) -> object:
    (found,) = connection.execute(f"SELECT {expression}", values).fetchall()
    return found[0]


TEXT = st.text(st.sampled_from("ab:\\\n ")) | st.text()
PLAIN = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), min_size=1)
"""A backslash before a colon cannot be written."""


@given(text=TEXT)
def test_texts_are_split_where_a_colon_is_not_escaped(macros: duckdb.DuckDBPyConnection, text: str) -> None:
    assert ask(macros, "split_escaped(?)", text) == split(text)


@given(pairs=st.dictionaries(PLAIN, PLAIN, min_size=1), other=PLAIN)
def test_a_value_is_found_by_its_key(macros: duckdb.DuckDBPyConnection, pairs: dict[str, str], other: str) -> None:
    keys, values = (":".join(text.replace(":", "\\:") for text in texts) for texts in (pairs, pairs.values()))
    for key in [*pairs, other]:
        assert ask(macros, "value_of_key(?, ?, ?)", keys, values, key) == pairs.get(key)
        assert ask(macros, "value_of_key(?, ?, ?)", keys, values + ":more", key) is None


GROUP = st.from_regex(r"[A-Za-z0-9:.#+_-]+", fullmatch=True)


@given(group=GROUP, before=st.booleans(), after=st.booleans())
def test_a_command_tells_its_group(macros: duckdb.DuckDBPyConnection, group: str, before: bool, after: bool) -> None:
    pairs = ["imageType: BIAS"] * before + [f"groupId: {group}"] + ["program: BLOCK-T60"] * after
    assert ask(macros, "commanded_group(?)", ", ".join(pairs)) == group
    assert ask(macros, "commanded_group(?)", ", ".join(["notTheGroupId: x", *pairs])) == group
    assert ask(macros, "commanded_group(?)", ", ".join(pair for pair in pairs if "groupId" not in pair)) is None


# ---- which command: the clocks ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """A command that takes images.

    Parameters
    ----------
    images
        How many.
    skew
        How far the sender's clock is ahead, seconds.
    group
        The group id that it gives.
    answered
        Whether the archive has the camera's answers.
    """

    images: int
    skew: float
    group: str | None
    answered: bool


ORDERS = st.lists(
    st.builds(
        Order, st.integers(1, 3), st.floats(-14, 14), st.sampled_from([None, "BL365_O_20251101_000001"]), st.booleans()
    ),
    min_size=1,
    max_size=50,
)
START = datetime(2025, 11, 2, 1)
APART = timedelta(minutes=1)
"""Commands of one group are further apart than clocks."""


@settings(max_examples=6)
@given(orders=ORDERS)
def test_each_image_has_its_own_command_whatever_the_clocks_show(orders: list[Order]) -> None:
    with tempfile.TemporaryDirectory() as work:
        assert _commands_found(orders, Path(work)) == [
            (f"MC_O_20251101_{number * 10 + index:06d}", number)
            for number, order in enumerate(orders, start=1)
            for index in range(1, order.images + 1)
        ]


def _commands_found(orders: list[Order], work: Path) -> list[tuple[str, int]]:
    """Return each image with the number of the command that the views find for it."""
    folder = load_folder(FOLDER)
    rows: dict[str, list[dict[str, object]]] = {"take_images": [], "camera_ack": [], "start_integration": []}
    for number, order in enumerate(orders, start=1):
        _send(rows, number, order)
    with Staging(work, declared_schemas(folder.declaration)) as staging:
        for name, table in rows.items():
            staging.write(name, pa.Table.from_pylist(table, staging.schemas[name]))
        staging.write("partition_window", pa.table({"partition": ["2025-11-01"]}))
        for file, sql in folder.views.items():
            create_views(staging.connection, sql, file)
            if file.parent.name == "camera":
                break
        return staging.connection.execute("SELECT obs_id, seq_num FROM image_command ORDER BY obs_id").fetchall()


def _send(rows: dict[str, list[dict[str, object]]], number: int, order: Order) -> None:
    """Write down a command, its answers and its images, which take 5 s each and 3 s to read out."""
    begun = START + number * APART
    sent = begun + timedelta(seconds=order.skew - 0.6)
    command = {"origin": 77, "identity": "Script:100001", "images": order.images, "sent_tai": float(number)}
    told = f"imageType: DARK, groupId: {order.group}" if order.group else "imageType: DARK"
    camera = "lsst.sal.MTCamera"
    rows["take_images"].append(
        command | {"measurement": f"{camera}.command", "seq_num": number, "sent": sent, "key_value_map": told}
    )
    over = begun + timedelta(seconds=8 * order.images)
    for ack, at in ((301, begun - timedelta(seconds=0.5)), (303, over)) if order.answered else ():
        answer = {"command_seq_num": number, "command_origin": 77, "command_identity": "Script:100001"}
        rows["camera_ack"].append(answer | {"measurement": f"{camera}.ackcmd", "sent": at, "ack": ack})
    for index in range(1, order.images + 1):
        image = {"image_name": f"MC_O_20251101_{number * 10 + index:06d}", "image_index": index, "exposure_time": 5.0}
        keys = {"keys": "imageType:groupId", "key_values": f"DARK:{order.group or ''}"}
        at = begun + timedelta(seconds=8 * (index - 1))
        rows["start_integration"].append(image | keys | {"measurement": f"{camera}.event", "sent": at})
