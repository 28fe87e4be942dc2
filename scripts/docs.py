"""Write the pages of docs/ that come from the code, or say which of them are out of date.

cli.md is the help of every command; tables.md is every column of the lake, from spotlight/model. In
dialects.md, find.md, mocked-tools.md and in the samples' README, the list between two marks is written.
policy.schema.json is the JSON schema of a policy of mocked tools.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, get_args

import typer.main

from ingest.otlp_json import to_protobuf
from ingest.pivot import pivot_traces
from ingest.segments import Record
from replay.mocks.policy_file import policy_schema
from spotlight.cli.main import app
from spotlight.dialects import dialects
from spotlight.dialects.table import Dialect
from spotlight.model import DEFAULT_TENANT, TABLES, Table
from spotlight.reports.find.fields import FIELDS

ROOT: Final = Path(__file__).resolve().parent.parent
NOTE: Final = "<!-- Written by scripts/docs: do not edit. -->"
BEGIN: Final = "<!-- Written by scripts/docs from here: do not edit. -->"
END: Final = "<!-- to here -->"
SAMPLES: Final = ROOT / "sample_traces"
CAPTURES: Final = ROOT / "tests" / "captures"
SHOWN_NAMES: Final = 3
BASELINE: Final = "baseline"  # no dialect of its own: it stands behind all
SAMPLE_LIMIT_BYTES: Final = 10_000_000


def cli_page() -> str:
    """Return docs/cli.md: every command with its help, arguments and options."""
    intro = "Data goes to stdout, talk to stderr. Exit code: 0 ok, 1 refused or failed, 2 wrong usage."
    return (
        "\n\n".join([NOTE, "# Commands", intro, *sections(typer.main.get_command(app), "spotlight")]) + "\n"
    )


def sections(command: Any, title: str) -> Iterator[str]:
    """Yield the section of a command and of all commands below it, in their own order."""
    text = re.sub(
        r"^Example: (.+)$", r"Example: `\1`", cleandoc(command.help or "").strip(), flags=re.MULTILINE
    )
    yield f"## {title}\n\n{text}"
    rows = [
        parameter_row(parameter)
        for parameter in command.params
        if not parameter.hidden and not parameter.name.endswith("_completion")
    ]
    if rows:
        yield "\n".join(["| option | meaning | default |", "|---|---|---|", *rows])
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from sections(below, f"{title} {name}")


def parameter_row(parameter: Any) -> str:
    """Return the table row of one option or argument."""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper() + ("..." if parameter.nargs == -1 else "")
    else:
        value = parameter.metavar or value_name(parameter.type_descriptor.annotation)
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        name = names if parameter.is_flag else f"{names} {value}"
    default = parameter.default
    shown = "" if default is None or default is False or callable(default) else f"`{default}`"
    if isinstance(parameter.show_default, str):
        shown = parameter.show_default
    meaning = " ".join((parameter.help or "").split()).replace("|", "\\|")
    if parameter.envvar:
        meaning = f"{meaning} (also `{parameter.envvar}`)"
    return f"| `{name}` | {meaning} | {'required' if parameter.required else shown} |"


def value_name(annotation: Any) -> str:
    """Return what stands for an option's value: N for a number, PATH for a path, TEXT else."""
    types = {annotation, *get_args(annotation)}
    return "N" if types & {int, float} else "PATH" if Path in types else "TEXT"


def tables_page() -> str:
    """Return docs/tables.md: every table of the lake with its columns."""
    intro = (
        "The tables of the lake and their columns. `spotlight query` reads them by these names. Time is ns "
        "since 1970 UTC, ids are lowercase hex, and a missing value is NULL and never 0. `tenant` and `date` "
        "are the partitions. Two more views: `other_traces` has the columns of `runs`, for traces in which "
        "no agent, model or tool was at work; `metric_usage` the tokens and cost that only metrics tell. In "
        "`spans`, a row whose `signal` is `log` may repeat the step of a span: count steps by the columns of "
        "`runs`."
    )
    return "\n\n".join([NOTE, "# Tables", intro, *map(table_section, TABLES.values())]) + "\n"


