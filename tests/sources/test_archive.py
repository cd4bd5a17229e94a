"""The archive as a source: which subjects are of a night, what is read of files, and terms as plain values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor.errors import ConfigurationError, MappingError, Place, SourceError
from progenitor.mapping.folder import read_source
from progenitor.model import BatchRecord, Partition
from progenitor.sources.archive import EVIDENCE, ArchiveReader
from progenitor.sources.archive.scan import fingerprints, read_triples
from progenitor.sources.archive.subjects import Range, Subjects, night_of
from progenitor.sources.archive.terms import datatypes, resources, values
from progenitor.sources.declared.nights import Night
from progenitor.sources.reader import open_reader
from progenitor.terms import PG
from support.readers import read_into
from support.stores import BASE, iri, write_rows

PLACE = Place("source.yml")
LSSTCAM = Subjects((f"{BASE}exposure/LSSTCam/",))
NIGHT = Night.parse("2025-11-01")

RECORD = BatchRecord(
    partition=Partition("butler", "repo"),
    file=Path(),
    digest="",
    triples=0,
    rows=0,
    set_aside=0,
    dead_letter=None,
    mapping_digest="",
    evidence="registry",
    started="",
    ended="",
    agent="",
    software="",
)

# Subjects ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("declared", [None, [], "exposure/LSSTCam/{day_obs}", ["exposure/"], ["{day_obs}"], [1]])
def test_subjects_that_no_night_tells_apart_are_refused(declared: object) -> None:
    with pytest.raises(MappingError, match=r"source\.yml: subjects is .*exposure/LSSTCam"):
        Subjects.parse(declared, BASE, PLACE)


@pytest.mark.parametrize(
    ("digits", "night"),
    [
        ("20251101", "2025-11-01"),
        ("30251101", "2025-11-01"),
        ("70251101", "2025-11-01"),
        ("80251101", None),
        ("20251301", None),
        ("2025110", None),
        ("abcdefgh", None),
        ("\uff120251101", None),
    ],
)
def test_the_night_of_a_number(digits: str, night: str | None) -> None:
    found = night_of(digits)
    assert (found and found.key) == night


@given(st.integers(2, 9), st.dates(min_value=NIGHT.date.replace(year=2001), max_value=NIGHT.date.replace(year=2098)))
def test_the_ranges_of_a_night_hold_what_is_of_it_and_nothing_else(first: int, date: object) -> None:
    night = Night.parse(str(date))
    text = f"{first}{str(night.day_obs)[1:]}"
    subject = iri(f"exposure/LSSTCam/{text}00010#record-camera")
    for each in (night.previous, night, night.next):
        inside = [rest.first <= subject < rest.end for rest in LSSTCAM.ranges_of(each)]
        assert sum(inside) == (each == night_of(text))


# Files ---------------------------------------------------------------------------------------------------------------

NUMBERS = st.integers(2025103100000, 2025110299999)
ROWS = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(["exposure/LSSTCam", "exposure/LATISS", "raw/LSSTCam"]), NUMBERS).map(
            lambda pair: iri(f"{pair[0]}/{pair[1]}")
        ),
        st.just(f"<{PG}group>"),
        st.sampled_from(['"a"', '"b"']),
        st.sampled_from([None, iri("some-graph")]),
    ),
    max_size=40,
)


@given(rows=ROWS, group=st.integers(1, 9))
def test_what_is_read_is_what_lies_in_the_ranges(
    rows: list[tuple[str, str, str, str | None]], group: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = write_rows(tmp_path_factory.getbasetemp() / "rows.parquet", rows)
    pq.write_table(pq.read_table(file), file, row_group_size=group)
    ranges = LSSTCAM.ranges_of(NIGHT)
    found = [tuple(row.values()) for table in read_triples(file, ranges) for row in table.to_pylist()]
    prefix = iri("exposure/LSSTCam/20251101")[:-1]
    assert found == sorted({row[:3] for row in rows if row[3] is None and row[0].startswith(prefix)})


def test_row_groups_that_hold_nothing_wanted_are_not_read(tmp_path: Path) -> None:
    rows = [(iri(f"exposure/LSSTCam/20251101{n:05d}"), f"<{PG}group>", '"x"') for n in range(1000)]
    file = write_rows(tmp_path / "rows.parquet", rows)
    pq.write_table(pq.read_table(file), file, row_group_size=100)
    with mock.patch.object(
        pq.ParquetFile, "read_row_group", autospec=True, side_effect=pq.ParquetFile.read_row_group
    ) as read:
        (table,) = read_triples(file, [Range.beginning(f"{BASE}exposure/LSSTCam/2025110100250")])
    assert [call.args[1] for call in read.call_args_list] == [2]
    assert table.num_rows == 1


def test_what_is_no_archive_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("nonsense")
    with pytest.raises(SourceError, match=r"x\.parquet: not an archive file"):
        list(read_triples(tmp_path / "x.parquet", LSSTCAM.ranges_of(NIGHT)))
    pq.write_table(pa.table({"a": [1]}), tmp_path / "y.parquet")
    with pytest.raises(SourceError, match=r"y\.parquet: not an archive file"):
        list(read_triples(tmp_path / "y.parquet", LSSTCAM.ranges_of(NIGHT)))


def test_a_fingerprint_changes_with_what_is_said_of_its_night_alone(tmp_path: Path) -> None:
    first = [(iri(f"exposure/LSSTCam/2025110{day}00001"), f"<{PG}group>", f'"{day}"') for day in (1, 2)]
    other = [(iri("exposure/LATISS/2025110100001"), f"<{PG}group>", '"x"')]
    one = fingerprints(write_rows(tmp_path / "one.parquet", first), LSSTCAM.stems)
    two = fingerprints(write_rows(tmp_path / "two.parquet", [*first, *other]), LSSTCAM.stems)
    assert one == two and one.keys() == {"20251101", "20251102"}
    record = (first[0][0].replace(">", "#record-camera>"), *first[0][1:])
    three = fingerprints(write_rows(tmp_path / "three.parquet", [*first, record]), LSSTCAM.stems)
    assert one["20251102"] == three["20251102"] and one["20251101"] != three["20251101"]


# Terms ---------------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_literal_is_read_as_it_was_written(text: str) -> None:
    written = pa.chunked_array([[str(ox.Literal(text)), str(ox.Literal(text, language="en"))]])
    assert values(written, BASE).to_pylist() == [text, text]
    assert datatypes(written).to_pylist() == ["xsd:string", "rdf:langString"]


def test_terms_in_short() -> None:
    written = [
        f"<{PG}group>",
        iri("a%20b/c#d"),
        f"<{BASE}>",
        "<https://else.where/>",
        r'"\u00e9\t\"\\n"',
        '"1"^^<urn:x>',
    ]
    terms = pa.chunked_array([written])
    assert values(terms, BASE).to_pylist() == ["pg:group", "a%20b/c#d", BASE, "https://else.where/", 'é\t"\\n', "1"]
    assert datatypes(terms).to_pylist() == [None, None, None, None, "xsd:string", "urn:x"]
    assert resources(pa.chunked_array([written[:2]]), BASE).to_pylist() == ["pg:group", "a%20b/c#d"]


# The reader ----------------------------------------------------------------------------------------------------------


def reader(path: Path, batches: dict[str, list[tuple[str, str, str]]], declaration: str = "") -> ArchiveReader:
    """Open an archive of batches, ``source/key`` -> rows."""
    source = path / "derived" / "source.yml"
    source.parent.mkdir(exist_ok=True)
    source.write_text(declaration or "reader: archive\nsubjects: ['exposure/LSSTCam/{day_obs}']\n")
    records = {}
    for name, rows in batches.items():
        write_rows(path / name / "x.parquet", rows)
        record = replace(RECORD, partition=Partition(*name.split("/")), file=Path(name) / "x.parquet")
        records[name] = replace(record, evidence=EVIDENCE) if name.startswith("derived") else record
    return ArchiveReader(read_source(source), path, BASE, {}, records)


def said(exposure: int, group: str) -> tuple[str, str, str]:
    return iri(f"exposure/LSSTCam/{exposure}"), f"<{PG}group>", f'"{group}"'


def test_a_night_is_read_from_what_may_tell_of_it(tmp_path: Path) -> None:
    opened = reader(
        tmp_path,
        {
            "butler/repo": [said(2025110100001, "a"), said(2025110500001, "never read")],
            "efd/2025-11-01": [said(2025110100001, "b")],
            "efd/2025-11-02": [said(2025110100001, "c"), said(2025110200001, "d")],
            "efd/2025-11-03": [said(2025110100001, "too far")],
            "derived/2025-11-01": [said(2025110100001, "its own")],
        },
    )
    partitions = list(opened.partitions())
    assert [partition.key for partition in partitions] == ["2025-11-01", "2025-11-02"]
    assert [partition.key for partition in opened.partitions(["202511*02"])] == ["2025-11-02"]
    assert [partition.key for partition in opened.partitions(["20251109", "2025-11-0[2]"])] == [
        "2025-11-02",
        "2025-11-09",
    ]
    tables = read_into(opened, partitions[0])
    rows = {(row["source"], row["value"]) for row in tables.rows("statement")}
    assert rows == {("butler", "a"), ("efd", "b"), ("efd", "c")}
    assert [row["partition"] for row in tables.rows("partition_window")] == ["2025-11-01"]
    assert tables.report.evidence == EVIDENCE
    assert read_into(opened, Partition("derived", "2025-11-05")).rows("statement") == [], "no night tells of it"


def test_batches_that_are_of_no_night_may_be_chosen(tmp_path: Path) -> None:
    batches = {
        "butler/repo": [said(2025110100001, "a")],
        "butler/other": [said(2025110100001, "b")],
        "efd/2025-11-01": [said(2025110100001, "c")],
    }
    declaration = "reader: archive\nsubjects: ['exposure/LSSTCam/{day_obs}']\nbatches: %s\n"
    tables = read_into(reader(tmp_path, batches, declaration % "[butler/r*]"), Partition("derived", "2025-11-01"))
    assert {row["value"] for row in tables.rows("statement")} == {"a", "c"}
    with pytest.raises(MappingError, match="batches is 'butler'"):
        reader(tmp_path, batches, declaration % "butler")


def test_options_that_are_not_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="option 'nights' is unknown"):
        reader(tmp_path, {}, "reader: archive\nsubjects: ['exposure/LSSTCam/{day_obs}']\nnights: 3\n")


def test_it_has_no_location(tmp_path: Path) -> None:
    reader(tmp_path, {})
    with pytest.raises(SourceError, match="not from a location"):
        open_reader(read_source(tmp_path / "derived" / "source.yml"), str(tmp_path), {})
