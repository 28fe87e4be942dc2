"""A redaction finds secrets wherever they stand, leaves the rest alone, and cannot be gone back on."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.errors import SpotlightError
from spotlight.model import LOGS, PAYLOADS, RUNS, SCORES, SPANS, STEPS
from spotlight.reports.case import CaseRows
from spotlight.reports.case.manifest import TABLES
from spotlight.reports.case.redaction import Redactor
from spotlight.reports.case.redaction_rules import Rules, read_rules
from tests.rows import llm, payload, table
from tests.spotlight.case_lakes import write

MARK = re.compile(r"\[redacted:([a-z_]+):[0-9a-f]{12}\]")
KEY = "sk-proj-" + "A1b2C3d4" * 4
SECRETS = {
    "email": "jo.smith+billing@mail.example.co.uk",
    "phone": "+49 (0) 170 123-4567",
    "card_number": "4111 1111 1111 1111",
    "api_key": KEY,
    "aws_key": "AKIA" + "IOSFODNN7EXAMPLE",
    "github_token": "ghp_" + "a1B2" * 9,
    "slack_token": "xoxb-" + "1234567890-abcdef",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
}
HARMLESS = (
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 at 1795216918557274112 ns",
    "gpt-4.1-mini answered in 123.456 ms on 2026-11-20T23:54:34+00:00",
    '{"wait_ms":3.3598209999999997,"id":"0f8fad5b-d9cb-469f-a165-70867728950e"}',
    "order 4111 1111 1111 1112 has a wrong check digit",
    "tokens: 4,503,599,627,370,496; version 1.2.3; port 127.0.0.1:4318",
    '{"input_tokens": 12, "max_tokens": 4096, "token_type": "input"}',
    "sklearn-pipeline, ask-anything, user@host, @mention",
    '{"type":"object","properties":{"password":{"type":"string"}}}',
)


def case(**columns: str) -> CaseRows:
    """Return the rows of one model call, with these columns; those of payloads go into its payload."""
    content = {k: v for k, v in columns.items() if k in PAYLOADS.schema.names and k not in SPANS.schema.names}
    row = llm("call") | {k: v for k, v in columns.items() if k not in content}
    recorded = {
        "spans": table([row]), "payloads": table([payload(row, **content)], PAYLOADS),
        "logs": LOGS.schema.empty_table(), "metrics": TABLES["recorded/metrics.parquet"].schema.empty_table(),
        "scores": SCORES.schema.empty_table(),
    }  # fmt: skip
    derived = {"runs": RUNS.schema.empty_table(), "steps": STEPS.schema.empty_table(),
               "costs": TABLES["derived/costs.parquet"].schema.empty_table()}  # fmt: skip
    return CaseRows([], recorded, derived)


def redacted(text: str, rules: Rules | None = None) -> str:
    """Return a text as it is in a redacted case."""
    rows = Redactor(rules or Rules()).redact(case(input_messages=text))
    return str(rows.recorded["payloads"].column("input_messages")[0].as_py())


@pytest.mark.parametrize("rule", SECRETS)
@pytest.mark.parametrize("form", ["text", "json", "json in json", "first", "beside another"])
def test_a_secret_is_found_in_every_form(rule: str, form: str) -> None:
    """A secret goes whole, whatever stands around it, and JSON stays JSON."""
    secret = SECRETS[rule]
    inner = json.dumps({"said": f"use\n{secret} now"})
    text = {
        "text": f"please use ({secret}), thanks", "json": json.dumps([{"content": f"a\t{secret}"}]),
        "json in json": json.dumps({"arguments": inner}), "first": secret,
        "beside another": f"{secret},{secret};{secret}",
    }[form]  # fmt: skip
    found = redacted(text)
    assert secret not in found
    assert json.dumps(secret)[1:-1] not in found
    assert {rule} == set(MARK.findall(found))
    if form.startswith("json"):
        opened = json.loads(found)
        assert form == "json" or rule in json.loads(opened["arguments"])["said"]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    """Ids, times, figures and schemas are left as they are."""
    assert text == redacted(text)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ('{"http.request.header.authorization":"Basic dXNlcjpwYXNz"}', "dXNlcjpwYXNz"),
        ('{"db.password":"hunter2","user":"jo"}', "hunter2"),
        ('{"arguments":"{\\"api_key\\": \\"k-1\\\\\\"2\\", \\"q\\": 1}"}', "k-1"),
        ('{"client_secret": 12345678}', "12345678"),
        ('{"cookie": ["a=1", "b=2"]}', "a=1"),
        ('{"card": 4111111111111111, "n": 1}', "4111111111111111"),
        ("postgres://jo:pa55word@db.example/x", "pa55word"),
        ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
        ("export PASSWORD=correct-horse", "correct-horse"),
    ],
)
def test_what_a_key_names_goes(text: str, gone: str) -> None:
    """Values go by the name of their key, numbers and lists too, and what was JSON is JSON."""
    found = redacted(text)
    assert gone not in found
    assert MARK.search(found)
    if text.startswith("{"):
        json.loads(found)


def test_the_same_secret_has_the_same_mark_in_one_case_only() -> None:
    """Marks keep equality within a case, between columns too, and tell nothing from case to case."""
    mail = SECRETS["email"]
    rows = case(input_messages=f"{mail} and {mail}", user_id=mail, attributes=json.dumps({"to": mail}))
    marks = []
    for _ in range(2):
        done = Redactor(Rules()).redact(rows).recorded
        texts = (done["payloads"].column("input_messages"), done["spans"].column("user_id"),
                 done["spans"].column("attributes"))  # fmt: skip
        marks.append({m for text in texts for m in re.findall(MARK.pattern, text[0].as_py()) and
                      [x.group() for x in MARK.finditer(text[0].as_py())]})  # fmt: skip
    assert [1, 1] == [len(found) for found in marks]
    assert marks[0] != marks[1]


def test_the_report_says_what_and_where_and_never_the_value(tmp_path: Path) -> None:
    """No byte of a written case holds a secret; its report counts what was replaced, by column."""
    rows = case(
        input_messages=json.dumps([{"content": " ".join(SECRETS.values())}]),
        name=f"mail {SECRETS['email']}", status_message=KEY,
        events=json.dumps([{"name": "e", "time_ns": 1, "attributes": {"x": SECRETS["email"]}}]),
        resource=json.dumps({"host": SECRETS["aws_key"]}),
    )  # fmt: skip
    redactor = Redactor(Rules())
    done = redactor.redact(rows)
    report = redactor.report()
    places = {(p["table"], p["column"], p["rule"]): p["count"] for p in report["places"]}
    assert 1 == places["recorded/spans", "name", "email"]
    assert 1 == places["recorded/spans", "events", "email"]
    assert 2 == report["summary"]["replaced"]["aws_key"]
    path = write(tmp_path / "case.zip", done)
    with zipfile.ZipFile(path) as archive:
        texts = [json.dumps(report)]
        for name in archive.namelist():
            body = archive.read(name)
            parquet = name.endswith(".parquet")
            texts.append(str(pq.read_table(pa.BufferReader(body)).to_pylist()) if parquet else body.decode())
    assert [] == [rule for rule, secret in SECRETS.items() for text in texts if secret in text]


def test_rules_of_ones_own(tmp_path: Path) -> None:
    """A file of rules adds patterns and keys."""
    (tmp_path / "rules.yaml").write_text('patterns: {customer: "ACME-[0-9]+"}\nkeys: [iban]\n')
    rules = read_rules(tmp_path / "rules.yaml")
    found = redacted('{"account":"ACME-42","iban":"DE02","mail":"a@b.example"}', rules)
    assert ["customer", "key", "email"] == MARK.findall(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patterns: {Bad-Name: x}", "cannot be called 'Bad-Name'"),
        ('patterns: {x: "(?=y)"}', "no regular expression of RE2"),
        ('patterns: {x: "a*"}', "matches the empty text"),
        ("rules: []", "patterns and keys, nothing else"),
        ("[", "is no file of rules"),
    ],
)
def test_rules_that_cannot_be(tmp_path: Path, text: str, said: str) -> None:
    """A file of rules that cannot be read says what is wrong."""
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(SpotlightError, match=said):
        read_rules(tmp_path / "rules.yaml")


ODD = ("4111111111111111", "C:\\" + KEY, "\\n" + SECRETS["email"], '\n\t"\\', "ü")
SAID = st.sampled_from([*SECRETS.values(), *ODD])
SEVERAL = st.lists(SAID, max_size=3).map(" ".join)
LEAVES = st.one_of(SAID, SEVERAL, st.just(4111111111111111), st.none(), st.floats(0, 9))
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["password", "x.cookie", "a", SECRETS["email"]]), inner, max_size=3),
        inner.map(json.dumps),
    ),
    max_leaves=12,
)


@given(st.lists(JSON, min_size=20, max_size=40))
@settings(max_examples=6)
def test_whatever_json_says_it_stays_json_without_secrets(values: list[object]) -> None:
    """In any JSON, nested as text too, no secret is left, and JSON stays JSON."""
    texts = [json.dumps([value]) for value in values]
    rows = case()
    payloads = pa.concat_tables([case(input_messages=text).recorded["payloads"] for text in texts])
    done = Redactor(Rules()).redact(rows._replace(recorded={**rows.recorded, "payloads": payloads}))
    for text in done.recorded["payloads"].column("input_messages").to_pylist():
        json.loads(text)
        assert [] == [rule for rule, secret in SECRETS.items() if secret in text]
