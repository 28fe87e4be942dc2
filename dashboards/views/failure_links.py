"""The address of a failure's page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboards.addresses import FAILURE_KEYS, address
from dashboards.views.filters import carried
from spotlight.reports.failures import Failure

PATH: Final = "/failure"


def failure_href(of: Failure) -> str:
    """Return the address of the page of a failure, with the filters as they are."""
    said = {key: [value] for key, field in FAILURE_KEYS.items() if (value := getattr(of, field)) is not None}
    return address(PATH, said | carried())


def asked_failure() -> Failure:
    """Return the failure that the address names."""
    return Failure(**{field: st.query_params.get(key) for key, field in FAILURE_KEYS.items()})
