"""Looking into model files without trusting them."""

from __future__ import annotations

import hashlib
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from tflite_ui.core.errors import TooLarge, UnreadableModel

MAX_EXPANDED_BYTES = 4 * 2**30
MAX_MEMBERS = 20_000
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def head(path: Path, size: int) -> bytes:
    """The first ``size`` bytes of a file; fewer, or none, when there aren't as many."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def members(path: Path) -> list[str]:
    """The names in a zip; none when it isn't a whole zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except BROKEN_ZIP:
        return []


def check_expansion(archive: zipfile.ZipFile, name: str) -> None:
    """Raises TooLarge when ``archive`` says that it expands beyond what is allowed."""
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    if total > MAX_EXPANDED_BYTES or len(infos) > MAX_MEMBERS:
        raise TooLarge(
            f"{name} expands to {total / 2**30:.1f} GiB in {len(infos)} files.",
            f"At most {MAX_EXPANDED_BYTES // 2**30} GiB and {MAX_MEMBERS} files are unpacked.",
        )


def read_member(path: Path, member: str, limit: int, name: str) -> bytes:
    """One member of a zip, at most ``limit`` bytes; raises UnreadableModel or TooLarge."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_expansion(archive, name)
            with archive.open(member) as file:
                content = file.read(limit + 1)
    except (KeyError, *BROKEN_ZIP) as broken:
        raise damaged(name) from broken
    if len(content) > limit:
        raise TooLarge(f"{member} in {name} is over {limit // 2**20} MiB.", "Save the model again.")
    return content


def unpack(path: Path, name: str) -> Path:
    """The zip's files in a new temporary folder; raises UnreadableModel or TooLarge.

    Links, absolute paths and paths that leave the folder are refused.
    """
    folder = Path(tempfile.mkdtemp(prefix="unpacked-"))
    try:
        with zipfile.ZipFile(path) as archive:
            check_expansion(archive, name)
            for info in archive.infolist():
                _check_member(info, name)
                archive.extract(info, folder)
    except BROKEN_ZIP as broken:
        raise damaged(name) from broken
    return folder


def damaged(name: str) -> UnreadableModel:
    """The error for a file that began well and then didn't go on."""
    return UnreadableModel(f"{name} is damaged or cut short.", "Copy or download the file again.")


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    parts = PurePosixPath(info.filename.replace("\\", "/"))
    link = stat.S_ISLNK(info.external_attr >> 16)
    if link or parts.is_absolute() or ".." in parts.parts or ":" in info.filename:
        raise UnreadableModel(
            f"{name} holds a link or a path out of its folder: {info.filename!r}.",
            "Zip the SavedModel folder again, with plain files alone.",
        )
