"""Results in the caller's own kind of frame: its library, its names and types of columns, its time zone."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt

from clearlstm.data.frames import Columns, Table
from clearlstm.data.ids import JOINED_BY
from clearlstm.data.times import TimeArray
from clearlstm.data.zones import Clock, zone_for


@dataclass(frozen=True)
class FrameStyle:
    """What a frame that comes back must look like: the library, names and types of the frame that went in.

    ``id_dtype`` is a tuple where several columns make up the ids.
    """

    backend: Any
    columns: Columns
    id_dtype: Any
    time_dtype: Any
    clock: Clock | None = None
    """What the times of the panel count, if those of the frame have a zone."""

    @classmethod
    def of(cls, table: Table, columns: Columns, clock: Clock | None = None) -> "FrameStyle":
        """The style of ``table``, whose times were put on ``clock``."""
        schema = table.frame.schema
        dtypes = tuple(schema[name] for name in columns.ids)
        id_dtype = dtypes if len(dtypes) > 1 else next(iter(dtypes), None)
        return cls(table.frame.implementation, columns, id_dtype, schema[columns.time], clock)

    def build(self, ids: npt.NDArray[np.object_], columns: dict[str, npt.NDArray[Any]], times: tuple[str, ...]) -> Any:
        """A native frame: the ids (unless the table had none), then ``columns``, of which ``times`` hold times."""
        series = self._id_columns(ids.tolist())
        for name, values in columns.items():
            if name in times and self.clock is not None:
                series[name] = self._zoned(name, values, self.clock)
            else:
                series[name] = self._typed(name, values, self.time_dtype if name in times else None)
        return nw.from_dict(series).to_native()  # with a backend, pandas would lose the zone

    def _zoned(self, name: str, values: TimeArray, clock: Clock) -> Any:
        """Times on ``clock`` in the zone of the frame's own, or of the clock where those were text."""
        zone = getattr(self.time_dtype, "time_zone", None) or zone_for(self.backend.is_polars(), clock.zone)
        column = nw.new_series(name, clock.utc(values), backend=self.backend)
        zoned = column.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        return zoned.cast(self.time_dtype) if self.time_dtype.is_temporal() else zoned

    def _id_columns(self, ids: list[Any]) -> dict[str, Any]:
        """The ids as the columns that they came in; parts of joined ones as whole numbers where they were, or texts."""
        names = self.columns.ids
        if len(names) < 2:
            return {name: self._typed(name, ids, self.id_dtype) for name in names}
        parts = list(zip(*(joined.split(JOINED_BY) for joined in ids), strict=True))
        whole = [dtype if dtype.is_integer() else None for dtype in self.id_dtype]
        return {
            name: self._typed(name, list(part), dtype) for name, part, dtype in zip(names, parts, whole, strict=True)
        }

    def _typed(self, name: str, values: Any, dtype: Any) -> Any:
        column = nw.new_series(name, values, backend=self.backend)
        is_text_or_unknown = dtype is None or dtype in (nw.Object, nw.Unknown)
        if is_text_or_unknown:
            return column
        # dates that came as text or as numbers such as 20240131 leave as dates
        is_date = isinstance(values, np.ndarray) and values.dtype.kind == "M"
        if not is_date:
            return column.cast(dtype)
        try:
            return column.cast(dtype) if dtype.is_temporal() else column
        except (OverflowError, ValueError):  # beyond the year 2262, nanoseconds end: the column stays in microseconds
            return column
