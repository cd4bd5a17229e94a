from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor.errors import ConfigurationError, StoreError
from progenitor.store.layout import create_store, folder_name, read_current, read_store_settings, snapshot_numbers
from support.stores import BASE, make_store, publish


def test_a_new_store_tells_its_base_and_has_no_snapshot(tmp_path: Path) -> None:
    store = make_store(tmp_path / "deep" / "store")
    assert read_store_settings(store).base == BASE
    assert read_current(store) is None
    assert snapshot_numbers(store) == []


@pytest.mark.parametrize("base", ["", "here/", "https://a.test", "https://a.test/ b/", 'https://a.test/"/', "/abs/"])
def test_a_base_that_cannot_start_an_iri_is_refused(tmp_path: Path, base: str) -> None:
    with pytest.raises(ConfigurationError, match="base"):
        create_store(tmp_path / "store", base)
    assert not (tmp_path / "store").exists()


def test_an_existing_store_and_a_folder_with_files_are_left_alone(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    with pytest.raises(StoreError, match="store already"):
        create_store(store, BASE)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(StoreError, match="not empty"):
        create_store(tmp_path / "mine", BASE)
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_file_in_the_place_of_the_store_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make a store"):
        create_store(tmp_path / "file", BASE)
    with pytest.raises(StoreError, match="no store here"):
        read_store_settings(tmp_path / "file")


def test_a_folder_that_is_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store here \(make one with `progenitor init"):
        read_store_settings(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("version = 2\nbase = 'https://a.test/'", "version 2, this program reads version 1"),
        ("version = 1", "damaged: 'base'"),
        ("version = ", "damaged"),
        ("version = 1\nbase = 'nothing'", "base is 'nothing'"),
        ("version = 1\nbase = 5", "base is 5"),
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, content: str, message: str) -> None:
    store = make_store(tmp_path / "store")
    (store / "store.toml").write_text(content)
    with pytest.raises(StoreError, match=message) as caught:
        read_store_settings(store)
    assert str(store / "store.toml") in str(caught.value)


def test_a_damaged_pointer_to_the_newest_snapshot_is_named(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    publish(store, {"a": []})
    (store / "current").write_text("one")
    with pytest.raises(StoreError, match="'one' is not a snapshot's number"):
        read_current(store)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_every_key_has_a_folder_of_its_own(key: str) -> None:
    name = folder_name(key)
    assert "/" not in name
    assert "\0" not in name
    assert not name.startswith(".")
    assert len(name.encode()) <= 200


@settings(deadline=None)
@given(st.sets(st.text(min_size=1, max_size=260), min_size=2, max_size=6))
def test_two_keys_never_share_a_folder(keys: set[str]) -> None:
    assert len({folder_name(key) for key in keys}) == len(keys)
