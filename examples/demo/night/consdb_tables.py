"""The tables of ConsDB that the night fills: names and types of their columns, the same for every camera."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from night.consdb import Insert, order

_TIMESTAMPS = ("exp_midpt", "obs_start", "obs_end")
_EXPOSURE = {
    "exposure_id": "bigint",
    "exposure_name": "varchar(20)",
    "controller": "varchar(1)",
    "day_obs": "integer",
    "seq_num": "integer",
    "physical_filter": "varchar(32)",
    "band": "varchar(32)",
    **dict.fromkeys(("s_ra", "s_dec", "sky_rotation"), "double precision"),
    **dict.fromkeys(("azimuth_start", "azimuth_end", "azimuth"), "double precision"),
    **dict.fromkeys(("altitude_start", "altitude_end", "altitude"), "double precision"),
    **dict.fromkeys(("zenith_distance_start", "zenith_distance_end", "zenith_distance"), "double precision"),
    "airmass": "double precision",
    **{name: kind for time in _TIMESTAMPS for name, kind in ((time, "timestamp"), (f"{time}_mjd", "double precision"))},
    **dict.fromkeys(("exp_time", "shut_time", "dark_time"), "double precision"),
    "group_id": "varchar(64)",
    "cur_index": "integer",
    "max_index": "integer",
    "img_type": "varchar(64)",
    "emulated": "boolean",
    "science_program": "varchar(64)",
    "observation_reason": "varchar(68)",
    "target_name": "varchar(64)",
    **dict.fromkeys(("air_temp", "pressure", "humidity", "wind_speed", "wind_dir"), "double precision"),
    **dict.fromkeys(("dimm_seeing", "focus_z"), "double precision"),
    "simulated": "boolean",
    "vignette": "varchar(10)",
    "vignette_min": "varchar(10)",
    "scheduler_note": "varchar(1024)",
    "s_region": "varchar(1024)",
    "can_see_sky": "boolean",
}
_NUMBER = {"day_obs": "integer", "seq_num": "integer"}
TABLES: dict[str, dict[str, str]] = {
    "exposure": _EXPOSURE,
    "visit1": {"visit_id": "bigint"} | {name: kind for name, kind in _EXPOSURE.items() if name != "exposure_id"},
    "ccdexposure": {"ccdexposure_id": "bigint", "exposure_id": "bigint"}
    | _NUMBER
    | {"detector": "integer", "s_region": "varchar(1024)"},
    "exposure_flexdata_schema": {"key": "varchar(128)", "dtype": "varchar(64)", "doc": "text", "unit": "varchar(128)"},
    "exposure_flexdata": {"obs_id": "bigint"} | _NUMBER | {"key": "varchar(128)", "value": "text"},
}
"""Table -> column -> PostgreSQL type; a table comes after those that it refers to."""
KEYS = {
    "exposure": ("day_obs", "seq_num"),
    "visit1": ("day_obs", "seq_num"),
    "ccdexposure": ("day_obs", "seq_num", "detector"),
    "exposure_flexdata_schema": ("key",),
    "exposure_flexdata": ("day_obs", "seq_num", "key"),
}
SCHEMAS = ("cdb_lsstcam", "cdb_latiss")
FLEXDATA_KEYS = [
    {"key": "HEADVER", "dtype": "str", "doc": "Version of the header", "unit": None},
    {"key": "ROTCOORD", "dtype": "str", "doc": "Coordinate system of the rotator", "unit": None},
]
_ARROW = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
}


def rows_of(inserts: list[Insert]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the rows of every table of every schema, by primary key; a column without a value is None."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {schema: {name: [] for name in TABLES} for schema in SCHEMAS}
    for tables in found.values():
        tables["exposure_flexdata_schema"] = FLEXDATA_KEYS
    for insert in sorted(inserts, key=order):
        schema, _, table = insert.table.partition(".")
        found[schema][table].append({name: insert.row.get(name) for name in TABLES[table]})
    return found


def arrow_table(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as Arrow; times are TAI, without a zone."""
    columns = []
    for name, kind in TABLES[table].items():
        values = pa.array([row[name] for row in rows], pa.string() if kind == "timestamp" else None)
        columns.append(values.cast(_ARROW.get(kind, pa.string())))
    return pa.table(columns, names=list(TABLES[table]))
