"""What a mapping makes of rows: nulls, repetition, lists, graphs, dead letters, order."""

from __future__ import annotations

import hashlib
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.errors import MappingError
from progenitor.mapping.folder import load_folder
from progenitor.mapping.run import run_mapping
from progenitor.mapping.staging import Staging
from progenitor.terms import PROV, RDFS, TYPE, XSD
from support.mappings import BASE, map_tables, write_folder

PREFIX = "prefixes: {ex: 'https://example.org/ns#'}\n"
NS = "https://example.org/ns#"


def one(po: str, subject: str = "x/$(id)", rest: str = "") -> str:
    """A document of one mapping on the table t."""
    return f"{PREFIX}mappings:\n  one:\n    sources: t\n    s: {subject}\n{rest}    po:\n{po}"


def test_columns_become_literals_by_their_type(tmp_path):
    folder = write_folder(
        tmp_path, one("      - [ex:n, $(n)]\n      - [ex:r, $(r)]\n      - [ex:b, $(b)]\n      - [a, ex:T]\n")
    )
    mapped = map_tables(folder, {"t": pa.table({"id": ["a/b"], "n": [1], "r": [2.0], "b": [True]})})
    assert mapped.triples == [
        ("<https://example.org/x/a%2Fb>", f"<{TYPE}>", f"<{NS}T>"),
        ("<https://example.org/x/a%2Fb>", f"<{NS}b>", f'"true"^^<{XSD}boolean>'),
        ("<https://example.org/x/a%2Fb>", f"<{NS}n>", f'"1"^^<{XSD}integer>'),
        ("<https://example.org/x/a%2Fb>", f"<{NS}r>", f'"2"^^<{XSD}double>'),
    ]


def test_a_null_makes_no_triple_and_no_dead_letter(tmp_path):
    folder = write_folder(
        tmp_path, one("      - [ex:p, $(v)]\n      - [ex:q, y/$(v)/$(w)~iri]\n      - [ex:r, 'v $(v)']\n")
    )
    table = pa.table({"id": ["1", "2", None], "v": [None, "b", "c"], "w": ["w", None, "w"]})
    mapped = map_tables(folder, {"t": table})
    assert mapped.triples == [(f"<{BASE}x/2>", f"<{NS}p>", '"b"'), (f"<{BASE}x/2>", f"<{NS}r>", '"v b"')]
    assert mapped.dead_letters == []


def test_identical_triples_collapse_across_rows_mappings_and_sources(tmp_path):
    text = f"""{PREFIX}
mappings:
  one: {{sources: [t, u], s: [x/$(id), "x/$(id)~iri"], po: [[ex:p, [$(v), $(v)]], [[ex:p, ex:q], $(v)]]}}
  two: {{sources: t, s: x/$(id), po: [[ex:p, $(v)]]}}
"""
    rows = pa.table({"id": ["1", "1", "2"], "v": ["a", "a", "b"]})
    mapped = map_tables(write_folder(tmp_path, text), {"t": rows, "u": rows})
    assert mapped.triples == [
        (f"<{BASE}x/{key}>", f"<{NS}{name}>", f'"{value}"') for key, value in [("1", "a"), ("2", "b")] for name in "pq"
    ]
    assert mapped.count == 4


def test_a_list_makes_a_triple_of_each_element(tmp_path):
    folder = write_folder(tmp_path, one("      - [prov:used, d/$(inputs)~iri]\n      - [ex:n, $(counts)]\n"))
    table = pa.table(
        {
            "id": ["1", "2", "3"],
            "inputs": pa.array([["b", "a", None, "a"], [], None], pa.list_(pa.string())),
            "counts": pa.array([[2, 10], [1], None], pa.list_(pa.int64())),
        }
    )
    mapped = map_tables(folder, {"t": table})
    assert mapped.objects(PROV + "used") == [f"<{BASE}d/a>", f"<{BASE}d/b>"]
    assert mapped.objects(NS + "n") == [f'"{value}"^^<{XSD}integer>' for value in ("10", "2", "1")]
    assert mapped.dead_letters == []


