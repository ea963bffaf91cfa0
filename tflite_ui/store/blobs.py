"""Files kept by content: one copy of equal bytes, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tflite_ui.core.errors import DiskFull, InvalidInput, NotFound, TooLarge

CHUNK = 1 << 20
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Blob:
    """A kept file."""

    digest: str
    size_bytes: int


class Blobs:
    """Content-addressed files below ``folder``: ``ab/abcdef.../content.suffix``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, content: BinaryIO | Path, name: str, limit: int | None = None) -> Blob:
        """Keep ``content``; raises TooLarge over ``limit`` bytes, DiskFull, or NotFound for no such file."""
        try:
            if isinstance(content, Path):
                with content.open("rb") as stream:
                    return self._copy(stream, name, limit)
            return self._copy(content, name, limit)
        except FileNotFoundError:
            raise NotFound(f"There is no file '{content}'.", "Check the path.") from None
        except IsADirectoryError:
            raise NotFound(f"'{content}' is a folder.", "Zip it first, then give the zip.") from None
        except OSError as error:
            raise _disk_full(error, name) from error

    def path(self, digest: str, name: str) -> Path:
        """The file of ``digest``, under a name that ends as ``name`` does; raises NotFound."""
        folder = self._place(digest)
        wanted = folder / f"content{_suffix(name)}"
        if wanted.exists():
            return wanted
        kept = sorted(folder.glob("content*"))
        if not kept:
            raise NotFound(f"'{name}' is not kept here any more.", "Upload it again.")
        os.link(kept[0], wanted)
        return wanted

    def has(self, digest: str) -> bool:
        """Whether the file is kept."""
        return any(self._place(digest).glob("content*"))

    def _place(self, digest: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise NotFound(f"'{digest}' is no file's digest.", "Upload the file again.")
        return self._folder / digest[:2] / digest

    def _copy(self, stream: BinaryIO, name: str, limit: int | None) -> Blob:
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix="incoming-")
        try:
            with os.fdopen(handle, "wb") as out:
                blob = _pour(stream, out, name, limit)
            place = self._place(blob.digest)
            place.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # the same bytes: a running job may hold that very file
                os.link(temporary, place / f"content{_suffix(name)}")
            return blob
        finally:
            Path(temporary).unlink(missing_ok=True)


def _pour(stream: BinaryIO, out: BinaryIO, name: str, limit: int | None) -> Blob:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge(f"'{name}' is larger than {limit / 2**20:,.0f} MB.", "Give a smaller file.")
        digest.update(chunk)
        out.write(chunk)
    return Blob(digest.hexdigest(), size)


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9_]{1,16}", suffix) else ""


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn the system's word for a full disk into DiskFull, and one for a closed door into InvalidInput."""
    try:
        yield
    except PermissionError as error:
        raise InvalidInput(f"{what} can't be written: {error.strerror}.", "Choose another folder.") from error
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidInput(f"{what} is a file, not a folder.", "Choose another folder.") from error
    except OSError as error:
        raise _disk_full(error, what) from error


def _disk_full(error: OSError, name: str) -> Exception:
    if error.errno in NO_SPACE:
        return DiskFull(f"The disk is full: {name} couldn't be kept.", "Free some space and try again.")
    return error
