"""YAML as a tree that knows its lines: what the mapping and the source declaration are read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from progenitor.errors import MappingError, Place


@dataclass(frozen=True)
class Node:
    """A YAML value with the file and the dotted path that lead to it."""

    yaml: yaml.Node
    file: Path
    path: str = ""

    @property
    def place(self) -> Place:
        """Where it begins."""
        mark = self.yaml.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1, self.path or None)

    @property
    def is_list(self) -> bool:
        """Whether it is a sequence."""
        return isinstance(self.yaml, yaml.SequenceNode)

    @property
    def is_collection(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.yaml, yaml.MappingNode)

    @property
    def is_null(self) -> bool:
        """Whether it is ``null``, ``~`` or nothing at all."""
        return isinstance(self.yaml, yaml.ScalarNode) and self.yaml.tag == "tag:yaml.org,2002:null"

    def text(self) -> str:
        """Return a scalar as it is written (``1.50`` stays ``1.50``).

        Raises
        ------
        MappingError
            If it is a list, a collection or null.
        """
        if not isinstance(self.yaml, yaml.ScalarNode) or self.is_null:
            raise self.error(f"expected a text, found {self.describe()}")
        return str(self.yaml.value)

    def items(self) -> Iterator[Node]:
        """Yield the members of a list; anything else is a list of one."""
        if not isinstance(self.yaml, yaml.SequenceNode):
            yield self
            return
        for number, child in enumerate(self.yaml.value):
            yield Node(child, self.file, f"{self.path}[{number}]")

    def entries(self) -> dict[str, Node]:
        """Return the values of a collection by key.

        Raises
        ------
        MappingError
            If it is no collection, or a key occurs twice.
        """
        if not isinstance(self.yaml, yaml.MappingNode):
            raise self.error(f"expected keys and values, found {self.describe()}")
        found: dict[str, Node] = {}
        for key, value in self.yaml.value:
            name = Node(key, self.file, self.path).text()
            if name in found:
                raise Node(key, self.file, self.path).error(f"the key {name!r} occurs twice")
            found[name] = Node(value, self.file, f"{self.path}.{name}" if self.path else name)
        return found

    def value(self) -> Any:
        """Return it as plain Python values."""
        try:
            return _Loader("").construct_document(self.yaml)
        except yaml.YAMLError as error:
            raise self.error(f"not a plain YAML value: {error}") from None

    def describe(self) -> str:
        """Say what it is, for a message."""
        if self.is_null:
            return "nothing"
        if self.is_list:
            return "a list"
        return "keys and values" if self.is_collection else repr(self.text())

    def error(self, message: str, *, hint: str | None = None) -> MappingError:
        """Return an error at this place."""
        return MappingError(message, place=self.place, hint=hint)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, without the guess that an unquoted ``2025-11-01`` is a date."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(file: Path) -> Node:
    """Read a YAML file that holds one document.

    Raises
    ------
    MappingError
        If the file is missing, not UTF-8, not YAML, or empty.
    """
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise MappingError(f"cannot be read: {error.strerror}", place=Place(file)) from None
    except UnicodeDecodeError:
        raise MappingError("is not UTF-8 text", place=Place(file)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise MappingError(f"is not YAML: {error.problem or error.context}", place=place) from None
    except yaml.YAMLError as error:
        raise MappingError(f"is not YAML: {error}", place=Place(file)) from None
    if root is None:
        raise MappingError("is empty", place=Place(file))
    return Node(root, file)
