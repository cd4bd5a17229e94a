"""The options of the Butler reader, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pydantic

from progenitor.errors import ConfigurationError, Place

HeaderMode = Literal["auto", "always", "never"]


class ButlerOptions(pydantic.BaseModel):
    """What a person may choose; docs/how-to/read-a-butler-repository.md tells of each."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    label: str | None = pydantic.Field(
        None,
        min_length=1,
        pattern=r"^[^/]+$",
        description="How identifiers name the repository; its alias or the folder's name where not given.",
    )
    graph: str | None = pydantic.Field(
        None, description="A quantum graph file, or a folder that holds some (searched to the bottom)."
    )
    headers: HeaderMode = pydantic.Field("auto", description="Whether the headers of product files are read.")


def parse_options(given: Mapping[str, Any], place: Place) -> ButlerOptions:
    """Check options.

    Parameters
    ----------
    given
        Name -> value; None means not given.
    place
        Where they are from, for the message.

    Raises
    ------
    ConfigurationError
        If one is unknown or has a value it cannot have.
    """
    try:
        return ButlerOptions(**{name: value for name, value in given.items() if value is not None})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"option {name!r} is {first['input']!r}: {first['msg']}",
            place=place,
            hint=f"options: {', '.join(ButlerOptions.model_fields)}",
        ) from None
