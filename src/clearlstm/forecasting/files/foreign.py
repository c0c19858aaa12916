"""Objects of pandas and narwhals as plain JSON, and back: the step of time, and the kind of frame that comes back."""

from typing import Any, Final

import narwhals as nw
import pandas as pd

from clearlstm.data.zones import is_known
from clearlstm.errors import InputError, MissingExtraError

TYPES: Final = (
    *("Int8", "Int16", "Int32", "Int64", "Int128", "UInt8", "UInt16", "UInt32", "UInt64", "UInt128"),
    *("Float32", "Float64", "String", "Categorical", "Object", "Unknown", "Date", "Boolean", "Decimal"),
)
UNITS: Final = ("ns", "us", "ms", "s")


class Damaged(ValueError):  # noqa: N818 - it stops at the public edge, which names the file
    """What was read doesn't fit what is expected."""


def offset_text(offset: Any) -> dict[str, Any]:
    """The distance between rows: a number of steps, a fixed time, certain weekdays, months, or a pandas alias."""
    if isinstance(offset, int):
        return {"steps": offset}
    if isinstance(offset, pd.Timedelta):
        return {"nanoseconds": offset.value}
    if isinstance(offset, pd.offsets.CustomBusinessDay):
        return {"weekdays": offset.weekmask, "n": offset.n}
    if type(offset) is pd.DateOffset and set(offset.kwds) == {"months"}:
        return {"months": offset.kwds["months"]}
    alias = str(offset.freqstr)
    if pd.tseries.frequencies.to_offset(alias) != offset:
        raise InputError(f"freq {offset!r} can't be saved: use a plain pandas alias such as 'D', 'MS' or '30min'")
    return {"alias": alias}


def offset_from(node: Any) -> Any:
    """The offset that :func:`offset_text` told of."""
    try:
        match node:
            case {"steps": int(steps)} if steps > 0:
                return steps
            case {"nanoseconds": int(value)} if value > 0:
                return pd.Timedelta(value, unit="ns")
            case {"weekdays": str(mask), "n": int(n)} if n > 0:
                return pd.offsets.CustomBusinessDay(n, weekmask=mask)
            case {"months": int(months)} if months > 0:
                return pd.DateOffset(months=months)
            case {"alias": str(alias)}:
                return pd.tseries.frequencies.to_offset(alias)
    except (ValueError, OverflowError) as error:
        raise Damaged(f"the step {node!r} can't be read") from error
    raise Damaged(f"the step {node!r} can't be read")


def backend_text(backend: Any) -> str:
    """The library that a frame belongs to."""
    return str(nw.Implementation.from_backend(backend).value)


def backend_from(node: Any) -> Any:
    """The library of that name, if it is one that narwhals knows and it is installed."""
    try:
        backend = nw.Implementation(node)
    except ValueError as error:
        raise Damaged(f"{node!r} is no library of data frames") from error
    try:
        backend.to_native_namespace()
    except ImportError as error:
        raise MissingExtraError(
            f"the forecaster was fitted on a frame of {node}, which isn't installed: pip install {node}"
        ) from error
    return backend


def dtype_text(dtype: Any) -> Any:
    """The name of a narwhals type, with the unit and zone of times; of several types, a list.

    A type that says more (Enum's categories) becomes text.
    """
    if dtype is None:
        return None
    if isinstance(dtype, tuple):
        return [dtype_text(each) for each in dtype]
    name = type(dtype).__name__ if isinstance(dtype, nw.dtypes.DType) else dtype.__name__
    if name == "Datetime":
        zone = getattr(dtype, "time_zone", None)
        return f"Datetime {getattr(dtype, 'time_unit', 'us')}{'' if zone is None else f' {zone}'}"
    return name if name in TYPES else "String"


def dtype_from(node: Any) -> Any:
    """The type that :func:`dtype_text` told of."""
    if node is None:
        return None
    if isinstance(node, list):
        return tuple(dtype_from(each) for each in node)
    name, _, rest = str(node).partition(" ")
    unit, _, zone = rest.partition(" ")
    if name == "Datetime" and unit in UNITS and (not zone or is_known(zone)):
        return nw.Datetime(unit, zone or None)  # type: ignore[arg-type]  # one of UNITS
    if name not in TYPES or rest:
        raise Damaged(f"{node!r} is no type of column")
    return getattr(nw, name)()