def test_elements_of_a_list_that_cannot_be_written_are_set_aside_alone(tmp_path):
    folder = write_folder(tmp_path, one("      - [prov:atLocation, $(urls)~iri]\n"))
    mapped = map_tables(folder, {"t": pa.table({"id": ["1"], "urls": [["https://a.b/c", "not one", None]]})})
    assert mapped.objects(PROV + "atLocation") == ["<https://a.b/c>"]
    assert [letter["reason"] for letter in mapped.dead_letters] == ["prov:atLocation: not an absolute IRI: urls"]


def test_a_bad_subject_sets_the_whole_row_aside(tmp_path):
    folder = write_folder(tmp_path, one("      - [ex:p, $(v)]\n", subject="$(url)"))
    table = pa.table({"url": ["https://a.b/c", "no iri", None, "relative/x"], "v": [1, 2, 3, 4]})
    mapped = map_tables(folder, {"t": table})
    assert mapped.triples == [("<https://a.b/c>", f"<{NS}p>", f'"1"^^<{XSD}integer>')]
    assert mapped.dead_letters == [
        {"source": "t", "mapping": "one", "record": {"url": url, "v": v}, "reason": "subject: not an absolute IRI: url"}
        for url, v in [("no iri", 2), ("relative/x", 4)]
    ]


def test_a_bad_object_sets_only_its_triple_aside(tmp_path):
    po = "      - [ex:n, $(n), xsd:integer]\n      - [ex:d, d/$(d)~iri]\n      - [rdfs:label, $(id)]\n"
    table = pa.table(
        {"id": ["1", "2"], "n": ["one", "2"], "d": ["", "x"], "r": [float("nan"), 1.5], "b": [b"\xff", None]}
    )
    mapped = map_tables(write_folder(tmp_path, one(po)), {"t": table})
    assert mapped.triples == [
        (f"<{BASE}x/1>", f"<{RDFS}label>", '"1"'),
        (f"<{BASE}x/2>", f"<{RDFS}label>", '"2"'),
        (f"<{BASE}x/2>", f"<{NS}d>", f"<{BASE}d/x>"),
        (f"<{BASE}x/2>", f"<{NS}n>", f'"2"^^<{XSD}integer>'),
    ]
    (letter,) = mapped.dead_letters
    assert letter["record"] == {"id": "1", "n": "one", "d": "", "r": "nan", "b": "FF"}
    assert sorted(letter["reason"].split("; ")) == [
        "https://example.org/ns#d: empty or not usable in an IRI: d",
        "https://example.org/ns#n: not xsd:integer: n",
    ]


def test_what_the_reader_set_aside_comes_first(tmp_path):
    folder = write_folder(tmp_path, one("      - [ex:p, $(url)~iri]\n"))
    work = tmp_path / "work"
    with Staging(work, {"t": pa.schema({"id": pa.string(), "url": pa.string()})}) as staging:
        staging.write("t", pa.table({"id": ["1"], "url": ["bad one"]}))
        staging.set_aside("t", {"id": b"\x00", "when": object}, "no url")
        result = run_mapping(load_folder(folder), staging, base=BASE, output=work / "o", dead_letter=work / "d")
    lines = (work / "d").read_text().splitlines()
    assert result.set_aside == len(lines) == 2
    assert "no url" in lines[0]
    assert "bad one" in lines[1]


