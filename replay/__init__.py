"""Running a recorded run again with something changed: another model, another prompt, another pack.

Its one law: a replay never runs a real tool. Tool calls are answered from what was recorded, from
stubs, or not at all, and no module here may open a path to the real thing.

The engine is not there yet. The package holds the place so that the layers and the wheel know it.
"""
