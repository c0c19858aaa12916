"""Wide tables, a column for each series, as the long ones that everything else reads."""

from collections.abc import Sequence

from clearlstm.data.frames import Melted, Table
from clearlstm.data.guess import free_columns, guess_time, likely_id, perhaps_times, reads_as_numbers
from clearlstm.data.keys import named, smallest_key, tell_apart
from clearlstm.data.listing import listed
from clearlstm.data.parts import check_clock
from clearlstm.errors import DataError

SERIES, VALUE = "series", "value"
"""The columns of a long table that was wide: the name of the column that a value stood in, and the value."""


def lengthened(
    table: Table, time: str | None = None, others: Sequence[str] = (), ids: Sequence[str] = ()
) -> tuple[Table, list[str]]:
    """A wide table as a long one, with sentences on what became of its columns: each that holds numbers is a series.

    ``time`` is guessed where it isn't given; ``others``, such as covariates, are no series and are kept beside them, as
    are ``ids``, the columns that tell apart rows of the same time.
    """
    for name in ids:
        table.raw(name)  # refuses a name that isn't there
    taken = [*others, *ids, *([] if time is None else [time])]
    time, free = time or guess_time(table, perhaps_times(table, taken), ids), free_columns(table, taken)
    check_clock(table, time, free, ids)
    series = [name for name in free if name != time and reads_as_numbers(table, name)]
    if not series:
        raise DataError(f"{table.source} has no column of numbers that could be a series: leave --wide out")
    kept = [time, *others, *ids]
    if {SERIES, VALUE} & {*kept, *series}:
        raise DataError(f"{table.source} has a column {SERIES!r} or {VALUE!r}, which --wide makes: rename it")
    _check_rows(table, time, free, ids)
    long = table.frame.select(*kept, *series).unpivot(on=series, index=kept, variable_name=SERIES, value_name=VALUE)
    left_out = [name for name in free if name not in (time, *series)]
    notes = [f"Each of {len(series)} columns of numbers was taken as a series ({listed(series)})."]
    notes += [f"Left out, since they hold no numbers: {listed(left_out)}."] if left_out else []
    melted = Melted(table, tuple(series), VALUE)
    return Table(long, f"the long form of {table.source}", notes=table.notes, melted=melted), notes


def _check_rows(table: Table, time: str, free: Sequence[str], ids: Sequence[str]) -> None:
    """Refuse rows of the same time, if a column that isn't among ``ids`` would tell them apart."""
    free = [name for name in free if name != time]
    if tell_apart(table, [time, *ids]):
        return
    likely = [*ids, *likely_id(table, free)]
    key = likely if tell_apart(table, [time, *likely]) else smallest_key(table, time, free, ids)
    if key is not None:
        raise DataError(
            f"{table.source} has several rows of the same {time!r}: with --wide, also name what tells them apart "
            f"{named(key)}"
        )
