"""What a worker of the lab can be asked to do: one file a task."""

from typing import Final

ROLES: Final = ("time", "target", "id")
"""What a column of a table can be: several may be its id, where they tell series apart together."""
