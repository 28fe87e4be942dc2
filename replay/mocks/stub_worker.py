"""The process in which a user's stubs run: one JSON line in, one out.

Started as a file, `python -I stub_worker.py ROOT STUBS MEMORY_BYTES`, with nothing inherited but three pipes;
ROOT is the folder that holds the package `replay`.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

# What the stubs of a replay have no business with. It keeps mistakes from happening, such as a stub that
# calls the real tool; it is no prison for code that wants to break out.
_FORBIDDEN = frozenset(
    [
        "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg",
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
        "pty.spawn",
    ]
)  # fmt: skip
_FILE_BYTES = 64_000_000


def refuse(event: str, _: tuple[Any, ...]) -> None:
    """Stop what a stub must not do. Raises: PermissionError."""
    if event in _FORBIDDEN:
        raise PermissionError(f"a stub may not open connections or start programs ({event})")


def limit(memory_bytes: int) -> None:
    """Limit this process' memory and files, where the system can."""
    try:
        import resource
    except ImportError:
        return
    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, bound in wanted:
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):  # the system knows no such limit, or has a lower one: leave that
            continue


def told(exc: BaseException) -> str:
    """Return a traceback without this file's own frames."""
    frames = exc.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith((__file__, "<frozen ")):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(exc), exc, frames))


def load(path: Path) -> dict[str, Callable[..., Any]]:
    """Return the stubs of a file by the tools they answer for."""
    from replay.stubs import STUBS

    sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location("replay_stubs", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["replay_stubs"] = module
    spec.loader.exec_module(module)
    return STUBS


def answered(stubs: dict[str, Callable[..., Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """Return what the stub of a tool answers."""
    from replay.stubs import Call, ToolError

    function = stubs[asked["name"]]
    given = [asked["arguments"], Call(asked["name"], **asked["about"])]
    try:
        result = function(*given[: len(inspect.signature(function).parameters)])
    except ToolError as exc:
        return {"result": str(exc), "is_error": True}
    return {"result": result, "is_error": False}


def serve(stubs: dict[str, Callable[..., Any]], requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer one line after the other until there are no more."""
    for line in requests:
        try:
            text = json.dumps(answered(stubs, json.loads(line)), allow_nan=False)
        except BaseException as exc:  # whatever user code raises, SystemExit included, is told
            text = json.dumps({"raised": told(exc)})
        answers.write(text.encode() + b"\n")
        answers.flush()


def main() -> None:
    """Load the stubs, say their names, answer."""
    root, file, memory_bytes = sys.argv[1:]
    # What stubs print goes where errors go, not between the answers.
    answers, requests = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    sys.path.append(root)
    limit(int(memory_bytes))
    sys.addaudithook(refuse)
    opening: dict[str, Any]
    try:
        stubs = load(Path(file))
        opening = {"names": sorted(stubs)}
    except BaseException as exc:  # the same: to be told, not to die of
        stubs, opening = {}, {"raised": told(exc)}
    answers.write(json.dumps(opening).encode() + b"\n")
    answers.flush()
    serve(stubs, requests, answers)


if __name__ == "__main__":
    main()
