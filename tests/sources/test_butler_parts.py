"""The small parts of the Butler reader: data IDs, configurations, headers, times, addresses, credentials."""

from __future__ import annotations

import gzip
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from lsst.daf.butler import Timespan
from lsst.daf.butler.formatters.parquet import astropy_to_arrow
from lsst.resources import ResourcePath

from progenitor.errors import Place, SourceError
from progenitor.sources.butler.configs import parse_config
from progenitor.sources.butler.data_ids import DataIdFormatter
from progenitor.sources.butler.graph_file import check_interpreter, read_addresses
from progenitor.sources.butler.headers import read_header
from progenitor.sources.butler.secrets import mask_credentials, without_credentials
from progenitor.sources.butler.times import bounds, tai_text, tai_to_utc

HERE = Place("somewhere")
INPUTS = {
    "LSST BUTLER ID": "01a20645-376e-7664-ac6a-dbd70475888d",
    "LSST BUTLER QUANTUM": "01A20645-3783-74a6-a297-a9b5d0568c6e",
    "LSST BUTLER N_INPUTS": 2,
    "LSST BUTLER INPUT 0 ID": "01a20645-376b-779e-8057-04ce11337dbb",
    "LSST BUTLER INPUT 0 RUN": "u/" + "long/" * 30 + "drp",
    "LSST BUTLER INPUT 0 DATASETTYPE": "warp",
    "LSST BUTLER INPUT 0 WEIGHT": 0.25,
    "LSST BUTLER INPUT 0 NOTE": "it's",
    "LSST BUTLER INPUT 1 ID": "01a20645-376b-75f5-9acd-106a7ae969a4",
    "OTHER": 1,
}


def test_a_data_id_is_names_and_values_in_order() -> None:
    write = DataIdFormatter(["instrument", "detector", "visit"])
    assert write(["LSSTCam", 4, 2025110100010, "i"]) == "instrument~LSSTCam~detector~4~visit~2025110100010"
    assert DataIdFormatter([])([]) is None


def test_too_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        DataIdFormatter(["tract", "patch"])([1])


@given(st.lists(st.one_of(st.integers(), st.text()), min_size=1, max_size=5), st.data())
def test_different_data_ids_have_different_keys(values: list[int | str], data: st.DataObject) -> None:
    write = DataIdFormatter([f"d{number}" for number in range(len(values))])
    other = data.draw(st.lists(st.one_of(st.integers(), st.text()), min_size=len(values), max_size=len(values)))
    key = write(values)
    assert key is not None
    # a percent sign stays: only the joint itself is written otherwise
    assert key.split("~")[1::2] == [str(value).replace("~", "%7E") for value in values]
    assert (key == write(other)) == (
        [str(v).replace("~", "%7E") for v in values] == [str(v).replace("~", "%7E") for v in other]
    )


CONFIG = """
import lsst.ip.isr
assert type(config) is lsst.ip.isr.IsrConfig, f"config is of type {type(config).__module__}"
import lsst.something
# Divide by the flat?
config.doFlat=True
config.psf['PCA'].order=[1,
  2]
config.connections.flat='flat'
config.measure.retarget(target=lsst.other.Task, ConfigClass=lsst.other.Config)
"""


def test_a_configuration_is_taken_apart() -> None:
    config = parse_config(CONFIG, HERE)
    assert config.config_class == "lsst.ip.isr.IsrConfig"
    assert dict(config.fields) == {
        "connections.flat": "'flat'",
        "doFlat": "True",
        "measure.retarget": "target=lsst.other.Task, ConfigClass=lsst.other.Config",
        "psf['PCA'].order": "[1, 2]",
    }


def test_the_digest_goes_by_content_not_by_comments_or_order() -> None:
    lines = CONFIG.replace("# Divide by the flat?", "# divide?").splitlines()
    shuffled = "\n".join([*lines[:3], "config.connections.flat = 'flat'", *lines[3:]])
    assert parse_config(shuffled, HERE).digest == parse_config(CONFIG, HERE).digest
    assert parse_config(CONFIG.replace("True", "False"), HERE).digest != parse_config(CONFIG, HERE).digest


def test_a_configuration_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    parse_config(f"import pathlib\nconfig.a = pathlib.Path({str(mark)!r}).touch()\n", HERE)
    assert not mark.exists()


def test_what_is_not_python_is_refused() -> None:
    with pytest.raises(SourceError, match="somewhere"):
        parse_config("config.a = = 3", HERE)


def write_fits(path: Path) -> ResourcePath:
    header = fits.Header()
    for key, value in INPUTS.items():
        header[f"HIERARCH {key}" if " " in key else key] = value
    hdus = fits.HDUList([fits.PrimaryHDU(header=header), fits.ImageHDU(np.zeros((5, 5)))])
    hdus.writeto(path)
    return ResourcePath(str(path))


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
def test_the_header_of_a_fits_file(tmp_path: Path, name: str) -> None:
    header = read_header(write_fits(tmp_path / name))
    assert header is not None
    assert header.quantum == "01a20645-3783-74a6-a297-a9b5d0568c6e"
    first, second = header.inputs
    assert (first.dataset, first.dataset_type, first.run) == (
        "01a20645-376b-779e-8057-04ce11337dbb",
        "warp",
        INPUTS["LSST BUTLER INPUT 0 RUN"],
    )
    assert first.extras == {"weight": 0.25, "note": "it's"}
    assert (second.dataset, second.dataset_type, second.extras) == ("01a20645-376b-75f5-9acd-106a7ae969a4", None, {})