def table_section(table: Table) -> str:
    """Return the section of one table."""
    rows = [f"| `{column.name}` | {column.type} | {column.doc} |" for column in table.columns]
    grain = table.grain[0].upper() + table.grain[1:]
    return "\n".join(
        [f"## {table.name}", "", f"{grain}.", "", "| column | type | meaning |", "|---|---|---|", *rows]
    )


def dialects_page() -> str:
    """Return docs/dialects.md with the list of all dialects in its place."""
    seen = samples_by_dialect()
    head = [
        "| dialect | what speaks it | told by | behind it | input tokens | samples |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        dialect_row(dialect, seen.get(name, []))
        for name, dialect in sorted(dialects().items())
        if name != BASELINE
    ]
    return between_marks("docs/dialects.md", [*head, *rows])


def dialect_row(dialect: Dialect, samples: list[str]) -> str:
    """Return the table row of one dialect."""
    doc = importlib.import_module(f"spotlight.dialects.{dialect.name}").__doc__ or ""
    what = re.split(r"[:;.] ", doc.splitlines()[0] + " ", maxsplit=1)[0]
    told_by = shown(list(dialect.scopes)) or shown(list(dialect.keys))
    if dialect.services:
        told_by += f"; service {shown(list(dialect.services))}"
    links = ", ".join(f"[{Path(folder).name}](../{folder})" for folder in samples)
    behind = ", ".join(dialect.extends)
    return f"| `{dialect.name}` | {what} | {told_by} | {behind} | {basis(dialect)} | {links} |"


def basis(dialect: Dialect) -> str:
    """Return what a dialect's input tokens mean, in a few words."""
    said = {"inclusive": "with cache", "exclusive": "without cache"}.get(
        dialect.usage_basis or "", "as reports tell"
    )
    return f"{said}, some otherwise" if dialect.usage_rules else said


def shown(names: list[str]) -> str:
    """Return the first names as code, and how many more there are."""
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN_NAMES]) + more


def samples_by_dialect() -> dict[str, list[str]]:
    """Return the folders of the samples, and of the tests' captures, in which each dialect is spoken."""
    seen: dict[str, list[str]] = {}
    found = [sorted(folder.glob("*/expected.json")) for folder in (SAMPLES, CAPTURES)]
    for folder in [path.parent for paths in found for path in paths]:
        bodies = [trace_request(path) for path in sorted(folder.glob("*traces.*"))]
        records = [Record(i, i + 1, 1, "traces", DEFAULT_TENANT, body) for i, body in enumerate(bodies)]
        for dialect in sorted(set(pivot_traces(records).spans.column("dialect").to_pylist())):
            seen.setdefault(dialect, []).append(folder.relative_to(ROOT).as_posix())
    return seen


def trace_request(path: Path) -> bytes:
    """Return the trace request that a file of a sample holds, as protobuf."""
    body = path.read_bytes()
    return to_protobuf("traces", body, SAMPLE_LIMIT_BYTES) if path.suffix == ".json" else body


SUMS: Final = ("runs", "failed_runs", "generations", "tool_calls", "failed_tool_calls")


def samples_page() -> str:
    """Return sample_traces/README.md with the list of all samples in its place."""
    truths = {
        path.parent.name: json.loads(path.read_bytes()) for path in sorted(SAMPLES.glob("*/expected.json"))
    }
    recorded = {name: truth for name, truth in truths.items() if not name.endswith("-by-hand")}
    by_hand = {name: truth for name, truth in truths.items() if name not in recorded}
    lines = ["Recorded:", "", *sample_rows(recorded), "", "Made by hand:", "", *sample_rows(by_hand)]
    return between_marks("sample_traces/README.md", lines)


