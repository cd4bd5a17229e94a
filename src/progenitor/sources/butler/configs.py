"""A frozen task configuration, taken apart without running it.

``pex_config`` writes a configuration as Python statements. Running them would import task packages that need not be
installed here and execute whatever the file holds, so the statements are only parsed.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass

from progenitor.errors import Place, SourceError


@dataclass(frozen=True)
class FrozenConfig:
    """A configuration by content.

    Parameters
    ----------
    config_class
        Full name of the configuration class, or None where the text does not assert it.
    fields
        Dotted field name -> value as a Python expression, sorted by name.
    """

    config_class: str | None
    fields: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the class and the fields: the same whatever comments and order the text had."""
        lines = [self.config_class or "", *(f"{name}={value}" for name, value in self.fields)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def parse_config(text: str, place: Place) -> FrozenConfig:
    """Take the text of a frozen configuration apart.

    Parameters
    ----------
    text
        What ``Config.saveToString`` wrote.
    place
        Where the text is from.

    Raises
    ------
    SourceError
        If the text is not Python.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise SourceError(f"the configuration is not the Python that pex_config writes: {error}", place=place) from None
    fields: dict[str, str] = {}
    config_class = None
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            name = _field_name(statement.targets[0])
            if name:
                fields[name] = ast.unparse(statement.value)
        elif isinstance(statement, ast.Assert) and config_class is None:
            config_class = _asserted_class(statement.test)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            # config.psf.retarget(target=..., ConfigClass=...): a choice like any other field.
            name = _field_name(statement.value.func)
            if name:
                arguments = [*statement.value.args, *statement.value.keywords]
                fields[name] = ", ".join(ast.unparse(argument) for argument in arguments)
    return FrozenConfig(config_class, tuple(sorted(fields.items())))


def _field_name(target: ast.expr) -> str | None:
    """Return ``a.b['c']`` of ``config.a.b['c']``, or None for what does not belong to the configuration."""
    root, dot, name = ast.unparse(target).partition(".")
    return name if dot and root in ("config", "root") else None


def _asserted_class(test: ast.expr) -> str | None:
    """Return the class named in ``type(config) is package.Class`` (or ``==``)."""
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Call) and ast.unparse(test.left.func) == "type":
        return ast.unparse(test.comparators[0])
    return None
