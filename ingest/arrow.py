"""Arrow as the ingest code uses it: array types, builders and compute functions.

The published stubs make arrays generic, which the classes are not at run time, take every
`pa.array(...)` for a boolean one, and refuse plain literals where compute functions take
them. So to the type checker a column is Any; tables and batches keep their types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute

compute: Any = pyarrow.compute
array: Any = pa.array
nulls: Any = pa.nulls
py_buffer: Any = pa.py_buffer
list_array: Any = pa.ListArray.from_arrays

if TYPE_CHECKING:
    Array: TypeAlias = Any
    ListArray: TypeAlias = Any
    StructArray: TypeAlias = Any
else:
    Array = pa.Array
    ListArray = pa.ListArray
    StructArray = pa.StructArray
