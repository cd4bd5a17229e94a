"""Private values are kept, pseudonymised or dropped before anything is stored; dead letters tell nothing of them."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.cli.mapping import reader_schemas
from progenitor.errors import MappingError
from progenitor.mapping.folder import load_folder, read_source
from progenitor.mapping.inspect import check_folder
from progenitor.mapping.privacy import WITHHELD, Privacy, Veil, check_private
from progenitor.mapping.staging import Staging
from support.mappings import write_folder

KEY = b"a key of the tests"
PSEUDONYMS = Privacy("pseudonymise", "pseudonymise", KEY)
DROPPED = Privacy("drop", "drop")

TEXT = st.text(st.characters(codec="utf-8"))
LOGIN = st.text(st.characters(codec="utf-8", exclude_characters="@"), min_size=1)


def hashed(value: str, key: bytes = KEY) -> str:
    return hmac.new(key, value.encode(), "sha256").hexdigest()


def hide(privacy: Privacy, kind: Any, values: list[Any], type_: pa.DataType | None = None) -> list[Any]:
    table = pa.table({"id": pa.array(range(len(values))), "x": pa.array(values, type_ or pa.string())})
    veil = Veil(privacy, {"t": {"x": kind}})
    hidden = veil.hide("t", table)
    assert hidden.schema == table.schema
    assert hidden.column("id") == table.column("id")
    # A block is hidden as a table is, wherever it begins.
    (batch,) = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
    assert veil.hide("t", batch.slice(1)).column("x").to_pylist() == hidden.column("x").to_pylist()[1:]
    found: list[Any] = hidden.column("x").to_pylist()
    return found


@given(st.lists(st.none() | TEXT), st.binary(min_size=16))
def test_a_pseudonym_is_the_hmac(values: list[str | None], key: bytes) -> None:
    privacy = Privacy("keep", "pseudonymise", key)
    assert hide(privacy, "text", values) == [hashed(value, key) if value else value for value in values]


@given(LOGIN, st.text(st.characters(codec="utf-8")))
def test_a_person_has_one_pseudonym_in_every_system(login: str, host: str) -> None:
    assert hide(PSEUDONYMS, "person", [login, f"{login}@{host}"]) == [hashed(login)] * 2
    assert hide(PSEUDONYMS, "identity", [f"{login}@{host}"]) == [f"{hashed(login)}@"]


def test_another_key_is_another_pseudonym() -> None:
    other = Privacy("pseudonymise", "keep", b"another key of the tests")
    assert hide(other, "person", ["ahopper"]) != hide(PSEUDONYMS, "person", ["ahopper"])


@given(st.lists(st.none() | TEXT))
def test_what_is_kept_or_dropped(values: list[str | None]) -> None:
    for kind in ("person", "identity", "text"):
        assert hide(Privacy(), kind, values) == values
    assert hide(DROPPED, "text", values) == [None if value else value for value in values]
    assert hide(DROPPED, "person", values) == [None if value else value for value in values]


def test_components_are_nobody() -> None:
    components = ["Script:100034", "ScriptQueue:1", "MTMount", "", None]
    assert hide(PSEUDONYMS, "identity", components) == components
    assert hide(DROPPED, "identity", [*components, "ahopper@summit"]) == [*components, None]


def test_the_two_settings_are_independent() -> None:
    assert hide(Privacy("drop", "keep"), "text", ["words"]) == ["words"]
    assert hide(Privacy("keep", "drop"), "person", ["ahopper"]) == ["ahopper"]


def test_lists() -> None:
    crews = [["ahopper", "mvaldes@summit"], [], None, ["ahopper"]]
    type_ = pa.list_(pa.string())
    assert hide(PSEUDONYMS, "person", crews, type_) == [
        [hashed("ahopper"), hashed("mvaldes")],
        [],
        None,
        [hashed("ahopper")],
    ]
    assert hide(DROPPED, "person", crews, type_) == [[], [], None, []]


def test_a_table_without_private_columns_and_a_block_without_the_column_stay() -> None:
    veil = Veil(PSEUDONYMS, {"t": {"x": "text"}})
    table = pa.table({"id": [1]})
    assert veil.hide("t", table) is table
    assert veil.hide("other", table) is table


def test_many_chunks_and_large_texts() -> None:
    chunks = pa.chunked_array([["a", "b"], [], ["b", None]], pa.large_string())
    hidden = Veil(PSEUDONYMS, {"t": {"x": "text"}}).hide("t", pa.table({"x": chunks}))
    assert hidden.column("x").to_pylist() == [hashed("a"), hashed("b"), hashed("b"), None]


COLUMNS = pa.schema([("id", pa.int64()), ("who", pa.string()), ("words", pa.string()), ("crew", pa.list_(pa.string()))])
HIDDEN = {"t": {"who": "person", "words": "text", "crew": "person"}}


def aside(privacy: Privacy, record: dict[str, Any], reason: str) -> tuple[dict[str, Any], str]:
    return Veil(privacy, HIDDEN).hide_record("t", record, reason, COLUMNS)  # type: ignore[arg-type]


def test_a_record_that_is_set_aside_shows_its_public_values_and_why() -> None:
    record = {"id": "x", "who": "ahopper", "words": "my words", "crew": ["mvaldes"]}
    reason = "column 'id' is 'x', which is not a BIGINT"
    assert aside(Privacy(), record, reason) == (record, reason)
    assert aside(PSEUDONYMS, record, reason) == (
        {"id": "x", "who": hashed("ahopper"), "words": hashed("my words"), "crew": [hashed("mvaldes")]},
        reason,
    )
    assert aside(DROPPED, record, reason) == ({"id": "x", "who": None, "words": None, "crew": []}, reason)


@pytest.mark.parametrize(
    "record",
    [
        {"who": {"name": "ahopper"}},
        {"words": ["ahopper"]},
        {"crew": "ahopper"},
        {"crew": ["mvaldes", {"name": "ahopper"}]},
        {"words": "ahopper \ud800"},
        {"row": ["ahopper"]},
        {"file": "x.csv", "line": 7, "text": "1,ahopper"},
    ],
)
@pytest.mark.parametrize("privacy", [PSEUDONYMS, DROPPED])
def test_a_reason_that_may_quote_a_private_value_is_withheld(privacy: Privacy, record: dict[str, Any]) -> None:
    shown, reason = aside(privacy, record, f"something is {record!r}, which is not a VARCHAR")
    assert reason == WITHHELD
    assert "ahopper" not in json.dumps(shown)
    assert {name: shown[name] for name in ("file", "line") if name in record} == {
        name: record[name] for name in ("file", "line") if name in record
    }


def test_a_line_that_cannot_be_read_may_be_of_any_table() -> None:
    line = {"file": "efd.lp", "line": 7, "text": 'queue identity="ahopper'}
    shown, reason = Veil(DROPPED, {"other": {"x": "text"}}).hide_record("t", line, "'ahopper' has no end", COLUMNS)
    assert (shown, reason) == ({"file": "efd.lp", "line": 7, "text": WITHHELD}, WITHHELD)
    record = {"id": "x", "who": "ahopper"}
    assert Veil(DROPPED, {"other": {"x": "text"}}).hide_record("t", record, "no", COLUMNS) == (record, "no")


def test_nothing_private_reaches_the_disk_of_the_staging(tmp_path: Path) -> None:
    with Staging(tmp_path, {"t": COLUMNS}, veil=Veil(DROPPED, HIDDEN)) as staging:  # type: ignore[arg-type]
        staging.write("t", pa.table({"id": [1], "who": ["ahopper"], "words": ["my words"], "crew": [["mvaldes"]]}))
        staging.set_aside("t", {"id": 2, "who": 7, "words": "my words"}, "7 is not a name")
        rows = staging.connection.execute("SELECT who, words, crew FROM t").fetchall()
        assert rows == [(None, None, [])]
        assert json.loads(staging.set_aside_file.read_text()) == {
            "source": "t",
            "record": {"id": 2, "who": WITHHELD, "words": None},
            "reason": WITHHELD,
        }


def test_the_digest_of_a_mapping_tells_what_was_done_with_it() -> None:
    private: Any = {"t": {"who": "person"}}
    assert Privacy().digest("d", private) == "d"
    assert PSEUDONYMS.digest("d", {}) == "d"
    assert Privacy("keep", "drop").digest("d", private) == "d"
    digests = {
        Privacy("drop").digest("d", private),
        PSEUDONYMS.digest("d", private),
        Privacy("pseudonymise", "keep", KEY).digest("d", private),
        Privacy("pseudonymise", "keep", b"another key of the tests").digest("d", private),
        Privacy("drop").digest("e", private),
    }
    # What becomes of text changes nothing where there is none.
    assert len(digests) == 4
    assert all(len(digest) == 64 for digest in digests)


def test_the_key_is_in_no_representation() -> None:
    assert "key of the tests" not in repr(PSEUDONYMS)


# What a source.yml says ---------------------------------------------------------------------------------------------

SOURCE = """
reader: http
privacy:
  message: {who: person}
