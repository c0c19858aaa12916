"""Pickles read without running them: what a pickle would call is only named, and nothing is imported or made by it.

Files of torch are pickles with the numbers of their tensors beside them. The opcodes are those of :mod:`pickletools`;
here a small machine follows them and leaves plain values and :class:`Made` records, by a table of its own.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from clearlstm.errors import InputError

MOST_STEPS: Final = 5_000_000
"""Of one pickle: one of a large model with its optimiser takes some ten thousands."""

MOST_NOTES: Final = 2**32
LARGEST_KEY: Final = 2**60
"""Whole numbers from here on share their hashes with smaller ones: a dict of such would never be done."""


@dataclass(frozen=True)
class Global:
    """What a pickle would import, such as "collections.OrderedDict"."""

    name: str


@dataclass(eq=False)
class Made:
    """What a pickle would make by calling something: the name of that, what it was given, and what was put in."""

    name: str
    args: tuple[Any, ...]
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)
    listed: list[Any] = field(default_factory=list)


Makers = Mapping[str, Callable[..., Any]]
"""What a name stands for, when it is called with plain values."""


def read_pickle(file: BinaryIO, makers: Makers, load: Callable[[Any], Any]) -> Any:
    """What the pickle at ``file``'s place holds; afterwards the file stands behind it.

    ``load`` is given what the pickle names as kept elsewhere. A damaged pickle raises whatever its parts do; one of too
    many steps, or with steps that aren't known, an :class:`InputError`.
    """
    machine = _Machine(makers, load)
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if count > MOST_STEPS:
            raise InputError(f"its pickle takes more than {MOST_STEPS} steps: save the state_dict() alone")
        machine.do(opcode.name, argument)
    return machine.stack[-1]


class _Machine:
    """A pickle's stack, and what it noted down."""

    def __init__(self, makers: Makers, load: Callable[[Any], Any]) -> None:
        self.makers, self.load = makers, load
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks as they were at each mark
        self.notes: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        if name in PLAIN:
            self.stack.append(argument)
        elif name in STEPS:
            STEPS[name](self, argument)
        elif name not in IGNORED:
            raise InputError(f"its pickle has a step {name}, which files of weights don't: save the state_dict() alone")

    def from_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def note(self, number: int) -> None:
        if not 0 <= number < MOST_NOTES:
            raise ValueError("a note of a number that no pickle has")
        self.notes[number] = self.stack[-1]

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def call(self, what: Any, args: Any) -> None:
        what = _attribute(what)
        if not isinstance(what, Global) or not isinstance(args, (tuple, list)):
            self.push(Made("something without a name", ()))
        elif what.name in self.makers:
            self.push(self.makers[what.name](*args))
        else:
            self.push(Made(what.name, tuple(args)))

    def build(self) -> None:
        state = self.pop()
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state

    def add(self, values: list[Any]) -> None:
        target = self.stack[-1]
        (target.listed if isinstance(target, Made) else target).extend(values)

    def put(self, flat: list[Any]) -> None:
        target = self.stack[-1]
        entries = target.items if isinstance(target, Made) else target
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if is_key(key):
                entries[key] = value

    def load_global(self) -> None:
        name, module = self.pop(), self.pop()
        self.push(Global(f"{module}.{name}"))


def _attribute(what: Any) -> Any:
    """The same; but what getattr would give of a class by its name."""
    if isinstance(what, Made) and what.name == "builtins.getattr" and len(what.args) == 2:
        owner, name = what.args
        if isinstance(owner, Global) and isinstance(name, str):
            return Global(f"{owner.name}.{name}")
    return what


def is_key(key: Any) -> bool:
    """Whether it is a name or a number; entries by other things are left out."""
    return isinstance(key, str) or (isinstance(key, int) and abs(key) < LARGEST_KEY)


def _reduce(machine: _Machine, _: Any) -> None:
    args, what = machine.pop(), machine.pop()
    machine.call(what, args)


def _new_with_names(machine: _Machine, _: Any) -> None:
    names, args, what = machine.pop(), machine.pop(), machine.pop()
    machine.call(what, args)
    machine.put([part for item in names.items() for part in item] if isinstance(machine.stack[-1], Made) else [])


def _old_object(machine: _Machine, name: str | None) -> None:
    items = machine.from_mark()
    what = items.pop(0) if name is None else Global(name.replace(" ", "."))
    machine.call(what, items)


def _dict(machine: _Machine, _: Any) -> None:
    flat = machine.from_mark()
    machine.push({})
    machine.put(flat)


def _pushed(make: Callable[[_Machine], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(make(machine))


def _tuple_of(count: int) -> Callable[[_Machine, Any], None]:
    def step(machine: _Machine, _: Any) -> None:
        if len(machine.stack) < count:
            raise ValueError("a tuple of more than there is")
        machine.stack[-count:] = [tuple(machine.stack[-count:])]

    return step


def _two(machine: _Machine) -> list[Any]:
    value, key = machine.pop(), machine.pop()
    return [key, value]


PLAIN: Final = frozenset(
    {
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    }
)
"""Steps that only push what they hold."""

IGNORED: Final = frozenset({"PROTO", "FRAME", "STOP"})

STEPS: Final[dict[str, Callable[[_Machine, Any], object]]] = {
    "NONE": _pushed(lambda _: None),
    "NEWTRUE": _pushed(lambda _: True),
    "NEWFALSE": _pushed(lambda _: False),
    "EMPTY_LIST": _pushed(lambda _: []),
    "EMPTY_TUPLE": _pushed(lambda _: ()),
    "EMPTY_DICT": _pushed(lambda _: {}),
    "EMPTY_SET": _pushed(lambda _: []),
    "MARK": lambda machine, _: machine.mark(),
    "POP": lambda machine, _: machine.pop() if machine.stack else machine.from_mark(),
    "POP_MARK": lambda machine, _: machine.from_mark(),
    "DUP": _pushed(lambda machine: machine.stack[-1]),
    "LIST": _pushed(lambda machine: machine.from_mark()),
    "FROZENSET": _pushed(lambda machine: machine.from_mark()),
    "TUPLE": _pushed(lambda machine: tuple(machine.from_mark())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "DICT": _dict,
    "APPEND": lambda machine, _: machine.add([machine.pop()]),
    "APPENDS": lambda machine, _: machine.add(machine.from_mark()),
    "ADDITEMS": lambda machine, _: machine.add(machine.from_mark()),
    "SETITEM": lambda machine, _: machine.put(_two(machine)),
    "SETITEMS": lambda machine, _: machine.put(machine.from_mark()),
    **{name: lambda machine, number: machine.push(machine.notes[number]) for name in ("GET", "BINGET", "LONG_BINGET")},
    **{name: lambda machine, number: machine.note(number) for name in ("PUT", "BINPUT", "LONG_BINPUT")},
    "MEMOIZE": lambda machine, _: machine.note(len(machine.notes)),
    "GLOBAL": lambda machine, name: machine.push(Global(name.replace(" ", "."))),
    "STACK_GLOBAL": lambda machine, _: machine.load_global(),
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _new_with_names,
    "OBJ": lambda machine, _: _old_object(machine, None),
    "INST": _old_object,
    "BUILD": lambda machine, _: machine.build(),
    "PERSID": lambda machine, number: machine.push(machine.load(number)),
    "BINPERSID": _pushed(lambda machine: machine.load(machine.pop())),
}
