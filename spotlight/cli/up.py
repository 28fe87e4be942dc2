"""`spotlight up`: collector, writer and dashboards, kept running together."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from spotlight.cli.options import DataOption, JsonOption, settings
from spotlight.cli.output import print_json, say
from spotlight.cli.part import Name, parts_of_up
from spotlight.cli.supervisor import Part, Supervisor, read_ready
from spotlight.errors import PartFailed


def up(
    http_port: Annotated[
        int | None, typer.Option(help="OTLP over HTTP (4318); 0 chooses a free port.")
    ] = None,
    grpc_port: Annotated[
        int | None, typer.Option(help="OTLP over gRPC (4317); 0 chooses a free port.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Dashboards (8501); 0 chooses a free port.")] = None,
    host: Annotated[str | None, typer.Option(help="Address every server binds to (127.0.0.1).")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run collector, writer and dashboards until Ctrl-C.

    A part that dies is started again.

    Example: spotlight up --data ./spotlight-data
    """
    chosen = settings(data=data, host=host, http_port=http_port, grpc_port=grpc_port, port=port)
    _make_folder(chosen.data)
    _refuse_second(chosen.data)
    supervisor = Supervisor(chosen.data, [Part(name, argv) for name, argv in parts_of_up(chosen)], _log)

    def ready(said: dict[str, dict[str, object]]) -> None:
        addresses = {
            "dashboards": said["dashboards"]["url"],
            "otlp_http": said["collector"]["http"],
            "otlp_grpc": said["collector"]["grpc"],
            "data": str(chosen.data),
        }
        if as_json:
            print_json(addresses)
        else:
            for name, address in addresses.items():
                say(f"{name:<12}{address}")
            say("stop with Ctrl-C")

    supervisor.run(ready)
    say("stopped")


def _make_folder(data: Path) -> None:
    """Make the data folder. Raises: PartFailed where it cannot be made or written to."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            pass
    except FileExistsError as exc:
        raise PartFailed(f"{data} is not a folder", hint="name the data folder with --data") from exc
    except OSError as exc:
        raise PartFailed(
            f"the data folder {data} cannot be written: {exc.strerror or exc}",
            hint="check its permissions and the space on its disk, or choose another with --data",
        ) from exc


def _refuse_second(data: Path) -> None:
    """Raise PartFailed where a part already works on this folder."""
    for name in Name:
        said = read_ready(data, name)
        if said is not None:
            raise PartFailed(
                f"{data} is in use: its {name} runs as process {said['pid']}",
                hint="stop that `spotlight up`, or give this one another --data",
            )


def _log(part: str, message: str) -> None:
    now = dt.datetime.now(dt.UTC).strftime("%H:%M:%S")
    say(f"{now} {part:<11}{message}")
