"""`spotlight score`: a judgement of a run, span or session, by a person or a script."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from spotlight.cli.options import DataOption, JsonOption, read_folder
from spotlight.cli.output import print_json, say
from spotlight.cli.senders import collector_address, into_collector, into_pipeline
from spotlight.errors import NotFound, SpotlightError

KINDS: Final = ("run", "trace", "span", "session", "response")
_SPAN_ID: Final = re.compile(r"[0-9a-fA-F]{16}")
_WORDS: Final = {"true": 1.0, "yes": 1.0, "up": 1.0, "false": 0.0, "no": 0.0, "down": 0.0}


def score(
    target: Annotated[
        str, typer.Argument(metavar="RUN|SPAN|SESSION", help="Id of what is judged; of a run, its beginning.")
    ],
    name: Annotated[
        str, typer.Option("--name", help="What is judged: task_success, user_feedback, correctness, ...")
    ],
    value: Annotated[
        str | None, typer.Option("--value", help="A number; yes, up and true are 1, no, down and false 0.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="The judgement in a word.")] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who or what judged: a name, a model, a check.")
    ] = None,
    annotator: Annotated[str, typer.Option("--annotator", help="human, llm or code.")] = "human",
    of: Annotated[
        str | None,
        typer.Option(
            "--of", help="run, trace, span, session or response: for ids that are not in the lake yet."
        ),
    ] = None,
    score_id: Annotated[
        str | None, typer.Option("--id", help="Id of the score: the same id again replaces it.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a run, a span or a session: success, feedback of a user, a correction, anything with a name.

    Goes through the collector of the data folder where one is running, else straight through the same
    pipeline; returns when the score can be queried. Names that reports know: docs/quality.md.

    Example: spotlight score 4bf92f35 --name task_success --value 1 --by jo
    """
    folder = read_folder(data)
    said = _target(folder, target, of) | {
        "name": name, "value": _number(value), "label": label, "explanation": comment, "annotator": annotator,
        "evaluator": by, "id": score_id,
    }  # fmt: skip
    sent = send_score(folder, said)
    document = {"score_id": sent, **{key: text for key, text in said.items() if text is not None}}
    if as_json:
        print_json(document)
    else:
        kind = next(key for key in document if key.endswith("_id") and key != "score_id")
        say(f"score {sent}: {name} of {kind.removesuffix('_id')} {document[kind]}")


def send_score(folder: Path, said: Mapping[str, Any]) -> str:
    """Send one score, by the fields of docs/scores.md, and return its id once it can be queried.

    Raises: SpotlightError where a field cannot be, or where it cannot be stored.
    """
    import orjson

    from ingest.files import FileRequest
    from ingest.score_requests import encode_scores, read_score_request

    given = {key: value for key, value in said.items() if value is not None}
    scores = read_score_request(orjson.dumps(given))
    request = FileRequest(Path("score"), "logs", "protobuf", encode_scores(scores, time.time_ns()))
    with into_collector(folder) if collector_address(folder) else into_pipeline(folder) as send:
        send(request)
    return scores[0].score_id()


def _target(folder: Path, text: str, of: str | None) -> dict[str, str]:
    """Return the field that names what is judged.

    Raises: NotFound where the lake holds nothing of that id, SpotlightError for a kind that is none.
    """
    if of is not None:
        if of not in KINDS:
            raise SpotlightError(f"nothing is called {of!r}", hint=f"--of is one of {', '.join(KINDS)}")
        return {f"{of}_id": text}
    from spotlight.reports import open_lake

    reports = open_lake(folder)
    try:
        return {"run_id": str(reports.run(text)["run_id"])}
    except NotFound as missing:
        if "ambiguous" in missing.message:
            raise
    found = reports.ask("score_target", {"id": text.lower(), "session_id": text}).to_pylist()[0]
    if _SPAN_ID.fullmatch(text) and found["trace_id"] is not None:
        return {"span_id": text.lower(), "trace_id": found["trace_id"]}
    if found["is_session"]:
        return {"session_id": text}
    raise NotFound(
        f"no run, span or session {text!r} in the lake",
        hint="list runs with `spotlight runs`; say --of run, span or session for one that is still to come",
    )


def _number(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return _WORDS[value.lower()] if value.lower() in _WORDS else float(value)
    except ValueError:
        raise SpotlightError(
            f"--value cannot be {value!r}", hint="give a number, yes or no; a word goes into --label"
        ) from None
