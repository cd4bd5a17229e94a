"""Things that take long to make, made once a checkout: keyed by what they are made from, safe with parallel tests."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterable
from importlib.metadata import distributions
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"


def digest_of(folders: Iterable[Path]) -> str:
    """Return a short digest of the source files in folders and the versions of the installed Rubin packages."""
    digest = hashlib.sha256()
    files = [path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else [folder])]
    for path in sorted(files):
        if path.suffix in (".py", ".yaml"):
            digest.update(f"{path.relative_to(CHECKOUT)}\n".encode() + path.read_bytes())
    packages = {f"{package.name}=={package.version}" for package in distributions() if package.name.startswith("lsst")}
    digest.update("\n".join(sorted(packages)).encode())
    return digest.hexdigest()[:16]


def built_once(name: str, build: Callable[[Path], object]) -> Path:
    """Return the path of a thing in the cache, building it if it is not there.

    Parameters
    ----------
    name
        File or folder in the cache; holds the digest of what it is made from.
    build
        Makes it at the path it is given. It must put it there as a whole, or not at all; other processes wait.
    """
    path = CACHE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            build(path)
    return path
