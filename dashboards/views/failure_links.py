"""The address of a failure's page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards.addresses import address
from dashboards.views.filters import carried
from spotlight.reports.failures import Failure

PATH: Final = "/failure"
# What names a failure in the address; a part that no error said is left out.
KEYS: Final = {"signature": "signature", "step": "step", "type": "error_type"}


def failure_href(of: Failure) -> str:
    """Return the address of the page of a failure, with the filters as they are."""
    said = {key: [value] for key, field in KEYS.items() if (value := getattr(of, field)) is not None}
    return address(PATH, said | carried())


def asked_failure() -> Failure:
    """Return the failure that the address names."""
    return Failure(**{field: st.query_params.get(key) for key, field in KEYS.items()})
