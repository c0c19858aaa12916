"""Wide tables, a column for each series, as the long ones that everything else reads."""

from collections.abc import Sequence

from clearlstm.data.frames import Table
from clearlstm.data.guess import free_columns, guess_time, reads_as_numbers
from clearlstm.data.parts import check_clock
from clearlstm.errors import DataError

SERIES, VALUE = "series", "value"
"""The columns of a long table that was wide: the name of the column that a value stood in, and the value."""


def lengthened(table: Table, time: str | None = None, others: Sequence[str] = ()) -> tuple[Table, list[str]]:
    """A wide table as a long one, with sentences on what became of its columns: each that holds numbers is a series.

    ``time`` is guessed where it isn't given; ``others``, such as covariates, are no series and are kept beside them.
    """
    free = free_columns(table, [*others, *([] if time is None else [time])])
    time = time or guess_time(table, free)
    check_clock(table, time, free, ())
    series = [name for name in free if name != time and reads_as_numbers(table, name)]
    if not series:
        raise DataError(f"{table.source} has no column of numbers that could be a series: leave --wide out")
    if {SERIES, VALUE} & {time, *others}:
        raise DataError(f"{table.source} has a column {SERIES!r} or {VALUE!r}, which --wide makes: rename it")
    long = table.frame.unpivot(on=series, index=[time, *others], variable_name=SERIES, value_name=VALUE)
    left_out = [name for name in free if name not in (time, *series)]
    notes = [f"Each of {len(series)} columns of numbers was taken as a series ({_some(series)})."]
    notes += [f"Left out, since they hold no numbers: {_some(left_out)}."] if left_out else []
    return Table(long, f"the long form of {table.source}", notes=table.notes), notes


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
