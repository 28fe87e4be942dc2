"""The comparison of two runs: rows of steps with the difference between, as one Streamlit component.

component.py         registers it, names its files, mounts it
assets/main.js       one instance per element: loads the comparison, wires the parts
assets/model.js      pure functions over the comparison: stretches to fold, differences to step through
assets/*.js          one part of the screen per file
"""
