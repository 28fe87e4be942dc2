"""Golden transcripts of samples: an entry per line, set in by depth; ! is a failure, texts are cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Golden(NamedTuple):
    """How one run reads."""

    name: str
    lines: tuple[str, ...]


GOLDEN: Final[Mapping[str, Golden]] = {
    "5681991243810a32cfa5e898fd2df23a": Golden("openai-agents-handoff", (
        'agent renewal-desk',
        'agent triage_agent',
        'system | Route the request to the right s',
        'user | Prepare the renewal for both acc',
        'call transfer_to_renewal_agent',
        '  result transfer_to_renewal_agent | {"assistant": "renewal_agent"}',
        'step handoff to renewal_agent | triage_agent',
        '  result | renewal_agent',
        'agent renewal_agent',
        'system | You are a renewal assistant. ALW',
        'call crm_get_account | {"account_id":"ACME-42"}',
        '  result crm_get_account | {"account_id": "ACME-42", "name"',
        'call crm_get_account | {"account_id":"GLOBEX-7"}',
        '  result crm_get_account | {"account_id": "GLOBEX-7", "name',
        'call send_email | {"to":"jane.doe@acme.example","s',
        '  result send_email | {"status": "sent", "message_id":',
        'call send_email ! | {"to":"sam@globex.example","subj',
        '  result send_email ! | An error occurred while running ',
        '  error ! | Error running tool (non-fatal): ',
        'text | ACME-42: sent ✓. GLOBEX-7: the e',
    )),
    "8da9aa5a455f46d5f24ca2086ec6fa50": Golden("adk-failed", (
        'system | You are a renewal assistant. ALW',
        'user | Prepare the renewal for account ',
        "text | I'll look up the account first.",
        'call crm_get_account | {"account_id":"GLOBEX-7"}',
        '  result crm_get_account | {"result": "{\\"account_id\\": \\"G',
        'call search_docs | {"query":"renewal terms growth p',
        '  result search_docs | {"result": "[{\\"id\\": \\"doc-17\\"',
        'call send_email ! | {"to":"sam@globex.example","subj',
        '  error ! | MailError: SMTP 550 5.1.1 mailbo',
        'error ! | renewal.MailError: SMTP 550 5.1.',
    )),
    "9c75985e032c9ff96a22241abcba5d13": Golden("langgraph", (
        'system | You are a renewal assistant. Loo',
        'user | Prepare the renewal for account ',
        "text | I'll look up the account first.",
        'call crm_get_account | {"account_id":"ACME-42"}',
        '  result crm_get_account | {"account_id": "ACME-42", "name"',
        'call search_docs | {"query":"renewal terms enterpri',
        '  result search_docs | [{"id": "doc-17", "title": "Rene',
        'call send_email | {"to":"jane.doe@acme.example","s',
        '  result send_email | {"status": "sent", "message_id":',
        'text | The renewal for ACME-42 is prepa',
    )),
    "a1cae1a6bcf90965e28ea7aa60cd708e": Golden("haystack-failed", (
        'system | You are a renewal assistant.',
        'user | Email Sam.',
        'call send_email ! | {"to":"sam@globex.example"}',
        '  result send_email ! | {"error": "Failed to invoke Tool',
        '  error !',
        'text | The email could not be sent.',
    )),
    "0c0de000000000000000000000000003": Golden("copilot-without-content", (
        'user | Why does the build fail?',
        'silent gpt-5.1',
        'call run_in_terminal ! | {"command": "make"}',
        '  error ! | Error: make: *** no rule',
        'text | There is no Makefile.',
    )),
    "857463c1cd464300d3fac1af25f48adf": Golden("qwen-logs-only", (
        'text | I will run the tests.',
        'call run_shell_command ! | {"command": "pytest -q"}',
        '  error ! | shell_execute_error',
        'text | One test fails: the fixture is m',
    )),
    "1252dc56efe86b24e0331ada7856d181": Golden("livekit-voice", (
        'step user_turn',
        '  result | Please send the renewal to Sam.',
        'user | Please send the renewal to Sam.',
        'call send_email ! | {"to":"sam@globex.example"}',
        '  result send_email ! | mailbox unavailable',
        '  error !',
        'silent gpt-4.1-mini',
        "text | I could not reach Sam's mailbox.",
        'silent gpt-4.1-mini',
    )),
}  # fmt: skip
