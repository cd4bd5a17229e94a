"""Settings: environment variables ``PROGENITOR_*``, then ``progenitor.toml``, then the defaults here.

`load_settings` reads them when a command or the façade asks, never at import.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from progenitor.errors import ConfigurationError, Place

FILE_NAME = "progenitor.toml"


class SourceSettings(BaseModel):
    """One outside system that ``progenitor sync`` keeps up with: a table ``[sources.<name>]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mapping: str = Field(description="Name or path of the mapping folder.")
    location: str = Field(description="Path or URL of the system, as its reader takes it.")
    partitions: list[str] = Field(
        default_factory=list, description="Glob patterns of the partitions to take; all of them when empty."
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of the reader.")


PrivacyChoice = Literal["keep", "pseudonymise", "drop"]
"""What becomes of people or of what they wrote."""


class PrivacySettings(BaseModel):
    """What becomes of people and of what they wrote: the table ``[privacy]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: PrivacyChoice = Field(default="keep", description="What becomes of people's logins and names.")
    text: PrivacyChoice = Field(default="keep", description="What becomes of free text.")
    key_env: str = Field(
        default="PROGENITOR_PRIVACY_KEY",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="The environment variable that holds the key of the pseudonyms.",
    )


class Settings(BaseSettings):
    """Every setting of Progenitor; docs/reference/settings.md describes each."""

    model_config = SettingsConfigDict(env_prefix="PROGENITOR_", extra="forbid", frozen=True)

    store: Path | None = Field(None, description="The store that commands use when none is named.")
    mappings: list[Path] = Field(
        default_factory=list,
        description="Folders of further mapping folders, searched before the ones that come with Progenitor.",
    )
    sources: dict[str, SourceSettings] = Field(
        default_factory=dict, description="The outside systems that `progenitor sync` keeps up with."
    )
    privacy: PrivacySettings = Field(
        default=PrivacySettings(), description="What becomes of people and of what they wrote."
    )
    memory_limit: ByteSize = Field(
        ByteSize(4 * 1024**3), description="Memory that mapping may use before it spills to disk."
    )
    threads: int = Field(2, ge=1, description="Threads that mapping and loading may use.")
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
    from_file = _read_file(path) if path else {}
    in_environment = {name.removeprefix("PROGENITOR_").lower() for name in os.environ if name.startswith("PROGENITOR_")}
    given = {name: value for name, value in from_file.items() if name not in in_environment}
    given |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        # The value of what is no setting, or no name, may be a key that somebody put where it does not belong.
        if first["type"] == "extra_forbidden":
            message = f"setting {name!r} is not known"
        elif name == "privacy.key_env":
            message = f"setting {name!r} is no name of an environment variable"
        else:
            message = f"setting {name!r} cannot be {first['input']!r}: {first['msg']}"
        raise ConfigurationError(
            message,
            place=Place(path or "environment", field=name),
            hint="docs/reference/settings.md lists every setting",
        ) from None


def _read_file(path: Path) -> dict[str, Any]:
    """Read a settings file and resolve the relative paths in it against its folder."""
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", place=Place(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"is not valid TOML: {error}", place=Place(path)) from None
    folder = path.parent
    if isinstance(content.get("store"), str):
        content["store"] = folder / content["store"]
    if isinstance(content.get("mappings"), list):
        content["mappings"] = [folder / entry for entry in content["mappings"] if isinstance(entry, str)]
    for source in content.get("sources", {}).values():
        for key in ("location", "mapping"):
            if isinstance(source, dict) and str(source.get(key, "")).startswith("."):
                source[key] = str(folder / source[key])
    return content


def shipped(name: str) -> Path:
    """Return a folder that comes with Progenitor: ``mappings``, ``ontology``.

    An installed wheel carries them inside the package; a checkout has them at its top.
    """
    inside = Path(__file__).parent / "_data" / name
    return inside if inside.is_dir() else Path(__file__).parents[2] / name


def find_mapping_folder(name: str, settings: Settings) -> Path:
    """Return the mapping folder of a name or path.

    Parameters
    ----------
    name
        A path, or the name of a folder in `Settings.mappings` or among those that come with Progenitor.
    settings
        Where to look.

    Raises
    ------
    ConfigurationError
        If there is no such folder; names those there are.
    """
    if "/" in name and Path(name).is_dir():
        return Path(name)
    roots = [*settings.mappings, shipped("mappings")]
    for root in roots:
        if any((root / name / file).is_file() for file in ("source.yml", "mapping.yml")):
            return root / name
    known = sorted({folder.parent.name for root in roots for folder in root.glob("*/source.yml")})
    raise ConfigurationError(
        f"there is no mapping folder {name!r}",
        hint=f"known: {', '.join(known) or 'none'}; or give the path of a folder with a source.yml",
    )
