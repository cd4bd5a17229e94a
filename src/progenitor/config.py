"""Settings: environment variables ``PROGENITOR_*``, then ``progenitor.toml``, then the defaults here.

`load_settings` reads them when a command or the façade asks, never at import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import ByteSize, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from progenitor.errors import ConfigurationError, Place

FILE_NAME = "progenitor.toml"


class Settings(BaseSettings):
    """Every setting of Progenitor; docs/reference/settings.md describes each."""

    model_config = SettingsConfigDict(env_prefix="PROGENITOR_", extra="forbid", frozen=True)

    store: Path | None = Field(None, description="The store that commands use when none is named.")
    mappings: list[Path] = Field(
        default_factory=list,
        description="Folders that hold further mapping folders, searched before the ones that come with Progenitor.",
    )
    memory_limit: ByteSize = Field(
        ByteSize(4 * 1024**3), description="Memory that mapping may use before it spills to disk."
    )
    threads: int = Field(2, ge=1, description="Threads that mapping and loading may use.")
    temporary: Path | None = Field(None, description="Where mapping spills to; a folder of the store when not set.")
    keep_snapshots: int = Field(10, ge=1, description="Snapshots that `snapshots prune` keeps.")
    query_timeout: float = Field(60.0, gt=0, description="Seconds after which a SPARQL query is stopped.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="The least severe message that is logged to standard error."
    )
    log_format: Literal["console", "json"] = Field("console", description="How log messages are written.")


def find_settings_file(start: Path | None = None) -> Path | None:
    """Return the nearest ``progenitor.toml`` in a folder or the folders above it, or None.

    Parameters
    ----------
    start
        Where to begin; the current folder when not given.
    """
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    return None


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings.

    Parameters
    ----------
    file
        A TOML file to read instead of the nearest ``progenitor.toml``. Relative paths in it are relative to it.
    overrides
        Settings that win over the environment and the file; None means not given.

    Raises
    ------
    ConfigurationError
        If the file is missing or not TOML, or a setting is unknown or has a value it cannot have.
    """
    path = file or find_settings_file()
    if file is not None and not file.is_file():
        raise ConfigurationError("there is no such settings file", place=Place(file))

    class FileSettings(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = TomlConfigSettingsSource(settings_cls, toml_file=path)
            return init_settings, env_settings, toml

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = FileSettings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"setting {name!r} is {first['input']!r}: {first['msg']}",
            place=Place(path or "environment", field=name),
            hint="docs/reference/settings.md lists every setting",
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"not valid TOML: {error}", place=Place(path or "environment")) from None
    return _anchor(settings, path.parent) if path else settings


def _anchor(settings: Settings, folder: Path) -> Settings:
    """Resolve relative paths against the folder of the settings file."""
    resolved: dict[str, Any] = {"mappings": [folder / path for path in settings.mappings]}
    for name in ("store", "temporary"):
        path = getattr(settings, name)
        if path is not None:
            resolved[name] = folder / path
    return settings.model_copy(update=resolved)
