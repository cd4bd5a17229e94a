"""Checking what a source.yml and a person say against a pydantic model, with errors that name file, key and value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic

from progenitor.errors import ConfigurationError, MappingError, Place
from progenitor.model import SourceDeclaration

Model = TypeVar("Model", bound=pydantic.BaseModel)


def check_options(model: type[Model], declaration: SourceDeclaration, given: Mapping[str, Any]) -> Model:
    """Check the options of a source.

    Parameters
    ----------
    model
        What they may be.
    declaration
        The source.yml, whose options are the defaults.
    given
        From the command line or the settings; None means not given.

    Raises
    ------
    ConfigurationError
        If an option is unknown or has a value it cannot have.
    """
    chosen = {**declaration.options, **{name: value for name, value in given.items() if value is not None}}
    try:
        return model.model_validate(chosen)
    except pydantic.ValidationError as error:
        name, message = _first(error)
        raise ConfigurationError(
            f"option {message}",
            place=Place(declaration.file, field=name),
            hint=f"options: {', '.join(model.model_fields)}",
        ) from None


def check_tables(model: type[Model], declaration: SourceDeclaration) -> dict[str, Model]:
    """Check the tables of a source.yml.

    Parameters
    ----------
    model
        What may be said of a table.
    declaration
        The source.yml.

    Raises
    ------
    MappingError
        If there is no table, a key is unknown, missing, or has a value it cannot have.
    """
    if not declaration.tables:
        raise MappingError("there are no tables", place=Place(declaration.file, field="tables"))
    tables = {}
    for table, given in declaration.tables.items():
        try:
            tables[table] = model.model_validate(given)
        except pydantic.ValidationError as error:
            name, message = _first(error)
            raise MappingError(
                message,
                place=table_place(declaration, table, name),
                hint=f"keys of a table: {', '.join(model.model_fields)}",
            ) from None
    return tables


def table_place(declaration: SourceDeclaration, table: str, key: str = "") -> Place:
    """Return the place of a table's key in source.yml."""
    return Place(declaration.file, field=f"tables.{table}" + (f".{key}" if key else ""))


def _first(error: pydantic.ValidationError) -> tuple[str, str]:
    """Return the dotted name and the words of the first thing that is wrong."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return name, f"{name!r} is missing"
    if first["type"] == "extra_forbidden":
        return name, f"{name!r} is not known"
    return name, f"{name!r} is {first['input']!r}: {said}"
