"""Which sources tell of an observing night, and where each is read."""

from __future__ import annotations

from collections.abc import Mapping

from progenitor.config import Settings, SourceSettings, find_mapping_folder
from progenitor.errors import ConfigurationError
from progenitor.mapping.folder import SOURCE, read_source
from progenitor.sources.declared.nights import Night


def night_sources(night: str, locations: Mapping[str, str], settings: Settings) -> list[SourceSettings]:
    """Return what is to be read for a night.

    Parameters
    ----------
    night
        ``20251101`` or ``2025-11-01``.
    locations
        Mapping folder -> where its system is. Where it is empty: every configured source that is read by night.
    settings
        Where mapping folders and configured sources are looked for. A configured source gives a location that is named
        here its options, if it has the same mapping.

    Raises
    ------
    ConfigurationError
        If it is no night, there is no such mapping folder, or neither a location nor a configured source.
    """
    try:
        night = Night.parse(night).key
    except ValueError as error:
        raise ConfigurationError(str(error), hint="it is the date on which the night begins, at 12:00 TAI") from None
    configured = {source.mapping: source for source in settings.sources.values()}
    chosen = [
        configured[mapping].model_copy(update={"location": location})
        if mapping in configured
        else SourceSettings(mapping=mapping, location=location)
        for mapping, location in locations.items()
    ] or [source for source in settings.sources.values() if is_by_night(source, settings)]
    if not chosen:
        raise ConfigurationError(
            "nothing says where the records of the night are",
            hint="name systems (--efd URL ...), or configure sources in progenitor.toml",
        )
    return [
        source.model_copy(update={"partitions": [night]}) if is_by_night(source, settings) else source
        for source in chosen
    ]


def is_by_night(source: SourceSettings, settings: Settings) -> bool:
    """Whether a source is read night by night."""
    declared = read_source(find_mapping_folder(source.mapping, settings) / SOURCE).options
    return {**declared, **source.options}.get("partition") == "day_obs"
