"""Gathering the errors of a mapping folder, so that a check tells all of them and not only the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from progenitor.errors import MappingError


class Problems:
    """The errors met so far, each once, in the order they were met."""

    def __init__(self) -> None:
        self.found: list[MappingError] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Note a `MappingError` of the block instead of raising it."""
        try:
            yield
        except MappingError as error:
            if str(error) not in map(str, self.found):
                self.found.append(error)

    def raise_first(self) -> None:
        """Raise the first error, if there is any.

        Raises
        ------
        MappingError
            The first one.
        """
        if self.found:
            raise self.found[0]
