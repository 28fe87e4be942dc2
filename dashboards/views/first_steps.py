"""What a page shows while there is no run: how the first trace gets here."""

from __future__ import annotations

import shlex

import streamlit as st

from dashboards.source import published


def first_steps() -> None:
    """Say how the first trace gets here."""
    given = published()
    st.markdown("#### No runs yet")
    st.markdown("Send traces over OTLP from anything that speaks OpenTelemetry:")
    st.code(
        f"export OTEL_EXPORTER_OTLP_ENDPOINT={given.otlp_endpoint()}\n"
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
        "export OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental\n"
        "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
        language="bash",
    )
    st.markdown("or load the traces that come with Spotlight:")
    st.code(
        f"spotlight load sample_traces/ --data {shlex.quote(str(given.data.absolute()))}", language="bash"
    )
    st.caption("This page shows them as soon as they arrive.")
