"""Answers to write: one shaped like a real coadd's ancestry, and a hypothesis strategy for small awkward ones."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st

from progenitor.formats import Statement
from progenitor.formats.relations import QUALIFIED, RELATIONS
from progenitor.identifiers import mint
from progenitor.model import Edge, Lineage, Node, Term
from progenitor.terms import LABEL, PG, PROV, TYPE, VOPROV, XSD

BASE = "https://progenitor.example/"
RUN = "u/demo/drp"
TASKS = {
    "isr": "lsst.ip.isr.IsrTaskLSST",
    "calibrateImage": "lsst.pipe.tasks.calibrateImage.CalibrateImageTask",
    "makeDirectWarp": "lsst.drp.tasks.make_direct_warp.MakeDirectWarpTask",
    "assembleDeepCoadd": "lsst.drp.tasks.assemble_coadd.CompareWarpAssembleCoaddTask",
}


class AnswerBuilder:
    """Collects the nodes, edges and statements of an answer as a store would give them."""

    def __init__(self) -> None:
        self.nodes: dict[str, int] = {}
        self.edges: list[Edge] = []
        self.statements: list[Statement] = []
        self._count = 0

    def say(self, subject: str, predicate: str, value: str, datatype: str | None = None) -> None:
        self.statements.append((subject, predicate, Term(value, datatype)))

    def relate(self, subject: str, relation: str, target: str) -> None:
        self.edges.append(Edge(subject, relation, target))
        self.say(subject, relation, target)

    def dataset(self, dataset_type: str, data_id: str, depth: int, run: str = RUN) -> str:
        iri = self._new("dataset", depth)
        general = mint(BASE, "data", dataset_type, data_id)
        self.say(iri, TYPE, PROV + "Entity")
        self.say(iri, VOPROV + "isDescribedBy", mint(BASE, "dataset-type", dataset_type))
        self.say(iri, PROV + "specializationOf", general)
        self.say(general, TYPE, PROV + "Entity")
        self.say(general, PG + "dataId", mint(BASE, "data-id", data_id))
        collection = mint(BASE, "collection", "demo", run)
        self.say(collection, TYPE, PROV + "Collection")
        self.say(collection, PROV + "hadMember", iri)
        return iri

    def quantum(
        self,
        task: str,
        data_id: str,
        depth: int,
        inputs: list[str],
        outputs: list[str],
        *,
        status: str = "SUCCESSFUL",
        run: str = RUN,
    ) -> str:
        iri = self._new("quantum", depth)
        description = mint(BASE, "task", TASKS[task])
        environment = mint(BASE, "software-environment", "sha256", "0f" * 32)
        plan = mint(BASE, "plan", "demo", run, task)
        for predicate, value in (
            (TYPE, PROV + "Activity"),
            (VOPROV + "isDescribedBy", description),
            (PG + "dataId", mint(BASE, "data-id", data_id)),
            (PROV + "wasAssociatedWith", environment),
            (PG + "plan", plan),
        ):
            self.say(iri, predicate, value)
        self.say(iri, PROV + "startedAtTime", "2025-11-01T00:00:00Z", XSD + "dateTime")
        self.say(iri, PROV + "endedAtTime", "2025-11-01T00:01:00.5Z", XSD + "dateTime")
        self.say(iri, PG + "status", status, XSD + "string")
        self.say(iri, PG + "maxRss", "123456789", XSD + "integer")
        self.say(plan, TYPE, PROV + "Plan")
        self.say(environment, TYPE, PROV + "SoftwareAgent")
        for input_ in inputs:
            self.relate(iri, PROV + "used", input_)
        for output in outputs:
            self.relate(output, PROV + "wasGeneratedBy", iri)
        return iri

    def lineage(self, *starts: str, direction: str = "back", depth: int | None = None, **others: str) -> Lineage:
        nodes = sorted(self.nodes.items(), key=lambda node: (node[1], node[0]))
        return Lineage(
            starts=starts,
            direction=direction,
            inputs="presented",
            depth=depth,
            nodes=tuple(Node(iri, distance) for iri, distance in nodes),
            edges=tuple(self.edges),
            truncated=others.get("truncated"),
            unrecorded=others.get("unrecorded", ()),
            snapshot=12,
            rules=("prov:used; presented; back subject to object", "prov:wasGeneratedBy; presented"),
        )

    def _new(self, kind: str, depth: int) -> str:
        self._count += 1
        iri = mint(BASE, kind, str(UUID(int=(self._count * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128)))
        self.nodes[iri] = depth
        return iri


def coadd(visits: int = 2, detectors: int = 2) -> tuple[Lineage, list[Statement]]:
    """Return the ancestry of a coadd: raws, calibrations, isr, calibrateImage, warps."""
    answer = AnswerBuilder()
    patch = "skymap~demo~tract~0~patch~3"
    product = answer.dataset("deep_coadd", f"{patch}~band~i", 0)
    bias = answer.dataset("bias", "instrument~LSSTCam~detector~1", 7, "LSSTCam/calib")
    flat = answer.dataset("flat", "instrument~LSSTCam~detector~1~physical_filter~i_39", 7, "LSSTCam/calib")
    warps = []
    for visit in range(2025110100010, 2025110100010 + visits):
        images = []
        for detector in range(detectors):
            data_id = f"instrument~LSSTCam~exposure~{visit}~detector~{detector}"
            raw = answer.dataset("raw", data_id, 7, "LSSTCam/raw/all")
            corrected = answer.dataset("post_isr_image", data_id, 5)
            answer.quantum("isr", data_id, 6, [raw, bias, flat], [corrected])
            of_visit = data_id.replace("exposure", "visit")
            images.append(answer.dataset("preliminary_visit_image", of_visit, 3))
            answer.quantum("calibrateImage", of_visit, 4, [corrected], images[-1:])
        warp_id = f"instrument~LSSTCam~{patch}~visit~{visit}"
        warps.append(answer.dataset("direct_warp", warp_id, 1))
        answer.quantum("makeDirectWarp", warp_id, 2, images, warps[-1:])
    answer.quantum("assembleDeepCoadd", f"{patch}~band~i", 1, warps, [product])
    return answer.lineage(product), answer.statements


_KINDS = ("dataset", "data", "data-id", "quantum", "collection", "plan", "config", "agent", "prov", "xml-odd", "x/y")
_AWKWARD = st.text(
    st.characters(max_codepoint=0x1FFFF, exclude_categories=("Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=12
)
_STRANGERS = (
    "urn:uuid:0199f2b0-0000-7000-8000-000000000001",
    "ivo://org.rubinobs/lsst-dr1?repo=dr1&id=0199f2b0-0000-7000-8000-000000000001",
    "http://www.ivoa.net/documents/ProvenanceDM/ns/voprov/x",
    "https://example.org/a//b/",
    "https://example.org/été×2#",
    "https://example.org/-.x.",
    "https://example.org/a(b),c;d=e'f",
    "mailto:observer@example.org",
)


@st.composite
def iris(draw: st.DrawFn) -> str:
    """Draw an IRI: of ours with any keys and fragment, or a stranger's."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(_STRANGERS))
    iri = mint(BASE, draw(st.sampled_from(_KINDS)), *draw(st.lists(_AWKWARD, min_size=1, max_size=3)))
    return (
        f"{iri}#{draw(st.sampled_from(['association', 'attempt-1', 'a.b%5B0%5D', '-']))}"
        if draw(st.booleans())
        else iri
    )


XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r", exclude_characters="￾￿"), max_size=20
)
"""What XML 1.0 can hold."""


@st.composite
def literals(draw: st.DrawFn, text: st.SearchStrategy[str] = XML_TEXT) -> Term:
    """Draw a literal in a lexical form that Oxigraph keeps."""
    number = draw(st.integers(-(2**70), 2**70))
    return draw(
        st.one_of(
            text.map(lambda value: Term(value, XSD + "string")),
            st.just(Term(str(number), XSD + "integer")),
            st.floats(allow_nan=False, allow_infinity=False).map(lambda value: Term(repr(value), XSD + "double")),
            st.sampled_from(["true", "false"]).map(lambda value: Term(value, XSD + "boolean")),
            st.sampled_from(["2025-11-01T03:04:05Z", "2025-11-01T03:04:05.123456Z"]).map(
                lambda value: Term(value, XSD + "dateTime")
            ),
            st.just(Term("3.25", XSD + "decimal")),
            text.map(lambda value: Term(value, "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en")),
        )
    )


@st.composite
def answers(draw: st.DrawFn, text: st.SearchStrategy[str] = XML_TEXT) -> tuple[Lineage, list[Statement]]:
    """Draw a small answer: any PROV relations among a few things, some of them qualified, with any attributes."""
    things = draw(st.lists(iris(), min_size=1, max_size=5, unique=True))
    statements: list[Statement] = []
    edges: list[Edge] = []
    pick = st.sampled_from(things)
    for relation in draw(st.lists(st.sampled_from(sorted(RELATIONS)), max_size=6)):
        edges.append(Edge(draw(pick), relation, draw(pick)))
    for position, qualified in enumerate(draw(st.lists(st.sampled_from(sorted(QUALIFIED)), max_size=2))):
        node = f"{mint(BASE, 'qualified', str(position))}"
        subject, target = draw(pick), draw(pick)
        statements += [
            (subject, qualified, Term(node)),
            (subject, QUALIFIED[qualified], Term(target)),
            (node, PROV + draw(st.sampled_from(["entity", "activity", "agent"])), Term(target)),
            (node, PG + "weight", draw(literals(text))),
        ]
    for thing in things:
        for predicate in draw(st.lists(st.sampled_from([LABEL, PG + "status", PROV + "value", PG + "x"]), max_size=3)):
            statements.append((thing, predicate, draw(literals(text))))
        statements += [(thing, PG + "plan", Term(draw(pick)))] if draw(st.integers(0, 3)) == 0 else []
        if draw(st.booleans()):
            statements.append((thing, PROV + "generatedAtTime", Term("2025-11-01T00:00:00Z", XSD + "dateTime")))
            statements.append((thing, PG + "start", Term(draw(pick))))
    lineage = Lineage(
        starts=(things[0],),
        direction="back",
        inputs="presented",
        depth=draw(st.none() | st.integers(0, 3)),
        nodes=tuple(Node(iri, depth) for depth, iri in enumerate(things)),
        edges=tuple(edges),
        truncated=draw(st.sampled_from([None, "depth"])),
        unrecorded=(),
        snapshot=1,
        rules=("prov:used",),
    )
    return lineage, statements
