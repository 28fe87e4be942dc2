"""Spotlight in the browser: pages about many runs, and the view of one.

    server.py        one ASGI process: Streamlit's pages, our JSON routes, the policies around both
    guard.py         what every response says to the browser, and which requests are refused
    routes.py        GET /healthz, /api/runs/{run}, /api/runs/{run}/spans/{span}, /assets/...
    appearance.py    Streamlit's options: theme, privacy, bounds
    source.py        what the pages ask of `spotlight.reports`, and where they find it
    addresses.py     filters as the query of an address, and back
    answers.py       what the lake answered, kept while the data stands
    clock.py         the one time zone in which times are told
    palette.py       colours of charts
    text.py          spans are hostile: how their text is shown, and how figures are written
    app.py           the Streamlit script: navigation, errors turned into output
    views/           one file per page
    components/      our own components: plain ES modules, no build step

A page holds no SQL and no analysis; it asks `spotlight.reports` and draws. Text from a span reaches
the browser only through `st.text`, `st.code`, `st.dataframe`, `text.escape` or a component's textContent:
labels in Streamlit are Markdown and would load an image that an attacker names.
"""