tables:
  message: {path: /m, columns: {id: BIGINT, who: VARCHAR, crew: "VARCHAR[]"}}
"""
MAPPING = """
mappings:
  message:
    sources: [message]
    subject: message/$(id)
    predicateobjects:
      - [a, prov:Entity]
"""


def problems(path: Path, source: str) -> list[str]:
    folder = write_folder(path / "log", MAPPING, source=source)
    return [str(problem) for problem in check_folder(folder, reader_schemas(read_source(folder / "source.yml")))]


def test_a_declaration_is_read(tmp_path: Path) -> None:
    assert problems(tmp_path, SOURCE) == []
    declaration = load_folder(tmp_path / "log").declaration
    assert declaration.privacy == {"message": {"who": "person"}}
    assert "privacy" not in declaration.options


@pytest.mark.parametrize(
    ("privacy", "words"),
    [
        ("message: {whom: person}", ["source.yml", "privacy.message.whom", "has no column 'whom'", "id, who, crew"]),
        ("messages: {who: person}", ["privacy.messages", "there is no table 'messages'", "message"]),
        ("message: {id: person}", ["privacy.message.id", "int64, not text"]),
    ],
)
def test_what_is_not_there_is_told(privacy: str, words: list[str], tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SOURCE.replace("message: {who: person}", privacy, 1))
    assert all(word in problem for word in words), problem


def test_a_kind_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "log", MAPPING, source=SOURCE.replace("who: person", "who: secret", 1))
    (problem,) = check_folder(folder, {})
    assert "source.yml:4:18" in str(problem)
    assert "person, identity, text, not 'secret'" in str(problem)


def test_parts_say_it_of_their_own_tables(tmp_path: Path) -> None:
    system = write_folder(tmp_path / "efd", "", source="reader: http\nparts: [a, b]\n")
    (system / "mapping.yml").unlink()
    tables = "tables:\n  {0}: {{path: /m, columns: {{id: BIGINT, who: VARCHAR}}}}\n"
    for part in "ab":
        said = f"privacy:\n  {part}: {{who: identity}}\n"
        write_folder(system / part, MAPPING.replace("message", part), source=tables.format(part) + said)
    assert read_source(system / "source.yml").privacy == {"a": {"who": "identity"}, "b": {"who": "identity"}}
    (system / "b" / "source.yml").write_text(tables.format("b") + "privacy:\n  a: {who: text}\n")
    with pytest.raises(MappingError, match=r"b/source.yml:4:6 .*this part has no table 'a'"):
        read_source(system / "source.yml")


def test_lists_of_texts_can_be_private_and_other_lists_cannot() -> None:
    schemas = {"t": pa.schema([("crew", pa.list_(pa.string())), ("n", pa.list_(pa.int64()))])}
    check_private({"t": {"crew": "person"}}, schemas, Path("source.yml"))
    with pytest.raises(MappingError, match="only texts and lists of texts"):
        check_private({"t": {"n": "person"}}, schemas, Path("source.yml"))
