"""The same mapping.yml on the same CSV files gives the same quads as morph-kgc, a public YARRRML engine.

What differs on purpose and is tested elsewhere: relative IRIs (morph-kgc has no base), escapes (it knows none), lexical
forms that a store would rewrite, and rows set aside (it drops them or writes what is no IRI).
"""

from __future__ import annotations

import os
import random
import shutil
import textwrap

import pyarrow as pa
import pyarrow.csv as pc
import pytest

from support.mappings import map_tables, write_folder
from support.morph import MorphNotFoundError, morph_python, run_morph

WORDS = [
    "a",
    "b c",
    "d/e",
    "f&g=h",
    'say "hi"',
    "back\\slash",
    "é",
    "日本",
    "100%",
    "x;y,z",
    "it's",
    "<tag>",
    "",
    "tab\there",
]
PREFIXES = """
prefixes:
  ex: https://example.org/ns#
  data: https://example.org/data/
sources:
  quantum: {access: quantum.csv, referenceFormulation: csv}
  used: {access: used.csv, referenceFormulation: csv}
"""

MAPPINGS = {
    "short forms": """
    mappings:
      quantum:
        sources: [quantum]
        s: data:quantum/$(id)
        po:
          - [a, prov:Activity]
          - [rdfs:label, $(text)]
          - [rdfs:comment, $(text), en~lang]
          - [ex:count, $(count), xsd:integer]
          - [prov:startedAtTime, $(started), xsd:dateTime]
          - [ex:ok, $(ok), xsd:boolean]
          - [ex:task, data:task/$(text)/$(id)~iri]
          - [prov:atLocation, $(url)~iri]
          - [ex:constant, a text]
    """,
    "long forms": """
    mappings:
      quantum:
        sources: [quantum]
        subjects: data:quantum/$(id)
        predicateobjects:
          - predicates: [rdfs:label, ex:name]
            objects: [$(text), $(id)]
          - predicates: ex:typed
            objects:
              - value: $(count)
                datatype: xsd:integer
              - value: $(text)
                datatype: ex:unit
          - predicates: [ex:one, ex:two]
            objects:
              - value: $(text)
                language: en
              - value: $(text)
                language: de
          - predicates: ex:knows
            objects:
              value: data:quantum/$(text)
              type: iri
    """,
    "several mappings, subjects and sources": """
    mappings:
      quantum:
        sources: [quantum]
        s: [data:quantum/$(id), data:twin/$(id)]
        po: [[a, prov:Activity], [ex:label, $(text)]]
      both:
        sources: [quantum, used]
        s: data:thing/$(id)
        po: [[a, [prov:Entity, ex:Thing]]]
      used:
        sources: [used]
        s: data:quantum/$(id)
        po: [[prov:used, data:dataset/$(input)~iri], [ex:label, $(input)]]
      again:
        sources: [used]
        s: data:quantum/$(id)
        po: [[prov:used, data:dataset/$(input)~iri]]
    """,
    "graphs": """
    mappings:
      quantum:
        sources: [quantum]
        s: data:quantum/$(id)
        g: ex:always
        po: [[a, prov:Activity], [rdfs:label, $(text)]]
      used:
        sources: [used]
        s: data:quantum/$(id)
        po:
          - p: prov:used
            o: data:dataset/$(input)~iri
            g: data:graph/$(input)
          - [ex:seen, $(input)]
    """,
    "references and templates in every place": """
    mappings:
      located:
        sources: [quantum]
        s: $(url)
        po: [[ex:$(kind), $(text)], [ex:of, data:$(id)/x/$(text)#part~iri]]
      used:
        sources: [used]
        s: data:edge/$(id)-$(input)
        po: [[ex:between, "data:quantum/$(id)~iri"], [ex:to, "data:dataset/$(input)~iri"]]
    """,
}


def tables(seed: int) -> dict[str, pa.Table]:
    """Rows with every awkward character, repetition and gap, the same for each seed."""
    pick = random.Random(seed).choice
    quanta = [
        {
            "id": f"{pick(WORDS[:12])}{number % 30}",
            "text": pick(WORDS) or None,
            "count": str(pick([0, 7, -3, 12345678901])),
            "started": pick(["2025-11-01T00:00:00Z", "2025-11-01T00:00:00.5Z", None]),
            "ok": pick(["true", "false"]),
            "url": pick(["https://example.org/a?b=c#d", "ivo://org.rubinobs/x", "file:///a/b.fits", None]),
            "kind": pick(["red", "blue"]),
        }
        for number in range(60)
    ]
    used = [{"id": row["id"], "input": pick(WORDS) or None} for row in quanta for _ in range(2)]
    return {"quantum.csv": pa.Table.from_pylist(quanta), "used.csv": pa.Table.from_pylist(used)}


@pytest.fixture(scope="module")
def engine():
    try:
        return morph_python()
    except MorphNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_quads_are_those_of_morph_kgc(engine, tmp_path, name):
    folder = write_folder(tmp_path / "folder", PREFIXES + textwrap.dedent(MAPPINGS[name]))
    given = tables(len(name))
    for file, table in given.items():
        pc.write_csv(table, folder / file, pc.WriteOptions(quoting_style="needed"))
    mapped = map_tables(folder, given)
    ours = {(*row, None) if len(row) == 3 else row for row in mapped.triples}
    theirs = run_morph(folder).quads
    assert mapped.dead_letters == []
    assert len(theirs) > 100
    assert ours - theirs == set()
    assert theirs - ours == set()


def test_the_environment_is_apart():
    assert shutil.which("morph_kgc") is None
