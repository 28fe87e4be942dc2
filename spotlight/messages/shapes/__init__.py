"""One module per wire shape: tables that say how its parts, messages and requests are read.

    PARTS      part type -> reader of such a part
    KEYED      key that marks a part without a type -> reader
    REWRITES   messages that are not {role, content}: how to recognise them, and as which
               {role, content, ...} they are to be read
    ENVELOPES  objects around messages: requests, responses, results of a framework

`registry` merges the tables; a new shape is a new module here and a line there.
"""
