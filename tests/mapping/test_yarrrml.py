"""mapping.yml: every supported way of writing means the same, everything else is an error with its line."""

from __future__ import annotations

import textwrap

import pytest

from progenitor.errors import MappingError
from progenitor.mapping.document import ObjectTerm, Reference
from progenitor.mapping.problems import Problems
from progenitor.mapping.yarrrml import parse_mapping, read_mapping
from progenitor.terms import PROV, RDFS, TYPE, XSD


def read(tmp_path, text):
    file = tmp_path / "mapping.yml"
    file.write_text(textwrap.dedent(text))
    return read_mapping(file)


def spelled(document):
    """A document without its places and spellings."""

    def template(value):
        return (value.parts, value.relative)

    def term(value: ObjectTerm):
        return (template(value.template), value.kind, value.datatype, value.language)

    return [
        (
            mapping.name,
            [(source.name, source.query) for source in mapping.sources],
            [template(subject) for subject in mapping.subjects],
            [(template(p), term(o), g and template(g)) for p, o, g in mapping.triples()],
        )
        for mapping in document.mappings
    ]


LONG = """
    mappings:
      quantum:
        sources:
          - access: quantum_v
        subjects:
          - value: quantum/$(id)
        graphs:
          - value: prov:Bundle
        predicateobjects:
          - predicates: rdf:type
            objects:
              - value: prov:Activity
                type: iri
          - predicates: [prov:used, rdfs:seeAlso]
            objects:
              - value: dataset/$(input)
                type: iri
          - predicates: rdfs:label
            objects:
              - value: $(label)
                language: EN-gb
          - predicates:
              - value: prov:startedAtTime
            objects:
              value: $(started)
              datatype: xsd:dateTime
    """
SHORT = """
    m:
      quantum:
        source: quantum_v
        s: quantum/$(id)~iri
        g: prov:Bundle
        po:
          - [a, prov:Activity]
          - [[prov:used, rdfs:seeAlso], dataset/$(input)~iri]
          - [rdfs:label, $(label), en-gb~lang]
          - p: prov:startedAtTime
            o: $(started)
            datatype: xsd:dateTime
    """
NESTED = """
    mapping:
      quantum:
        sources: [[quantum_v]]
        subject: quantum/$(id)
        graph: [prov:Bundle]
        predicateobject:
          - {p: a, o: prov:Activity~iri}
          - predicate: [prov:used, rdfs:seeAlso]
            object: [{v: dataset/$(input), type: iri}]
          - [rdfs:label, [[$(label), en-GB~lang]]]
          - [prov:startedAtTime, [$(started)], xsd:dateTime]
    """


@pytest.mark.parametrize("other", [SHORT, NESTED], ids=["short", "nested"])
def test_short_and_long_forms_mean_the_same(tmp_path, other):
    document = spelled(read(tmp_path, LONG))
    assert spelled(read(tmp_path, other)) == document
    ((_, sources, subjects, triples),) = document
    assert (sources, subjects) == ([("quantum_v", None)], [(("quantum/", Reference("id")), True)])
    bundle = ((PROV + "Bundle",), False)
    assert triples == [
        (((TYPE,), False), (((PROV + "Activity",), False), "iri", None, None), bundle),
        (((PROV + "used",), False), ((("dataset/", Reference("input")), True), "iri", None, None), bundle),
        (((RDFS + "seeAlso",), False), ((("dataset/", Reference("input")), True), "iri", None, None), bundle),
        (((RDFS + "label",), False), (((Reference("label"),), False), "literal", None, "en-gb"), bundle),
        (
            ((PROV + "startedAtTime",), False),
            (((Reference("started"),), False), "literal", XSD + "dateTime", None),
            bundle,
        ),
    ]


def test_named_and_inline_sources(tmp_path):
    document = read(
        tmp_path,
        """
        authors: A Person <person@example.org>
        base: https://example.org/
        prefixes: {ex: "https://example.org/ns#"}
        sources:
          tidy: {query: "SELECT 1 AS id"}
          named: [table_of_rows~csv]
          described: {access: other, referenceFormulation: csv}
        mappings:
          one:
            sources: [tidy, named, described, plain_view, {query: SELECT 2 AS id, queryFormulation: sql2008}]
            s: [ex:$(id), x/$(id)]
            po: [[ex:p, 5], [ex:p, "1.50", xsd:decimal]]
        """,
    )
    assert document.base == "https://example.org/"
    (mapping,) = document.mappings
    assert [(source.name, source.query) for source in mapping.sources] == [
        ("tidy", "SELECT 1 AS id"),
        ("table_of_rows", None),
        ("other", None),
        ("plain_view", None),
        ("query", "SELECT 2 AS id"),
    ]
    assert len(mapping.subjects) == 2
    assert [term.template.constant for _, term, _ in mapping.triples()] == ["5", "1.50"]


def test_graphs_of_the_mapping_and_of_an_entry_add_up(tmp_path):
    document = read(
        tmp_path,
        """
        mappings:
          one:
            sources: t
            s: x/$(id)
            graphs: g/a
            po:
              - {p: rdfs:label, o: $(id), g: [g/b, g/c]}
              - [rdfs:comment, $(id)]
        """,
    )
    graphs = [graph.constant for _, _, graph in document.mappings[0].triples()]
    assert graphs == ["g/a", "g/b", "g/c", "g/a"]


