"""gzip bodies: inflated step by step, so that a bomb is stopped at the cap and not after it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Final

from isal import igzip

from spotlight.errors import BadRequest, TooLarge

_STEP_BYTES: Final = 1 << 20


def inflate(body: bytes, cap: int, reserve: Callable[[int], None]) -> bytes:
    """Return the inflated body; several gzip members in a row are one body (RFC 1952, 2.2).

    `reserve` is told of each step's bytes before they are kept and may refuse by raising.

    Raises: TooLarge beyond `cap` bytes; BadRequest for what is not gzip, is cut off, or fails its checksum.
    """
    if not body:
        raise BadRequest("the gzip body is empty", hint="send it plain or as gzip")
    parts: list[bytes] = []
    size = 0
    # the reader finds members in C: taking `unused_data` per member would copy the rest each time
    with igzip.GzipFile(  # type: ignore[no-untyped-call]
        fileobj=io.BytesIO(body), mode="rb"
    ) as reader:
        while True:
            try:
                part = reader.read(min(_STEP_BYTES, cap - size + 1))
            except EOFError as exc:
                raise BadRequest("the gzip body is cut off", hint="send the whole body") from exc
            except (OSError, ValueError, zlib.error) as exc:
                raise BadRequest("the body is not valid gzip", hint="send it plain or as gzip") from exc
            if not part:
                return b"".join(parts)
            size += len(part)
            if size > cap:
                raise TooLarge(f"the body inflates to more than {cap} bytes", hint="send smaller batches")
            reserve(len(part))
            parts.append(part)
