"""The trace view: tree, waterfall and detail panel of one run, as one Streamlit component.

component.py       registers it, serves its files, mounts it
assets/main.js     one instance per element: loads the run, wires the parts
assets/model.js    pure functions over the columnar run: folding, filters, places
assets/work.js     when its steps were at work, and what none accounts for
assets/*.js        one part of the screen per file
"""
