"""What source.yml may say of a table's export: which file it is in, and which of its rows a partition has."""

from __future__ import annotations

import pydantic

from progenitor.sources.declared.columns import Columns


class FileExport(pydantic.BaseModel):
    """The export of a table whose rows a service gives.

    Parameters
    ----------
    file
        Glob below the folder of exports; the table's name and any suffix where not given.
    where
        An SQL condition on the columns, in the place of what the service is asked for; every row where not given.
    columns
        Columns that have another field or form in the file than in the answers of the service.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    file: str | None = None
    where: str | None = None
    columns: Columns = pydantic.Field(default_factory=dict)


class QueryExport(pydantic.BaseModel):
    """The export of a table that a database is queried for.

    Parameters
    ----------
    query
        What DuckDB is asked of the exported tables, where it does not understand the query of the database.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    query: str
