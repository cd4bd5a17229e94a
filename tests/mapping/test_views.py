"""views.sql: errors name their line, and only what is harmless may be in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from progenitor.errors import MappingError
from progenitor.mapping.database import connect
from progenitor.mapping.views import create_views

FILE = Path("views.sql")


@pytest.fixture
def connection():
    with connect() as made:
        made.execute("CREATE TABLE t(a INTEGER)")
        yield made


def test_views_tables_and_macros_are_created_in_order(connection):
    create_views(
        connection,
        "-- a comment; with a semicolon\nCREATE VIEW v AS SELECT a, ';' AS s FROM t;\n/* ; */\n"
        "CREATE MACRO plus(x) AS x + 1;\nCREATE TABLE w AS SELECT plus(a) AS b FROM v;",
        FILE,
    )
    assert connection.execute("SELECT count(*) FROM w").fetchall() == [(0,)]
    create_views(connection, "", FILE)
    create_views(connection, "-- nothing\n", FILE)


@pytest.mark.parametrize(
    ("sql", "line", "message"),
    [
        ("CREATE VIEW v AS SELECT 1;\n\nCREATE VEW w AS SELECT 1;\n", 3, 'syntax error at or near "VEW"'),
        ("CREATE VIEW v AS\nSELECT\n  nope\nFROM t;\n", 3, '"nope" not found'),
        (
            "CREATE VIEW v AS SELECT 1;\n-- next\nCREATE VIEW w AS\n  SELECT * FROM missing;\n",
            4,
            "missing does not exist",
        ),
        ("CREATE VIEW v AS SELECT 1;\n\n\nCREATE VIEW v AS SELECT 2;\n", 4, "already exists"),
        ("CREATE VIEW v AS SELECT 1;\n\nDROP TABLE t;\n", 3, "only create .* not DROP"),
        ("INSTALL httpfs;", 1, "only create"),
        ("\nCOPY t TO 'x.csv';", 2, "only create .* not COPY"),
        ("SET threads = 1;", 1, "only create .* not SET"),
    ],
)
def test_an_error_names_its_line(connection, sql, line, message):
    with pytest.raises(MappingError, match=message) as caught:
        create_views(connection, sql, FILE)
    assert (caught.value.place.source, caught.value.place.line) == (FILE, line)
