"""Data IDs as one key: dimension names and values alternating, joined by ``~`` (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def _escape(value: object) -> str:
    return str(value).replace("~", "%7E")


class DataIdFormatter:
    """Writes the data IDs of one group of dimensions; the last one is kept, for datasets come by quantum.

    Parameters
    ----------
    required
        Names of the required dimensions, in the Butler's order; the implied ones follow from them.
    """

    def __init__(self, required: Iterable[str]) -> None:
        self._required = tuple(required)
        self._template = "~".join(f"{name}~%s" for name in self._required)
        self._joints = self._template.count("~")
        self._last: tuple[Sequence[object], str | None] = ((), None)

    def __call__(self, values: Sequence[object]) -> str | None:
        """Return the key of a data ID, or None for the empty one.

        Parameters
        ----------
        values
            Values of the required dimensions, in order; values of implied dimensions may follow.

        Raises
        ------
        ValueError
            If there are fewer values than required dimensions.
        """
        if not self._required:
            return None
        if values == self._last[0]:
            return self._last[1]
        key = self._write(values)
        self._last = (values, key)
        return key

    def _write(self, values: Sequence[object]) -> str:
        given = tuple(values[: len(self._required)])
        if len(given) < len(self._required):
            raise ValueError(f"data ID {list(values)} has too few values for the dimensions {list(self._required)}")
        key = self._template % given
        if key.count("~") == self._joints:
            return key
        return self._template % tuple(_escape(value) for value in given)
