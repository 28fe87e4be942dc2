"""Finding runs and steps with words and comparisons: `status:error cost>0.05 tool:search "connection reset"`.

`grammar` reads a search into a tree (`tree`), `checking` gives its fields and values their meaning by the
tables of `fields` and `values`, `sql` writes that as one SQL statement whose values are all parameters.
`found` asks it of a lake, `completion` says what can be typed next, `passages` shows text where it stands.
"""

from __future__ import annotations