def test_the_header_of_a_parquet_file_written_by_the_butler(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table = Table({"flux": [1.0] * units.nJy, "mag": [[1.0, 2.0]]})
    table.meta.update({key.replace(" ", "."): value for key, value in INPUTS.items()})
    table.meta["obstime"] = Time("2025-11-01", scale="tai")
    pq.write_table(astropy_to_arrow(table), tmp_path / "a.parq")
    header = read_header(ResourcePath(str(tmp_path / "a.parq")))
    assert header is not None
    assert [entry.dataset for entry in header.inputs] == [
        INPUTS["LSST BUTLER INPUT 0 ID"],
        INPUTS["LSST BUTLER INPUT 1 ID"],
    ]
    assert header.inputs[0].extras["weight"] == 0.25


def test_a_file_without_provenance_has_none(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "a.fits")
    assert read_header(ResourcePath(str(tmp_path / "a.fits"))) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fits", b""),
        ("a.fits", b"not a FITS file" * 1000),
        ("a.fits", b"SIMPLE  = T".ljust(2880)),
        ("a.fits.gz", gzip.compress(b"SIMPLE", mtime=0)[:12]),
        ("a.parq", b"PAR1nothing"),
    ],
)
def test_a_damaged_header_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name):
        read_header(ResourcePath(str(tmp_path / name)))


@pytest.mark.filterwarnings("ignore:ERFA function")  # leap seconds of years to come are not known
@given(st.integers(min_value=100_000_000 * 10**6, max_value=4102444799 * 10**6))
def test_tai_becomes_utc_as_astropy_has_it(microseconds: int) -> None:
    nanoseconds = microseconds * 1000
    (utc,) = tai_to_utc([nanoseconds])
    assert utc is not None
    tai = Time(tai_text(nanoseconds), scale="tai")
    assert abs((Time(utc, scale="utc") - tai.utc).sec) < 1.5e-6


def test_a_time_within_a_leap_second_is_the_last_microsecond_before() -> None:
    leap = Time("2016-12-31T23:59:60.5", scale="utc").tai
    begin, end = bounds(Timespan(leap, leap + 1 * units.s))
    assert [time.isoformat() for time in tai_to_utc([begin, end]) if time] == [
        "2016-12-31T23:59:59.999999",
        "2017-01-01T00:00:00.500000",
    ]


def test_leap_seconds_are_those_of_the_day() -> None:
    begin, end = bounds(Timespan(Time("1999-06-01T00:00:32", scale="tai"), Time("2025-11-01T12:00:37", scale="tai")))
    assert [time.isoformat() for time in tai_to_utc([begin, None, end]) if time] == [
        "1999-06-01T00:00:00",
        "2025-11-01T12:00:00",
    ]


def test_an_unbounded_time_is_none() -> None:
    assert bounds(Timespan(None, None)) == (None, None)
    assert bounds(None) == (None, None)
    assert tai_to_utc([None]) == [None]
    assert tai_text(None) is None


@pytest.mark.parametrize("version", [(3, 12, 0), (3, 12, 8), (3, 13, 0), (3, 13, 1)])
def test_interpreters_that_misread_zip_files_are_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(SourceError, match="gh-127847"):
        check_interpreter(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 2), (3, 14, 0)])
def test_other_interpreters_are_not(version: tuple[int, int, int]) -> None:
    check_interpreter(version)


@given(st.lists(st.tuples(st.uuids(), st.booleans(), st.booleans()), max_size=20), st.sampled_from([4, 8]))
def test_addresses_are_those_of_the_owners_in_the_order_of_the_blocks(
    nodes: list[tuple[UUID, bool, bool]], int_size: int
) -> None:
    data = bytes([int_size]) + len(nodes).to_bytes(int_size) + (4).to_bytes(int_size)
    expected = []
    for number, (key, is_quantum, has_block) in enumerate(nodes):
        addresses = [
            (0, 0),
            (number, 9) if is_quantum else (0, 0),
            (0, 0),
            (7 * (40 - number), 7) if has_block else (0, 0),
        ]
        data += key.bytes + number.to_bytes(int_size)
        data += b"".join(offset.to_bytes(int_size) + size.to_bytes(int_size) for offset, size in addresses)
        if is_quantum and has_block:
            expected.append((7 * (40 - number), key.bytes))
    owners, offsets = read_addresses(data, int_size, 3, 1)
    assert list(zip(offsets.tolist(), (owner.tobytes() for owner in owners), strict=True)) == sorted(expected)


def test_credentials_are_masked() -> None:
    assert mask_credentials("cannot reach https://me:pass@host/x") == "cannot reach https://***@host/x"
    assert without_credentials("https://me:pass@host:80/x?y#z") == "https://host:80/x?y#z"
    assert without_credentials("file:///a/b@c.fits") == "file:///a/b@c.fits"
