"""An experiment: what variants changed, the matrix of cases, cases side by side, as one Streamlit component.

component.py       registers it, names its files, mounts it
assets/main.js     one instance per element: loads the experiment, wires the parts
assets/changes.js  every figure of every variant with its interval and the noise
assets/matrix.js   cases and variants
assets/case.js     one case, a line per step
assets/words.js    how figures and names are written
"""
