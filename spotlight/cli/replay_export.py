"""`spotlight replay export-test RUN`: a recorded run as a pytest that replays it offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spotlight.cli.options import DataOption, JsonOption, RedactOption, RulesOption, existing_data
from spotlight.cli.output import count, print_json, say
from spotlight.cli.replay import replay


@replay.command(name="export-test")
def export_test(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or the beginning of one.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="TEST", help="Write to this file: test_something.py.")
    ],
    redact: RedactOption = False,
    rules: RulesOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a test that replays a run from a case file beside it: no server, no model, no network.

    It holds later replays to the same tools in the same order, answered as firmly. In it you may name
    another model, or the command of your own agent.

    Example: spotlight replay export-test 9c75985e -o tests/test_renewal.py
    """
    from replay.exporting import export_test
    from spotlight.reports import open_lake

    written = export_test(open_lake(existing_data(data)), run, output, redact=redact, rules=rules)
    if as_json:
        print_json(
            {"files": [str(written.test), str(written.case)], "run_id": written.run_id,
             "replayed": written.replayed._asdict()}
        )  # fmt: skip
        return
    say(f"{written.test} and {written.case}: {count(len(written.replayed.tools))} tool calls")
    say(f"run it with `pytest {written.test}`")
