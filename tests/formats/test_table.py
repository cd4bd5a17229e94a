"""The table of formats, and how one is chosen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from progenitor.errors import FormatError
from progenitor.formats import FORMATS, format_of, render, write
from support.answers import BASE, coadd

REFERENCE = Path(__file__).parents[2] / "docs/reference/formats.md"


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        (None, None, "prov-json"),
        ("TURTLE", "figure.svg", "turtle"),
        (None, "coadd.svg", "svg"),
        (None, "a/coadd.prov.json", "prov-json"),
        (None, Path("coadd.json"), "json"),
        (None, "COADD.PROVN", "prov-n"),
    ],
)
def test_format_of(name: str | None, path: str | None, expected: str) -> None:
    assert format_of(name, path) == expected


@pytest.mark.parametrize(("name", "path"), [("docx", None), (None, "coadd"), (None, "coadd.docx")])
def test_an_unknown_format_is_refused_with_the_list(name: str | None, path: str | None) -> None:
    with pytest.raises(FormatError, match=r"docx|coadd") as caught:
        format_of(name, path)
    assert "prov-json" in str(caught.value)


def test_suffixes_mean_one_format_each() -> None:
    suffixes = [suffix for format_ in FORMATS.values() for suffix in format_.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(
        format_of(None, f"x{suffix}") == format_.name for format_ in FORMATS.values() for suffix in format_.suffixes
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_and_says_truly_whether_it_is_text(name: str) -> None:
    lineage, statements = coadd(1, 1)
    stream = io.BytesIO()
    write(lineage, statements, name, stream, base=BASE)
    content = stream.getvalue()
    assert content
    if FORMATS[name].is_text:
        content.decode()
    else:
        with pytest.raises(UnicodeDecodeError):
            content.decode()


def test_nothing_is_written_where_a_format_fails() -> None:
    lineage, statements = coadd(1, 1)
    stream = io.BytesIO()
    with pytest.raises(FormatError):
        write(lineage, statements, "docx", stream, base=BASE)
    assert stream.getvalue() == b""


def test_the_reference_page_lists_every_format() -> None:
    page = REFERENCE.read_text()
    for format_ in FORMATS.values():
        suffixes = " ".join(f"`{suffix}`" for suffix in format_.suffixes)
        assert f"| `{format_.name}` | `{format_.media_type}` | {suffixes} | {format_.about} |" in page


def test_equal_answers_give_equal_bytes_in_every_format() -> None:
    lineage, statements = coadd(1, 2)
    for name in FORMATS:
        assert render(lineage, statements, name, base=BASE) == render(lineage, statements[::-1], name, base=BASE), name