HEAD = "mappings:\n  one:\n    sources: t\n    s: x/$(id)\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("mappings: }", 1, "is not YAML"),
        ("", None, "is empty"),
        ("- a", 1, "expected keys and values"),
        ("prefixes: {}", 1, "no key 'mappings'"),
        ("mappings: {one: {s: x}, one: {s: y}}", 1, "occurs twice"),
        ("base: x\nmappings: {}", 1, "not an absolute IRI"),
        ("prefixes: {ex: '//x'}\nmappings: {}", 1, "namespace '//x'"),
        ("mappings: {}\ntargets: {}", 2, "targets are not supported"),
        ("mappings: {}\nexternal: {}", 2, "external references are not supported"),
        ("mappings: {}\nmystery: {}", 2, "unknown key 'mystery'"),
        ("mappings:\n  one:\n    s: x/$(id)\n", 3, "no 'sources'"),
        ("mappings:\n  one:\n    sources: t\n", 3, "no subject"),
        ("mappings:\n  one:\n    sources: t\n    s: ~\n", 3, "no subject"),
        ("mappings:\n  one:\n    sources: t\n    s: x\n    subject: y\n", 5, "given twice"),
        ("mappings:\n  one:\n    sources: [[x.json~jsonpath, '$']]\n    s: x\n", 3, "iterators are not supported"),
        ("mappings:\n  one:\n    sources: x.xml~xpath\n    s: x\n", 3, "reference formulations are not supported"),
        ("mappings:\n  one:\n    sources: {access: x, type: mysql}\n    s: x\n", 3, "unknown key 'type'"),
        ("mappings:\n  one:\n    sources: {access: x, query: y}\n    s: x\n", 3, "either 'access'"),
        (
            "mappings:\n  one:\n    sources: {access: x, referenceFormulation: xpath}\n    s: x\n",
            3,
            "'xpath' is not supported",
        ),
        ("mappings:\n  one:\n    sources: []\n    s: x\n", 3, "'sources' is empty"),
        ("mappings:\n  one:\n    sources: t\n    s: {function: f}\n", 4, "functions are not supported"),
        ("mappings:\n  one:\n    sources: t\n    s: {value: x, type: blank}\n", 4, "'blank' is not supported"),
        ("mappings:\n  one:\n    sources: t\n    s: {quoted: two}\n", 4, "RML-star"),
        (HEAD + "    condition: {function: equal}\n", 5, "conditions are not supported"),
        (HEAD + "    po:\n      - [rdfs:label]\n", 6, "found 1"),
        (HEAD + "    po:\n      - {p: rdfs:label}\n", 6, "no 'objects'"),
        (HEAD + "    po:\n      - [rdfs:label, []]\n", 6, "no predicate or no object"),
        (HEAD + "    po:\n      - [rdfs:label, ~]\n", 6, "expected a text, found nothing"),
        (HEAD + "    po:\n      - [nope:label, x]\n", 6, "prefix 'nope'"),
        (HEAD + "    po:\n      - {p: rdfs:label, o: x, inversepredicates: rdfs:x}\n", 6, "inverse predicates are not"),
        (HEAD + "    po:\n      - p: prov:used\n        o:\n          mapping: two\n", 8, "joins.* are not supported"),
        (HEAD + "    po:\n      - p: prov:used\n        o: {function: f}\n", 7, "functions are not supported"),
        (HEAD + "    po:\n      - p: prov:used\n        o: {value: x, type: blank}\n", 7, "'blank' is not supported"),
        (HEAD + "    po:\n      - [prov:used, prov:Entity]\n", 6, "may be an IRI or a text"),
        (HEAD + "    po:\n      - [prov:used, 'http://x/$(id)']\n", 6, "may be an IRI or a text"),
        (HEAD + "    po:\n      - [prov:used, x~iri, xsd:string]\n", 6, "no datatype and no language"),
        (HEAD + "    po:\n      - {p: prov:used, o: {value: x~iri, type: literal}}\n", 6, "yet its type is literal"),
        (HEAD + "    po:\n      - {p: prov:used, o: {value: x, datatype: xsd:string, language: en}}\n", 6, "not both"),
        (HEAD + "    po:\n      - [prov:used, x, $(lang)~lang]\n", 6, "not a language tag"),
        (HEAD + "    po:\n      - [prov:used, x, rdf:langString]\n", 6, "needs a language"),
        (HEAD + "    po:\n      - [prov:used, x, $(type)]\n", 6, "not a constant absolute IRI"),
        (HEAD + "    po:\n      - [prov:used, $(a]\n", 6, "no closing parenthesis"),
    ],
)
def test_what_is_wrong_or_not_supported_is_an_error_with_its_line(tmp_path, text, line, message):
    with pytest.raises(MappingError, match=message) as caught:
        read(tmp_path, text)
    assert caught.value.place.source == tmp_path / "mapping.yml"
    assert caught.value.place.line == line


def test_every_error_of_a_file_is_gathered(tmp_path):
    file = tmp_path / "mapping.yml"
    file.write_text(
        HEAD + "    po:\n      - [nope:a, x]\n      - [rdfs:label, $(id)]\n      - [rdfs:label]\n  two: {s: x}\n"
    )
    problems = Problems()
    document = parse_mapping(file, problems)
    assert [error.place.line for error in problems.found] == [6, 8, 9]
    assert len(list(document.mappings[0].triples())) == 1


def test_a_text_with_a_colon_can_be_written(tmp_path):
    document = read(
        tmp_path, HEAD + '    po:\n      - [rdfs:label, ["prov\\\\:used", "note: x", ["prov:used", xsd:string]]]\n'
    )
    terms = [term for _, term, _ in document.mappings[0].triples()]
    assert [(term.template.constant, term.kind) for term in terms] == [
        ("prov:used", "literal"),
        ("note: x", "literal"),
        ("prov:used", "literal"),
    ]
