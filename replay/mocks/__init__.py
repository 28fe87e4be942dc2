"""Answering tool calls of a replay without ever running a tool.

policy.py       what the user says about each tool, and which faults to inject
policy_file.py  the same from a YAML file, with errors that name the line; its JSON schema
paths.py        the subset of JSON paths that rules name arguments by
matching.py     when two sets of arguments are the same, and how near they are
faults.py       whether a fault strikes a call, and what the tool then seems to answer
tape.py         what one run recorded of its tools, and what of it was used
world.py        whether a recorded read still tells the truth after what the replay wrote
ladder.py       `Mocks`: the rungs in their order, for one run
fidelity.py     by which rungs a run was answered, where it first diverged, what it never asked for
simulation.py   asking a model to make a result up, where the user wants that
stub_host.py    the process in which stubs of the user's run
stub_worker.py  what that process runs
"""
