"""SHACL shapes: an answer of ours has them, and each broken thing is found with a message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from progenitor.errors import FormatError
from progenitor.formats import render
from progenitor.terms import PREFIXES
from progenitor.validate.shacl import check, check_file, shapes_folder
from support.answers import BASE, coadd

ROOT = Path(__file__).parents[2]
HEAD = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items()) + f"@base <{BASE}> .\n"
DATASET = "dataset/0199f2b0-0000-7000-8000-000000000001"
QUANTUM = "quantum/0199f2b0-0000-7000-8000-000000000002"
OF_RAW = "voprov:isDescribedBy <dataset-type/raw>"
OF_TASK = "voprov:isDescribedBy <task/x>"
NOON = '"2025-11-01T12:00:00Z"^^xsd:dateTime'


def messages(turtle: str) -> list[str]:
    return [result.message for result in check((HEAD + turtle).encode(), "turtle")]


def test_an_answer_has_the_shapes() -> None:
    lineage, statements = coadd(1, 2)
    assert check(render(lineage, statements, "n-triples", base=BASE)) == []


@pytest.mark.parametrize(
    "file",
    sorted(ROOT.glob("mappings/**/expected.nq")),
    ids=lambda file: str(file.parent.relative_to(ROOT / "mappings")),
)
def test_what_a_mapping_makes_of_its_fixture_has_the_shapes(file: Path) -> None:
    assert [str(result) for result in check_file(file) if result.severity == "Violation"] == []


BROKEN = {
    "a dataset is either": f"<{DATASET}> {OF_RAW} .",
    "a dataset has exactly one dataset type": f"<{DATASET}> a prov:Entity .",
    "a dataset has at most one generating activity": f"""<{DATASET}> a prov:Entity ; {OF_RAW} ;
        prov:wasGeneratedBy <{QUANTUM}> , <exposure/a/1> .""",
    "the size of a dataset": f'<{DATASET}> a prov:Entity ; {OF_RAW} ; pg:size "12"^^xsd:double .',
    "nothing generated a planned dataset": f"""<{DATASET}> a pg:PlannedDataset ; {OF_RAW} ;
        prov:wasGeneratedBy <{QUANTUM}> .""",
    "nothing can have used a planned dataset": f"""<{DATASET}> a pg:PlannedDataset ; {OF_RAW} .
        <{QUANTUM}> a prov:Activity ; {OF_TASK} ; prov:used <{DATASET}> .""",
    "a dataset type has its name": "<dataset-type/raw> a voprov:DatasetDescription .",
    "the content kind": '<dataset-type/raw> a voprov:DatasetDescription ; rdfs:label "raw" ; pg:contentKind "image" .',
    "a thing has at most one data ID": f"<{QUANTUM}> a prov:Activity ; {OF_TASK} ; pg:dataId <a> , <b> .",
    "a data ID has at most one detector": '<data/raw/x> pg:dataId <data-id/x> . <data-id/x> pg:detector "4" .',
    "an observing day is the number": "<data/raw/x> pg:dataId <data-id/x> . <data-id/x> pg:dayObs 60000 .",
    "a qualified derivation names the one entity": f"""<{DATASET}> a prov:Entity ; {OF_RAW} ;
        prov:qualifiedDerivation <d> . <d> a prov:Derivation .""",
    "an activity is not an entity": "<x> a prov:Activity , prov:Entity .",
    "an activity starts at most once": """<x> a prov:Activity ;
        prov:startedAtTime "2025-11-01T00:00:00+02:00"^^xsd:dateTime .""",
    "an activity starts before it ends": f"""<x> a prov:Activity ; prov:startedAtTime {NOON} ;
        prov:endedAtTime "2025-11-01T11:00:00Z"^^xsd:dateTime .""",
    "memory is a number of bytes": "<x> a prov:Activity ; pg:maxRss -1 .",
    "a quantum is either": f"<{QUANTUM}> a prov:Activity , pg:PlannedQuantum ; {OF_TASK} .",
    "the task class of a quantum is not known": f"<{QUANTUM}> a prov:Activity .",
    "the status of a quantum": f'<{QUANTUM}> a prov:Activity ; {OF_TASK} ; pg:status "FINE" .',
    "a quantum that never ran used nothing": f"<{QUANTUM}> a pg:PlannedQuantum ; {OF_TASK} ; prov:used <x> .",
    "an attempt is part of exactly one quantum": "<x> a prov:Activity , pg:Attempt ; pg:attemptNumber 0 .",
    "an exposure has one instrument": f"<x> a pg:Exposure ; prov:startedAtTime {NOON} .",
    "an association names an agent or a plan": "<x> a prov:Association .",
    "an association belongs to exactly one activity": """<x> a prov:Association ; prov:agent <a> .
        <y> prov:qualifiedAssociation <x> . <z> prov:qualifiedAssociation <x> .""",
    "what followed a plan is a prov:Activity": "<x> pg:plan <p> .",
    "what followed a plan is not known": "<x> a prov:Activity ; pg:plan <p> . <p> a prov:Plan .",
    "an activity followed at most one prov:Plan": """<x> a prov:Activity ; pg:plan <p> , <q> .
        <p> a prov:Plan . <q> a prov:Plan .""",
    "a task in a run has at most one frozen configuration": "<x> a prov:Plan ; pg:configuration <a> , <b> .",
    "a configuration is named by the SHA-256": "<config/sha256/abc> a voprov:ConfigFile .",
    "a parameter has one value": '<x> a voprov:Parameter ; voprov:name "doBias" .',
    "the type of a usage or generation": """<x> a voprov:UsageDescription ; voprov:role "raw" ; voprov:type "Odd" ;
        voprov:entityDescription <dataset-type/raw> .""",
    "a collection is a RUN": '<x> a prov:Collection ; rdfs:label "x" ; pg:collectionType "HEAP" .',
    "what has members is a prov:Collection": "<x> prov:hadMember <y> .",
    "a calibration is valid for some time": f"""<x> pg:qualifiedMembership <m> . <m> a pg:Membership ;
        pg:member <y> ; pg:validFrom {NOON} ; pg:validUntil {NOON} .""",
    "a membership is of exactly one member": "<x> pg:qualifiedMembership <m> . <m> a pg:Membership .",
    "an ingest used a partition and a mapping": "<x> a pg:Ingest .",
    "a batch has one SHA-256": '<x> a pg:Batch ; pg:sha256 "nonsense" .',
    "a script run is a prov:Activity": "<x> a pg:ScriptRun .",
    "a script run has the start of its process": "<x> a pg:ScriptRun , prov:Activity .",
    "a script's process starts before the script": f"""<x> a pg:ScriptRun , prov:Activity ;
        prov:startedAtTime {NOON} ; pg:runStartedAtTime "2025-11-01T11:00:00Z"^^xsd:dateTime .""",
    "a script run was started by a request, or": "<x> a pg:ScriptRun , prov:Activity .",
    "a script run has its script at a version": "<x> a pg:ScriptRun , prov:Activity ; pg:gap pg:NoRequest .",
    "the status of a script run": "<x> a pg:ScriptRun , prov:Activity ; pg:status 'DONE' .",
    "what shows for which target a script ran": "<x> a pg:ScriptRun , prov:Activity ; pg:targetEvidence 'time' .",
    "the state of a script is": "<x> a pg:ScriptRun , prov:Activity ; pg:scriptState 'TERMINATED' .",
    "a script request was sent at one time": "<x> a prov:Entity ; pg:requestedScript <y> .",
    "a script request was sent by one agent": """<x> a prov:Entity ; pg:requestedScript <y> ;
        prov:wasAttributedTo <agent/a> , <csc/b> .""",
    "an observing environment holds from one time": "<x> a pg:ObservingEnvironment , prov:Entity .",
    "an observing environment has the versions": f"""<x> a pg:ObservingEnvironment , prov:Entity ;
        prov:generatedAtTime {NOON} ; dcterms:hasPart <software/a/1> .""",
    "an observing environment action is a": "<x> a pg:ObservingEnvironmentAction , prov:Entity .",
    "a disagreement is about exactly one property": "<x> pg:disagreement <d> . <d> a pg:Disagreement .",
    "a disagreement has at least two values": """<d> a pg:Disagreement ; pg:claim <c> .
        <c> a pg:Claim ; pg:claimedBy "butler" ; prov:value 1 .""",
    "a claim is of one system": '<c> a pg:Claim ; prov:value "x" .',
    "a claim has a value": '<c> a pg:Claim ; pg:claimedBy "butler" .',
    "a gap is an individual": "<x> pg:gap <y> .",
    "a message has a label": "<x> a pg:LogMessage ; pg:dayObs 20251101 .",
    "a message was made before": f"""<x> a pg:LogMessage ; prov:generatedAtTime {NOON} ;
        prov:invalidatedAtTime "2025-11-01T11:00:00Z"^^xsd:dateTime .""",
    "a message was invalidated at most once": f"""<x> a pg:LogMessage ; prov:invalidatedAtTime {NOON} ,
        "2025-11-01T13:00:00Z"^^xsd:dateTime .""",
    "a message has one author": "<x> a pg:LogMessage ; prov:wasAttributedTo <a> , <b> .",
    "a message revises one other": "<x> a pg:LogMessage ; prov:wasRevisionOf <y> .",
    "a message flags its exposure": '<x> a pg:LogMessage ; pg:exposureFlag "none" .',
    "a message belongs to one night": '<x> a pg:LogMessage ; rdfs:label "x" .',
    "an edit used the message": "<x> a pg:Edit .",
    "an edit made one message": "<x> a pg:Edit ; prov:used <y> .",
    "an edit has at most one known editor": "<x> a pg:Edit ; prov:wasAssociatedWith <a> , <b> .",
    "a report is about one night": "<x> a pg:NightReport .",
    "a record of an exposure is named": "<exposure/a/1> a pg:ExposureRecord ; pg:about <exposure/a/1> .",
    "a record is about exactly one exposure": "<exposure/a/1#record-consdb> a pg:ExposureRecord .",
    "a record has at most one begin": f"""<exposure/a/1#record-consdb> a pg:ExposureRecord ; pg:about <exposure/a/1> ;
        pg:obsStart {NOON} ; pg:obsEnd "2025-11-01T11:00:00Z"^^xsd:dateTime .""",
    "the entries of a header": "<x> a pg:ExposureRecord ; pg:headerEntries 'HEADVER' .",
    "a ticket is named by its key": f"<ticket/17> a pg:Ticket ; prov:generatedAtTime {NOON} ; pg:ticketStatus 'OPEN' .",
    "a ticket was created at one time": "<ticket/OBS-1> a pg:Ticket ; pg:ticketStatus 'OPEN' .",
    "a ticket has one status": f"<ticket/OBS-1> a pg:Ticket ; prov:generatedAtTime {NOON} .",
    "time lost is a number of hours": "<ticket/OBS-1> a pg:Ticket ; pg:timeLost '-1'^^xsd:double .",
    "a change is one of exactly one ticket": "<x> a pg:TicketChange ; pg:statusAfter 'OPEN' .",
    "a change leads to one status": "<x> a pg:TicketChange ; prov:used <ticket/OBS-1> .",
    "a hardware configuration is one of": f"<x> a pg:HardwareConfiguration ; prov:generatedAtTime {NOON} .",
    "a hardware configuration is there": "<x> a pg:HardwareConfiguration ; prov:specializationOf <system/a> .",
    "a log line is named by its digest": "<log-line/1> a pg:LogLine .",
    "a log line was received at one time": "<log-line/1> a pg:LogLine .",
    "a log line names at most one time": f"""<x> a pg:LogLine ;
        pg:lineTime {NOON} , "2025-11-01T12:00:01Z"^^xsd:dateTime .""",
    "a log line has the SHA-256": "<x> a pg:LogLine ; pg:sha256 'nonsense' .",
    "a log line is part of exactly one stream": "<x> a pg:LogLine .",
    "a log stream has labels": "<x> a pg:LogStream ; pg:streamLabel 'mtmount-0' .",
    "a retention is a whole number": "<x> a pg:LogStream ; pg:streamLabel 'a=b' ; pg:retentionDays 0 .",
    "a metric has one value": "<x> a voprov:ValueEntity ; voprov:isDescribedBy <y> ; voprov:value 'x' .",
    "a metric has one description": "<x> a voprov:ValueEntity ; voprov:value '1'^^xsd:double .",
    "a communication names the one activity": "<x> prov:qualifiedCommunication <c> . <c> a prov:Communication .",
    "a communication belongs to exactly one": "<c> a prov:Communication ; prov:activity <y> .",
    "a link that had to be worked out": """<x> prov:qualifiedCommunication <c> .
        <c> a prov:Communication ; prov:activity <y> .""",
    "link evidence is one of those": "<x> pg:linkEvidence 'guess' .",
    "an exposure that no script took": "<x> pg:gap pg:ScriptUnknown ; prov:qualifiedCommunication <c> .",
    "a command was sent once": "<x> a pg:ImageRequest .",
    "a command has one sender": "<x> a pg:ImageRequest ; prov:wasAttributedTo <agent/a> , <csc/b> .",
    "an installed detector is part of one": "<x> a pg:InstalledDetector .",
    "a detector has one serial number": "<x> a pg:InstalledDetector ; pg:ccdSerialNumber '1' , '2' .",
    "a failure has one status code": "<x> a pg:IngestFailure ; pg:statusCode 0 .",
    "a metric was read from at most one": "<x> a voprov:ValueEntity ; prov:wasDerivedFrom <dataset/a> , <dataset/b> .",
}


@pytest.mark.parametrize(("message", "turtle"), BROKEN.items(), ids=BROKEN)
def test_what_is_broken_is_found(message: str, turtle: str) -> None:
    found = messages(turtle)
    assert any(text.startswith(message) for text in found), found


def test_every_shape_has_messages_and_a_label() -> None:
    for file in shapes_folder().glob("*.ttl"):
        text = file.read_text()
        shapes = re.findall(r"^shape:\w+ a sh:NodeShape ;\n    rdfs:label ", text, re.MULTILINE)
        assert len(shapes) == len(re.findall(r"^shape:\w+ a sh:NodeShape", text, re.MULTILINE)), file
        blocks = re.findall(r"(?:sh:property|\] ,) \[\n(.*?)\n    \](?= [,.])", text, re.DOTALL)
        assert blocks
        assert all("sh:message" in block for block in blocks if "sh:path" in block), file


def test_a_result_reads_as_a_sentence() -> None:
    (result,) = check((HEAD + '<x> a prov:Collection ; rdfs:label "x" ; pg:collectionType "HEAP" .').encode(), "turtle")
    assert str(result) == (
        f"violation: {BASE}x pg:collectionType: a collection is a RUN, CHAINED, TAGGED or CALIBRATION (found 'HEAP')"
    )


def test_a_file_that_is_not_rdf_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.ttl"
    file.write_text("<a> <b>")
    with pytest.raises(FormatError, match="not well-formed"):
        check_file(file)
    with pytest.raises(FormatError, match="says no RDF syntax"):
        check_file(tmp_path / "x.csv")
    with pytest.raises(FormatError, match="cannot be read"):
        check_file(tmp_path / "missing.ttl")
