"""What source.yml may say of tables that are read from a database by SQL, and of the database."""

from __future__ import annotations

from typing import Self

import pydantic

from progenitor.sources.declared.columns import Columns
from progenitor.sources.declared.window import PartitionOptions
from progenitor.sources.exports.declared import QueryExport


class SqlOptions(PartitionOptions):
    """The options of the source.

    Parameters
    ----------
    password_env
        The environment variable that holds the password; where not given, what libpq finds (``PGPASSWORD``,
        ``~/.pgpass``).
    timeout
        Seconds in which the connection, and then each block of rows, must come.
    fingerprint
        A query whose answer changes when the content of the partition does; None where only reading tells.
    """

    password_env: str | None = None
    timeout: float = pydantic.Field(120.0, gt=0)
    fingerprint: str | None = None


class SqlTable(pydantic.BaseModel):
    """A table.

    Parameters
    ----------
    query
        What to read; its placeholders are bound, never written into the SQL.
    table
        Instead of a query: the name of a table or view, which is read whole.
    columns
        What to take of each row. PostgreSQL can tell them; SQLite cannot.
    export
        How exported tables are asked instead, where that must be said.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    query: str | None = None
    table: str | None = None
    columns: Columns = pydantic.Field(default_factory=dict)
    export: QueryExport | None = None

    @pydantic.model_validator(mode="after")
    def _one(self) -> Self:
        if (self.query is None) == (self.table is None):
            raise ValueError("a table needs either query or table")
        return self

    @property
    def exported(self) -> Self:
        """The table as exported tables are asked for it."""
        return self if self.export is None else self.model_copy(update={"query": self.export.query, "table": None})

    @property
    def sql(self) -> str:
        """The query, with placeholders."""
        if self.query is not None:
            return self.query.strip().removesuffix(";")
        sources = dict.fromkeys(column.source for column in self.columns.values())
        names = ", ".join(quoted(source) for source in sources) or "*"
        text = f"SELECT {names} FROM {'.'.join(map(quoted, str(self.table).split('.')))}"
        return text.replace("{", "{{").replace("}", "}}")


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
