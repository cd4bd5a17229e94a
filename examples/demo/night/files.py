"""Writes the night into a folder: every system's records in the form in which it exports them, and the truth."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from night.consdb_tables import arrow_table, rows_of
from night.kafka import topics
from night.lineprotocol import environment_lines, lines
from night.simulation import Night

TRUTH = "truth.json"
LOGS = ("exposurelog", "narrativelog", "nightreport")


def write_folder(night: Night, target: Path) -> None:
    """Write a night beside its place, and move it there when it is complete.

    Parameters
    ----------
    night
        The night; the same one gives the same bytes.
    target
        The folder; must not exist.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.parent / f"unfinished-night-{os.getpid()}"
    try:
        (unfinished / "kafka").mkdir(parents=True)
        (unfinished / "consdb").mkdir()
        _write_messages(night, unfinished)
        _write_logs(night, unfinished)
        for schema, tables in rows_of(night.inserts).items():
            for table, rows in tables.items():
                pq.write_table(arrow_table(table, rows), unfinished / "consdb" / f"{schema}.{table}.parquet")
        _write_json(unfinished / TRUTH, night.truth.as_json())
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_messages(night: Night, folder: Path) -> None:
    write_lines(folder / "efd.lp.gz", lines(night.messages))
    write_lines(folder / "obsenv.lp.gz", environment_lines(night.environment))
    for topic, messages in topics(night.messages, night.environment).items():
        write_lines(folder / "kafka" / f"{topic}.jsonl.gz", messages)


def _write_logs(night: Night, folder: Path) -> None:
    for name in LOGS:
        _write_json(folder / f"{name}.json", night.logbook(name).records)
    _write_json(folder / "jira.json", {"issues": jira_issues(night), "isLast": True})
    streams = "".join(json.dumps(entry) + "\n" for entry in loki_entries(night))
    (folder / "loki.jsonl").write_text(streams)


def jira_issues(night: Night) -> list[dict[str, Any]]:
    """Return the issues as Jira shows them."""
    return [ticket.as_issue(night.until) for ticket in night.tickets]


def loki_entries(night: Night) -> list[dict[str, Any]]:
    """Return the entries of the machine logs: time (UTC nanoseconds, a string), labels of the stream, line."""
    return [{"ns": line.nanoseconds, "labels": line.labels, "line": line.text} for line in night.lines]


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


def write_lines(path: Path, content: Iterable[str]) -> None:
    """Write lines through gzip, which is told neither the name nor the time: the same lines give the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for line in content:
            file.write(f"{line}\n".encode())
