"""Times with a time zone: read as instants, counted on a clock without gaps, and given back in their zone."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Moments: TypeAlias = npt.NDArray[Any]
"""datetime64[us]."""

OFFSET: Final = re.compile(
    r"^(.*\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[ap]m)?) ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$", re.IGNORECASE
)
FIXED: Final = re.compile(r"^(?:UTC)?([+-])(\d\d):(\d\d)$")
FEW: Final = 4
"""Rows at no more times of day than this are counted by the calendar: at midnight, or at noon and midnight."""
US: Final = np.dtype("datetime64[us]")


class Zoned(NamedTuple):
    """Times with a zone: in UTC and as their cells have them, each (rows,).

    zone: that of all, or the offset of the last one where there are several ``offsets``.
    """

    utc: Moments
    written: Moments
    zone: str
    offsets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clock:
    """What times stand for whose cells had a zone.

    counts: "utc", instants in UTC; "zone", the wall clock of the zone; "written", the wall clocks of the cells, whose
    offsets differ.
    """

    zone: str
    counts: Literal["utc", "zone", "written"]

    def times(self, zoned: Zoned) -> Moments:
        """Times of any zone on this clock, (rows,)."""
        if self.counts == "utc":
            return zoned.utc
        return zoned.written if self.counts == "written" else in_zone(zoned.utc, self.zone)

    def utc(self, times: Moments) -> Moments:
        """Times on this clock, (n,), in UTC. An hour that summer time skips moves on, one that it repeats is the first.

        >>> Clock("Europe/Berlin", "zone").utc(np.array(["2024-03-31T02:30"], dtype="datetime64[us]"))
        array(['2024-03-31T01:00:00.000000'], dtype='datetime64[us]')
        """
        if self.counts == "utc":
            return times
        local = pd.DatetimeIndex(times).tz_localize(
            self.zone, ambiguous=np.ones(len(times), dtype=bool), nonexistent="shift_forward"
        )
        return local.tz_convert("UTC").tz_localize(None).to_numpy().astype(US)

    def wall(self, times: Moments) -> Moments:
        """Times on this clock, (n,), as the clocks of its zone show them."""
        return in_zone(times, self.zone) if self.counts == "utc" else times

    def offsets_in_doubt(self, times: Moments) -> list[str]:
        """Of each of the times on this clock, (n,), its offset from UTC if the wall's clock shows that hour twice.

        >>> Clock("Europe/Berlin", "utc").offsets_in_doubt(np.array(["2024-10-27T01:00"], dtype=US))
        ['+01:00']
        """
        if self.counts != "utc":
            return [""] * len(times)
        wall = in_zone(times, self.zone)
        local = pd.DatetimeIndex(wall).tz_localize(self.zone, ambiguous="NaT")
        minutes = (wall - times).astype("timedelta64[m]").astype(int)
        return [_offset_name(ahead) if twice else "" for ahead, twice in zip(minutes, local.isna(), strict=True)]


def in_zone(utc: Moments, zone: str) -> Moments:
    """Times in UTC, (n,), as the clocks of ``zone`` show them."""
    return pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy().astype(US)


def is_known(zone: str) -> bool:
    """Whether ``zone`` names one that times can be brought to (no file: pandas opens those after "dateutil/")."""
    if zone.startswith("dateutil"):
        return False
    try:
        in_zone(np.zeros(1, dtype=US), zone)
    except (KeyError, ValueError, OSError):  # pytz's and zoneinfo's errors of unknown names are KeyErrors
        return False
    return True


def clock_for(zoned: Zoned) -> Clock:
    """The clock on which the times lie evenly: the wall's for days; UTC for hours, which summer time can't bend."""
    several = len(zoned.offsets) > 1
    if _by_calendar(zoned):
        return Clock(zoned.zone, "written" if several else "zone")
    return Clock(zoned.zone, "zone" if several or is_fixed(zoned.zone) else "utc")


def _by_calendar(zoned: Zoned) -> bool:
    """Whether the rows keep to a time of day on the wall, as days do; no two instants fall together there."""
    wall, utc = (len(np.unique(_time_of_day(times))) for times in (zoned.written, zoned.utc))
    if wall > FEW or not (wall == 1 or wall < utc):
        return False
    return len(np.unique(zoned.written)) == len(np.unique(zoned.utc))


def _time_of_day(times: Moments) -> npt.NDArray[Any]:
    return np.asarray(times - times.astype("datetime64[D]"))


def is_fixed(zone: str) -> bool:
    """Whether the zone has the same offset all year by its name."""
    return zone == "UTC" or FIXED.match(zone) is not None


def zone_for(polars: bool, zone: str) -> str:
    """``zone``; for polars, which knows no bare offsets, its name (the sign is turned), or UTC if it has none."""
    parts = FIXED.match(zone)
    if not polars or parts is None:
        return zone
    sign, hours, minutes = parts.groups()
    return f"Etc/GMT{'-' if sign == '+' else '+'}{int(hours)}" if minutes == "00" and int(hours) <= 12 else "UTC"


def split_offsets(text: "pd.Series[Any]") -> tuple["pd.Series[Any]", npt.NDArray[np.bool_], Moments]:
    """The cells without their offsets from UTC; which of them had one, and it, timedelta64[us], each (rows,)."""
    parts = text.str.extract(OFFSET)
    has = parts[1].notna().to_numpy(bool)
    distinct, codes = np.unique(parts[1][has].str.upper().to_numpy(str), return_inverse=True)
    offsets = np.zeros(len(text), dtype="timedelta64[us]")
    if has.any():
        offsets[has] = np.array([_minutes(one) for one in distinct]).astype("timedelta64[m]")[codes]
    return text.where(~has, parts[0]), has, offsets


def _minutes(offset: str) -> int:
    if offset in ("Z", "UTC", "GMT"):
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (-1 if offset[0] == "-" else 1) * (60 * int(digits[:2]) + int(digits[2:]))


def zoned_from(written: Moments, offsets: Moments) -> Zoned:
    """Times as they are written, (rows,), and how far each of their zones is ahead of UTC."""
    utc = written - offsets
    names = {offset: _offset_name(int(offset.astype("timedelta64[m]").astype(int))) for offset in np.unique(offsets)}
    last = names[offsets[np.argmax(utc)]]
    return Zoned(utc, written, last, tuple(names.values()))


def _offset_name(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else "UTC"


def zone_notes(zoned: Zoned, clock: Clock) -> tuple[str, ...]:
    """What the user should know of how the zone was taken, where it isn't plain."""
    if clock.counts == "utc" and clock.zone != "UTC":
        return (f"its times are in {zoned.zone}, and so are the forecasts",)
    if len(zoned.offsets) < 2:
        return ()
    how = "days are taken as they are written" if clock.counts == "written" else "its times are compared as instants"
    return (
        f"it has several offsets from UTC ({', '.join(zoned.offsets)}): {how}, and forecasts have that of the last "
        f"row, {zoned.zone}",
    )
