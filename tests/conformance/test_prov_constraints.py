"""The PROV-CONSTRAINTS cases of W3C's test suite; run where PROGENITOR_SUITES names the folder of public suites."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from prov.model import ProvDocument

from progenitor.validate.constraints import columns_of, validate_constraints
from support.prov_columns import quads_of

SUITES = os.environ.get("PROGENITOR_SUITES", "")
SUITE = Path(SUITES) / "prov-constraints"

pytestmark = pytest.mark.skipif(not SUITES, reason="PROGENITOR_SUITES is not set")


def cases() -> list[tuple[str, str, str]]:
    if not SUITES:
        return []
    return [tuple(line.split("\t")) for line in (SUITE / "oracle.tsv").read_text().splitlines()[1:]]


def is_of_the_notation(name: str) -> bool:
    """Whether a case fails in PROV-N itself, by a mandatory argument that is missing: triples cannot say so."""
    return name.endswith("-FAIL-DM")


@pytest.mark.parametrize(("file", "name", "outcome"), cases(), ids=lambda text: Path(text).stem)
def test_a_case_of_the_suite(file, name, outcome):
    document = ProvDocument.deserialize(SUITE / file, format="provn")
    broken = {violation.rule for violation in validate_constraints(columns_of(quads_of(document))) if violation.rule}
    if is_of_the_notation(name):
        assert outcome == "FAIL"
        return
    assert ("FAIL" if broken else "PASS") == outcome, broken
    expected = {int(rule) for rule in re.findall(r"-c(\d+)", name)}
    assert not broken or broken & expected


def test_the_suite_is_whole():
    found = cases()
    assert len(found) == 155
    assert sum(is_of_the_notation(name) for _, name, _ in found) == 8
