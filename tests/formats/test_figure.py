"""Figures: siblings are counted, nothing is lost, and what the picture shows is said in words too."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings

from progenitor.errors import FormatError
from progenitor.formats import graphviz, render
from progenitor.formats.drawn import drawn_edges
from progenitor.formats.groups import FULL_PAGE, SIBLINGS, collapse
from progenitor.formats.selection import select
from progenitor.model import Lineage
from progenitor.terms import PG, PROV, TYPE
from support.answers import BASE, AnswerBuilder, answers, coadd

SVG = "{http://www.w3.org/2000/svg}"


def boxes_of(lineage: Lineage, statements: list) -> list:
    return collapse(lineage, select(lineage, statements, BASE), BASE)[0]


def test_many_siblings_are_one_box_with_their_count() -> None:
    boxes = boxes_of(*coadd(SIBLINGS + 1, 1))
    counts = {box.name: len(box.members) for box in boxes}
    assert counts["makeDirectWarp"] == counts["raw"] == SIBLINGS + 1
    assert counts["deep_coadd"] == counts["bias"] == 1
    assert (
        next(box for box in boxes if box.name == "makeDirectWarp").title
        == f"{SIBLINGS + 1} × makeDirectWarp u/demo/drp"
    )


def test_few_siblings_stay_apart_with_their_data_ids() -> None:
    boxes = boxes_of(*coadd(2, 1))
    assert sorted(box.title for box in boxes if box.name == "isr") == [
        "isr exposure=2025110100010 detector=0",
        "isr exposure=2025110100011 detector=0",
    ]


def test_a_full_page_puts_all_siblings_together() -> None:
    answer = AnswerBuilder()
    product = answer.dataset("deep_coadd", "tract~0", 0)
    types = [f"type_{number}" for number in range(FULL_PAGE // SIBLINGS + 1)]
    inputs = [answer.dataset(type_, f"detector~{detector}", 2) for type_ in types for detector in range(SIBLINGS)]
    answer.quantum("assembleDeepCoadd", "tract~0", 1, inputs, [product])
    boxes = boxes_of(answer.lineage(product), answer.statements)
    assert {len(box.members) for box in boxes if box.name in types} == {SIBLINGS}
    assert len(boxes) == len(types) + 2


def test_siblings_of_two_runs_are_two_boxes() -> None:
    answer = AnswerBuilder()
    product = answer.dataset("deep_coadd", "tract~0", 0)
    images = []
    for run in ("one", "two"):
        for detector in range(SIBLINGS + 1):
            images.append(answer.dataset("post_isr_image", f"detector~{detector}", 1, run))
            answer.quantum("isr", f"detector~{detector}", 2, [], images[-1:], run=run)
    answer.quantum("assembleDeepCoadd", "tract~0", 1, images, [product])
    details = [(box.name, box.detail) for box in boxes_of(answer.lineage(product), answer.statements)]
    assert {("isr", "one"), ("isr", "two"), ("post_isr_image", "one"), ("post_isr_image", "two")} <= set(details)


def test_a_failure_is_said_and_kept_apart() -> None:
    answer = AnswerBuilder()
    raw = answer.dataset("raw", "detector~1", 0)
    for detector in range(SIBLINGS + 2):
        status = "FAILED" if detector == 0 else "SUCCESSFUL"
        answer.quantum("isr", f"detector~{detector}", 1, [raw], [], status=status)
    boxes = boxes_of(answer.lineage(raw, direction="forth"), answer.statements)
    assert {(box.note, len(box.members)) for box in boxes if box.name == "isr"} == {("FAILED", 1), ("", SIBLINGS + 1)}
    dot = render(answer.lineage(raw, direction="forth"), answer.statements, "dot", base=BASE)
    assert b"<B>FAILED</B>" in dot


def test_what_was_asked_for_is_never_put_together() -> None:
    answer = AnswerBuilder()
    starts = [answer.dataset("raw", f"detector~{detector}", 0) for detector in range(SIBLINGS + 2)]
    assert len(boxes_of(answer.lineage(*starts), answer.statements)) == len(starts)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers())
def test_every_drawn_relation_is_in_one_arrow(answer: tuple) -> None:
    lineage, statements = answer
    boxes, arrows = collapse(lineage, select(lineage, statements, BASE), BASE)
    members = [iri for box in boxes for iri in box.members]
    assert len(members) == len(set(members))
    assert set(lineage.starts) <= set(members)
    assert sum(arrow.count for arrow in arrows) == len(drawn_edges(lineage))


def test_a_derivation_is_drawn_only_where_no_activity_says_it() -> None:
    answer = AnswerBuilder()
    image, raw, other = (answer.dataset(name, "detector~1", 0) for name in ("post_isr_image", "raw", "other"))
    answer.quantum("isr", "detector~1", 1, [raw], [image])
    for source in (raw, other):
        answer.relate(image, PROV + "wasDerivedFrom", source)
    drawn = {(edge.relation, edge.object) for edge in drawn_edges(answer.lineage(image))}
    assert (PROV + "wasDerivedFrom", other) in drawn
    assert (PROV + "wasDerivedFrom", raw) not in drawn


@pytest.mark.parametrize(("direction", "drawn"), [("back", {"wasGeneratedBy"}), ("forth", {"used"})])
def test_only_what_lies_in_the_direction_is_drawn(direction: str, drawn: set[str]) -> None:
    answer = AnswerBuilder()
    image = answer.dataset("post_isr_image", "detector~1", 0)
    answer.quantum("isr", "detector~1", 1, [], [image])
    answer.quantum("calibrateImage", "detector~1", 1, [image], [])
    assert {
        edge.relation.removeprefix(PROV) for edge in drawn_edges(answer.lineage(image, direction=direction))
    } == drawn


def test_things_without_a_description_are_put_together_by_kind() -> None:
    answer = AnswerBuilder()
    starts = [answer.dataset("raw", f"detector~{number}", 0) for number in range(SIBLINGS + 1)]
    for number, start in enumerate(starts):
        exposure = f"{BASE}exposure/LSSTCam/{number}"
        answer.nodes[exposure] = 1
        answer.relate(start, PROV + "wasGeneratedBy", exposure)
    assert f"{SIBLINGS + 1} × exposure" in [box.title for box in boxes_of(answer.lineage(*starts), answer.statements)]


def test_what_was_only_planned_is_dashed_and_in_the_order_of_time() -> None:
    answer = AnswerBuilder()
    made = answer.dataset("deep_coadd", "tract~0", 0)
    planned = BASE + "quantum/planned"
    answer.nodes[planned] = 1
    answer.say(planned, TYPE, PG + "PlannedQuantum")
    answer.relate(planned, PG + "plannedOutput", made)
    dot = render(answer.lineage(made), answer.statements, "dot", base=BASE).decode()
    (edge,) = [line for line in dot.splitlines() if "plannedOutput" in line]
    assert "style=dashed" in edge
    (node,) = [line for line in dot.splitlines() if "shape=box" in line and "label=<<B>quantum planned" in line]
    assert 'style="filled,dashed"' in node
    assert edge.index("quantum planned") < edge.index("->") < edge.index("deep_coadd")


def test_svg_is_well_formed_linked_and_told_in_words() -> None:
    lineage, statements = coadd(2, 1)
    root = ET.fromstring(render(lineage, statements, "svg", base=BASE))
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Where it came from: deep_coadd tract=0 patch=3 band=i"
    assert "assembleDeepCoadd tract=0 patch=3 band=i prov:used direct_warp" in description.text
    links = {link.get("{http://www.w3.org/1999/xlink}href") for link in root.iter(f"{SVG}a")}
    assert lineage.starts[0] in links


def test_a_figure_fits_a_page() -> None:
    root = ET.fromstring(render(*coadd(4, 1), "svg", base=BASE))
    width, height = (float(re.match(r"[\d.]+", root.get(side))[0]) for side in ("width", "height"))
    assert width <= 11.69 * 72
    assert height <= 8.27 * 72


def test_awkward_text_reaches_the_picture_unharmed() -> None:
    answer = AnswerBuilder()
    thing = answer.dataset('a"b\\<c>&', "detector~1", 0)
    root = ET.fromstring(render(answer.lineage(thing), answer.statements, "svg", base=BASE))
    assert 'a"b\\<c>&' in "".join(root.itertext())


def test_a_pdf_does_not_say_when_it_was_drawn() -> None:
    content = render(*coadd(1, 1), "pdf", base=BASE)
    assert content.startswith(b"%PDF-")
    assert re.findall(rb"/CreationDate \((.*?)\)", content) == [b"D:19700101000000Z"]


def test_without_graphviz_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    lineage, statements = coadd(1, 1)
    with pytest.raises(FormatError, match=r"dot, which is not installed.*install graphviz"):
        render(lineage, statements, "svg", base=BASE)
    assert render(lineage, statements, "dot", base=BASE).startswith(b"digraph")


def test_graphviz_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphviz, "TIMEOUT", 0.0001)
    with pytest.raises(FormatError, match="smaller --depth"):
        graphviz.run("digraph { a -> b }", "svg")


def test_graphviz_that_refuses_is_quoted() -> None:
    with pytest.raises(FormatError, match="syntax error"):
        graphviz.run("digraph {", "svg")
