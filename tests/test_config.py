"""Settings: where they come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from progenitor.config import PrivacySettings, Settings, find_mapping_folder, load_settings, shipped
from progenitor.errors import ConfigurationError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_defaults_where_nothing_says_otherwise():
    settings = load_settings()
    assert settings.store is None
    assert settings.memory_limit == 4 * 1024**3


def test_the_nearest_file_is_read_and_its_paths_are_relative_to_it(tmp_path, monkeypatch):
    (tmp_path / "progenitor.toml").write_text("store = 'here'\nmappings = ['mine']\nmemory_limit = '512MiB'\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    settings = load_settings()
    assert settings.store == tmp_path / "here"
    assert settings.mappings == [tmp_path / "mine"]
    assert settings.memory_limit == 512 * 1024**2


def test_the_environment_wins_over_the_file_and_options_over_both(tmp_path, monkeypatch):
    (tmp_path / "progenitor.toml").write_text("threads = 3\n")
    monkeypatch.setenv("PROGENITOR_THREADS", "5")
    assert load_settings().threads == 5
    assert load_settings(threads=7).threads == 7


def test_a_path_in_the_environment_is_relative_to_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "progenitor.toml").write_text("")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.setenv("PROGENITOR_STORE", "mine")
    assert load_settings().store == Path("mine")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed = 1", ["speed", "progenitor.toml"]),
        ("threads = 0", ["threads", "0"]),
        ("log_level = 'loud'", ["log_level", "loud"]),
        ("[privacy]\npeople = 'hide'", ["privacy.people", "hide", "pseudonymise"]),
        ("store = ", ["TOML"]),
        ("[sources.a]\nmapping = 'butler'", ["sources.a.location"]),
        ("[sources.a]\nmapping = 'butler'\nlocation = 'x'\nruns = []", ["sources.a.runs"]),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path, text, words):
    (tmp_path / "progenitor.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert all(word in str(caught.value) for word in words)


def test_privacy_is_read_from_the_file_and_the_environment(tmp_path, monkeypatch):
    assert load_settings().privacy == PrivacySettings()
    (tmp_path / "progenitor.toml").write_text("[privacy]\npeople = 'pseudonymise'\n")
    monkeypatch.setenv("PROGENITOR_PRIVACY_KEY", "the key itself is no setting")
    assert load_settings().privacy == PrivacySettings(people="pseudonymise")
    monkeypatch.setenv("PROGENITOR_PRIVACY", '{"text": "drop", "key_env": "OUR_KEY"}')
    assert load_settings().privacy == PrivacySettings(text="drop", key_env="OUR_KEY")


@pytest.mark.parametrize("line", ["key = 'hush-hush-hush'", "key_env = 'hush-hush-hush'"])
def test_a_key_in_a_settings_file_is_refused_and_not_shown(tmp_path, line):
    (tmp_path / "progenitor.toml").write_text(f"[privacy]\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"privacy\.key") as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_a_settings_file_that_is_not_there():
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_settings(Path("nowhere.toml"))


def test_locations_that_begin_with_a_dot_are_relative_to_the_file(tmp_path):
    (tmp_path / "progenitor.toml").write_text(
        "[sources.a]\nmapping = './m'\nlocation = './repo'\n[sources.b]\nmapping = 'butler'\nlocation = 'http://x/'\n"
    )
    sources = load_settings().sources
    assert sources["a"].location == str(tmp_path / "repo")
    assert sources["a"].mapping == str(tmp_path / "m")
    assert sources["b"].location == "http://x/"


def test_mapping_folders_of_ones_own_come_first(tmp_path):
    own = tmp_path / "mine" / "butler"
    own.mkdir(parents=True)
    (own / "source.yml").write_text("reader: files\n")
    assert find_mapping_folder("butler", Settings()) == shipped("mappings") / "butler"
    assert find_mapping_folder("butler", Settings(mappings=[tmp_path / "mine"])) == own
    assert find_mapping_folder(str(own), Settings()) == own


def test_an_unknown_mapping_folder_names_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"known: .*butler"):
        find_mapping_folder("buttler", Settings())