def test_graphs_are_a_fourth_column_only_where_they_are_used(tmp_path):
    text = f"""{PREFIX}
mappings:
  one:
    sources: t
    s: x/$(id)
    po:
      - [ex:p, $(id)]
      - {{p: ex:p, o: $(id), graphs: [g/$(g), ex:always]}}
"""
    mapped = map_tables(write_folder(tmp_path, text), {"t": pa.table({"id": ["1", "2", "2"], "g": ["a", None, "b"]})})
    assert pq.read_schema(mapped.output).names == ["s", "p", "o", "g"]
    assert mapped.triples == [
        (f"<{BASE}x/{key}>", f"<{NS}p>", f'"{key}"', graph)
        for key, graphs in [("1", "a"), ("2", "b")]
        for graph in (None, f"<{BASE}g/{graphs}>", f"<{NS}always>")
    ]
    plain = map_tables(write_folder(tmp_path / "plain", one("      - [ex:p, $(id)]\n")), {"t": pa.table({"id": ["1"]})})
    assert pq.read_schema(plain.output).names == ["s", "p", "o"]


def test_predicates_may_be_templates(tmp_path):
    folder = write_folder(tmp_path, one("      - [ex:$(name), $(value)]\n      - [ex:b, x]\n"))
    table = pa.table({"id": ["1", "1", "1"], "name": ["c", "a b", None], "value": [1, 2, 3]})
    mapped = map_tables(folder, {"t": table})
    assert [row[1] for row in mapped.triples] == [f"<{NS}a%20b>", f"<{NS}b>", f"<{NS}c>"]


def test_the_base_of_the_store_replaces_that_of_the_mapping(tmp_path):
    folder = write_folder(tmp_path, "base: https://own.example/\n" + one("      - [ex:p, $(id)]\n"))
    mapped = map_tables(folder, {"t": pa.table({"id": ["1"]})}, base="https://store.example/")
    assert mapped.triples[0][0] == "<https://store.example/x/1>"


def test_queries_views_and_empty_tables(tmp_path):
    views = "-- tidy\nCREATE VIEW v AS SELECT id, upper(name) AS name FROM t;\nCREATE MACRO twice(x) AS x || x;\n"
    text = f"""{PREFIX}
sources:
  doubled: {{query: "SELECT id, twice(name) AS name FROM v ORDER BY id;"}}
mappings:
  one: {{sources: [v, doubled, {{query: "SELECT 'z' AS id, 'q' AS name"}}], s: x/$(id), po: [[ex:p, $(name)]]}}
  two: {{sources: empty, s: x/$(id), po: [[ex:q, $(id)]]}}
"""
    empty = pa.table({"id": pa.array([], pa.string())})
    mapped = map_tables(
        write_folder(tmp_path, text, views), {"t": pa.table({"id": ["1"], "name": ["n"]}), "empty": empty}
    )
    assert [row[2] for row in mapped.triples] == ['"N"', '"NN"', '"q"']


def test_awkward_column_names(tmp_path):
    text = (
        PREFIX
        + r"""
mappings:
  one:
    sources: t
    s: x/$(my "id")
    po:
      - [ex:p, '$(a\)b)']
      - [ex:q, $(element)]
      - [ex:r, $(r)]
"""
    )
    table = pa.table({'my "id"': ["1"], "a)b": ["v"], "element": [["e"]], "r": ["x"]})
    mapped = map_tables(write_folder(tmp_path, text), {"t": table})
    assert [row[2] for row in mapped.triples] == ['"v"', '"e"', '"x"']


@pytest.mark.parametrize(
    ("po", "message", "hint"),
    [
        ("      - [ex:p, $(nmae)]\n", "no column 'nmae'", "did you mean 'name'"),
        ("      - [ex:p, $(zzz)]\n", "no column 'zzz'", "columns: id, name"),
        ("      - [ex:p, $(nested)]\n", "has no text in RDF", "views.sql"),
        ("      - [ex:p, $(span)]\n", "INTERVAL", "views.sql"),
        ("      - [ex:p, $(tags)$(tags2)]\n", "refers to two lists", "unnest"),
        ("      - [ex:$(tags), x]\n", "only an object may", "unnest"),
        ("      - [ex:p, $(id), xsd:int]\n", "xsd:int is not supported", "xsd:integer"),
        ("      - [ex:p, 'a b/$(id)~iri']\n", "makes no valid IRI", None),
    ],
)
def test_errors_of_a_mapping_name_the_line_and_write_nothing(tmp_path, po, message, hint):
    folder = write_folder(tmp_path, one(po))
    table = pa.table(
        {
            "id": ["1"],
            "name": ["n"],
            "nested": [{"a": 1}],
            "span": pa.array([(0, 1, 0)], pa.month_day_nano_interval()),
            "tags": [["a"]],
            "tags2": [["a"]],
        }
    )
    with pytest.raises(MappingError, match=message) as caught:
        map_tables(folder, {"t": table})
    assert caught.value.place.line == 7
    assert hint is None or hint in caught.value.hint
    assert list((tmp_path / "work").iterdir()) == []