def sample_rows(truths: dict[str, dict[str, Any]]) -> list[str]:
    """Return a table of samples with what happened in them, and in all of them."""
    rows = ["| folder | what it shows | runs | failed runs | model calls | tool calls | failed tool calls |",
            "|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, truth in truths.items():
        title = (SAMPLES / name / "README.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        counts = " | ".join(str(truth[key]) for key in SUMS)
        rows.append(f"| [{name}]({name}/README.md) | {title} | {counts} |")
    totals = " | ".join(str(sum(truth[key] or 0 for truth in truths.values())) for key in SUMS)
    return [*rows, f"| all | | {totals} |"]


def find_page() -> str:
    """Return docs/find.md with the table of fields in its place."""
    rows = []
    for field in FIELDS:
        name = field.name + (".NAME" if field.kind in ("score", "attribute") else "")
        names = ", ".join(f"`{word}`" for word in (name, *field.aliases))
        levels = (("run", field.run), ("step", field.step))
        of = " and ".join(level for level, column in levels if column) or "run and step"
        meaning = field.help.replace("|", "\\|")
        rows.append(f"| {names} | {field.kind} | {of} | {meaning} |")
    head = ["| field | compared as | of a | meaning |", "|---|---|---|---|"]
    return between_marks("docs/find.md", [*head, *rows])


def schema_page() -> str:
    """Return docs/policy.schema.json: what a policy of mocked tools may hold, for editors."""
    return json.dumps(policy_schema(), indent=1, ensure_ascii=False) + "\n"


def policy_page() -> str:
    """Return docs/mocked-tools.md with the fields of a policy in their place."""
    parts = policy_schema()["$defs"]
    titles = {
        "ToolPolicy": "Of a tool",
        "Normalise": "`normalise`",
        "FaultRule": "Of a fault",
    }
    lines: list[str] = []
    for part, title in titles.items():
        lines += [f"{title}:", "", "| field | value | default | meaning |", "|---|---|---|---|"]
        lines += [field_row(name, field, parts) for name, field in parts[part]["properties"].items()]
        lines.append("")
    return between_marks("docs/mocked-tools.md", lines[:-1])


def field_row(name: str, field: dict[str, Any], parts: dict[str, Any]) -> str:
    """Return the table row of one field of a JSON schema, whose parts are looked up by name."""
    wanted = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    words = [kind_words(parts.get(str(kind.get("$ref")).rpartition("/")[2], kind)) for kind in wanted]
    default = field.get("default")
    shown_default = "" if default in (None, [], {}, "") else f"`{json.dumps(default)}`"
    return f"| `{name}` | {' or '.join(words)} | {shown_default} | {field.get('description', '')} |"


def kind_words(kind: dict[str, Any]) -> str:
    """Return what a value may be, in words."""
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"])
    lower = kind.get("minimum", kind.get("exclusiveMinimum"))
    upper = kind.get("maximum", kind.get("exclusiveMaximum"))
    limits = f" {lower:,} to {upper:,}" if lower is not None and upper is not None else ""
    names = {
        "array": "list",
        "object": "fields",
        "string": "text",
        "boolean": "yes or no",
        "integer": "number",
    }
    return names.get(kind.get("type", ""), kind.get("type", "any value")) + limits


def between_marks(page: str, lines: list[str]) -> str:
    """Return a page with these lines between its two marks; raises ValueError where it has none."""
    text = (ROOT / page).read_text(encoding="utf-8")
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not begin or not end:
        raise ValueError(f"{page} lacks the marks {BEGIN} and {END}")
    return "".join([before, begin, "\n", "\n".join(lines), "\n\n", end, after])


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/cli.md": cli_page,
    "docs/tables.md": tables_page,
    "docs/dialects.md": dialects_page,
    "docs/find.md": find_page,
    "docs/mocked-tools.md": policy_page,
    "docs/policy.schema.json": schema_page,
    "sample_traces/README.md": samples_page,
}


def stale_pages() -> list[str]:
    """Return the pages whose text is not what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    """Return the exit code: 1 when --check finds a page out of date."""
    stale = stale_pages()
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{name} is out of date: run scripts/docs", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"wrote {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