def test_an_error_while_rows_are_mapped_names_the_mapping_and_writes_nothing(tmp_path):
    views = "CREATE VIEW v AS SELECT id::INTEGER AS id FROM t;\n"
    folder = write_folder(tmp_path, one("      - [ex:p, $(id)]\n").replace("sources: t", "sources: v"), views)
    with pytest.raises(MappingError, match=r"mapping 'one' from 'v' failed: .*Could not convert") as caught:
        map_tables(folder, {"t": pa.table({"id": ["1", "x"]})})
    assert caught.value.place.line == 4
    assert list((tmp_path / "work").iterdir()) == []


EDGES = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("pqr"), st.sampled_from("xyz")), max_size=40)


@given(EDGES, EDGES, st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_output_is_sorted_distinct_and_whole(tmp_path_factory, left, right, with_predicates):
    folder = tmp_path_factory.mktemp("folder")
    predicate = "ex:$(p)" if with_predicates else "ex:p"
    write_folder(
        folder,
        f"{PREFIX}mappings:\n  one: {{sources: [t, u], s: x/$(s), po: [['{predicate}', $(o)]]}}\n"
        f"  two: {{sources: u, s: x/$(s), po: [[ex:a, $(o)], [ex:z, $(o)]]}}\n",
    )
    tables = {
        name: pa.table({column: pa.array([row[at] for row in rows], pa.string()) for at, column in enumerate("spo")})
        for name, rows in (("t", left), ("u", right))
    }
    expected = {(f"<{BASE}x/{s}>", f"<{NS}{p if with_predicates else 'p'}>", f'"{o}"') for s, p, o in left + right}
    expected |= {(f"<{BASE}x/{s}>", f"<{NS}{name}>", f'"{o}"') for s, _, o in right for name in "az"}
    mapped = map_tables(folder, tables)
    assert mapped.triples == sorted(expected)
    assert mapped.count == len(expected)


def test_the_same_rows_in_any_order_give_the_same_bytes(tmp_path):
    folder = write_folder(tmp_path, one("      - [ex:p, $(v)]\n      - [ex:q, $(id)]\n"))
    rows = [(str(number % 3000), number) for number in range(5000)]
    digests = set()
    for seed in range(2):
        random.Random(seed).shuffle(rows)
        table = pa.table({"id": [row[0] for row in rows], "v": [row[1] for row in rows]})
        mapped = map_tables(folder, {"t": table}, threads=1 + seed)
        assert mapped.triples == sorted(mapped.triples)
        digests.add(hashlib.sha256(mapped.output.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_more_than_fits_into_memory_is_spilled(tmp_path):
    po = "".join(f"      - [ex:p{number}, $(v)-{number}]\n" for number in range(8))
    folder = write_folder(tmp_path, one(po))
    count = 150_000
    table = pa.table(
        {
            "id": [str(number % (count // 2)) for number in range(count)],
            "v": [f"{number:080}" for number in range(count)],
        }
    )
    mapped = map_tables(folder, {"t": table}, memory_limit=180 * 2**20)
    assert mapped.count == 8 * count
    assert mapped.triples == sorted(mapped.triples)
