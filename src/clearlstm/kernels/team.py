"""A team of threads that share a kernel's parts, without asking Python for anything while they work.

Each worker has a mailbox. To share a kernel, the caller writes into it where the kernel and its arguments are, does
part 0 itself, takes back what nobody has begun, and waits for the rest. A worker that has found no work for a while,
with no kernel under way, goes to sleep, and is woken by the next caller; one that is awake begins within a microsecond
or two. ::

    ASLEEP ──woken by a caller──▶ IDLE ──a part is offered──▶ OFFERED ──begun──▶ BUSY
       ▲                          │  ▲                           │                 │
       └──nothing to do for long──┘  ├────────taken back─────────┘                 │
                                     └────────────────────done─────────────────────┘

One caller at a time has the team. Another, at the same time, does all parts itself: the result is the same.

Where another library's threads are awake anyway, such as torch's, which look for work for some milliseconds after each
of its own loops, a team beside them would fight for the processors. Its OpenMP library can lend them instead
(``threads.borrowing``): then it runs the parts.
"""

# Numba gives these functions their arguments, whether they are used or not, and neither it nor llvmlite is fully typed.
# ruff: noqa: ARG001
# mypy: allow-untyped-defs, allow-untyped-calls

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils

from clearlstm.kernels import threads
from clearlstm.kernels.compiling import Kernel, instruction
from clearlstm.kernels.parts import inlined
from clearlstm.kernels.vector import call, start

IDLE, OFFERED, BUSY, ASLEEP, LENT = range(5)
STATE, FUNCTION, ARGUMENTS, PART, N_PARTS, GIVEN, CALLED = range(7)
"""What a mailbox holds, each in 8 bytes. While ``CALLED`` is 1, a kernel is under way that may offer more. If the first
one's state is ``LENT``, it stands for an OpenMP library.
"""

MAILBOX_WORDS: Final = 32
"""Four lines of the cache: two for the mail, so that no two workers' mailboxes share one, and two to meet by."""

MEETING: Final = (16, 24)
"""In the first mailbox, how often each of two threads has come to where they meet, each in a line of its own."""

PATIENCE: Final = 5_000
"""Looks into the mailbox before a worker goes to sleep: some tenths of a millisecond."""

LOOKS_BEFORE_YIELDING: Final = 2_000
"""Of a thread that waits: then it lets others have its processor, perhaps the very one that it waits for."""

Mailboxes: TypeAlias = npt.NDArray[np.int64]

_WORD = ir.IntType(64)
_JOB = ir.FunctionType(ir.VoidType(), [_WORD, _WORD, _WORD])
"""A shared kernel in machine code: f(address of the arguments, part, n_parts)."""


@instruction
def _job(typing_context, kernel, arguments):
    """Where the code of ``kernel(*arguments, part, n_parts)`` is, and where the arguments are."""
    given = (*arguments.types, types.int64, types.int64)
    kernel.get_call_type(typing_context, given, {})

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        compiled = kernel.dispatcher.overloads[given]
        context.active_code_library.add_linking_library(compiled.library)
        function = _unpacking(context, builder.module, compiled.fndesc, arguments)
        place = cgutils.alloca_once_value(builder, values[1])
        pair = [builder.ptrtoint(address, _WORD) for address in (function, place)]
        return context.make_tuple(builder, signature.return_type, pair)

    return types.UniTuple(types.int64, 2)(kernel, arguments), lower


def _unpacking(context: Any, module: ir.Module, kernel: Any, arguments: Any) -> ir.Function:
    """A function of type ``_JOB`` that takes the arguments from memory and calls the kernel."""
    function = ir.Function(module, _JOB, module.get_unique_name("clearlstm.job"))
    function.linkage = "internal"
    builder = ir.IRBuilder(function.append_basic_block())
    address, part, n_parts = function.args
    place = builder.inttoptr(address, context.get_value_type(arguments).as_pointer())
    each = [*cgutils.unpack_tuple(builder, builder.load(place)), part, n_parts]
    target = context.declare_function(module, kernel)
    context.call_conv.call_function(builder, target, kernel.restype, kernel.argtypes, each)
    builder.ret_void()
    return function


@instruction
def _run(typing_context, function, arguments, part, n_parts):
    """Call a job."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        builder.call(builder.inttoptr(values[0], _JOB.as_pointer()), values[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), lower


@instruction
def _lend(typing_context, launcher, function, arguments, n_parts):
    """Let an OpenMP library's threads, this one among them, do a job's parts; ``launcher``: where GOMP_parallel is.

    Each thread takes the next part that nobody has taken, so it doesn't matter how many there are.
    """

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        order = cgutils.alloca_once(builder, ir.ArrayType(_WORD, ORDER_WORDS))
        words = builder.bitcast(order, _WORD.as_pointer())
        for at, word in enumerate((values[1], values[2], values[3], _WORD(0))):
            builder.store(word, builder.gep(words, [_WORD(at)]))
        member = _member(builder.module)
        half = ir.IntType(32)
        launch = ir.FunctionType(ir.VoidType(), [member.type, words.type, half, half])
        given = [member, words, builder.trunc(values[3], half), half(0)]
        builder.call(builder.inttoptr(values[0], launch.as_pointer()), given)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), lower


ORDER_WORDS: Final = 4
"""What an OpenMP thread is given: the job, its arguments, n_parts, and the next part, which all of them count up."""


def _member(module: ir.Module) -> ir.Function:
    """What each of them runs: parts, as long as there are any."""
    pointer = _WORD.as_pointer()
    function = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [pointer]), module.get_unique_name("clearlstm.member")
    )
    function.linkage = "internal"
    begin, again, work, end = (function.append_basic_block() for _ in range(4))
    words = function.args[0]
    builder = ir.IRBuilder(begin)
    job, arguments, n_parts = (builder.load(builder.gep(words, [_WORD(at)])) for at in range(3))
    builder.branch(again)
    builder.position_at_end(again)
    part = builder.atomic_rmw("add", builder.gep(words, [_WORD(3)]), _WORD(1), "acq_rel")
    builder.cbranch(builder.icmp_signed("<", part, n_parts), work, end)
    builder.position_at_end(work)
    builder.call(builder.inttoptr(job, _JOB.as_pointer()), [arguments, part, n_parts])
    builder.branch(again)
    builder.position_at_end(end)
    builder.ret_void()
    return function


@instruction
def _look(typing_context, words, at):
    """Read a word that another thread may write; what it wrote before is seen too."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return builder.load_atomic(builder.gep(values[0], [values[1]]), "acquire", 8)

    return types.int64(words, types.int64), lower


@instruction
def _publish(typing_context, words, at, word):
    """Write a word that another thread looks at, after everything written before."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        builder.store_atomic(values[2], builder.gep(values[0], [values[1]]), "release", 8)
        return context.get_dummy_value()

    return types.void(words, types.int64, types.int64), lower


@instruction
def _exchange(typing_context, words, at, old, new):
    """If the word is ``old``, make it ``new``, in one go; whether it was."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        place = builder.gep(values[0], [values[1]])
        return builder.extract_value(builder.cmpxchg(place, values[2], values[3], "acq_rel", "acquire"), 1)

    return types.boolean(words, types.int64, types.int64, types.int64), lower


@instruction
def _pause(typing_context):
    """Tell the processor that this loop only waits."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        if builder.module.triple.startswith("x86_64"):
            call(builder, "llvm.x86.sse2.pause", ir.VoidType(), [])
        elif builder.module.triple.startswith(("aarch64", "arm64")):
            # ARM's own "yield" does nothing on most processors; a barrier waits about as long as x86's pause.
            call(builder, "llvm.aarch64.isb", ir.VoidType(), [ir.IntType(32)(15)])
        return context.get_dummy_value()

    return types.void(), lower


def _yield_address() -> int | None:
    """Where the system's call is by which a thread gives the rest of its turn to others, if it has one."""
    if sys.platform == "win32":
        yield_now = ctypes.windll.kernel32.SwitchToThread
    else:
        yield_now = getattr(ctypes.CDLL(None), "sched_yield", None)
    return None if yield_now is None else ctypes.cast(yield_now, ctypes.c_void_p).value


YIELD: Final = "clearlstm_yield"
"""What that call is named in compiled code, the same on all systems: both take nothing and return a C int."""

CAN_YIELD: Final = (_address := _yield_address()) is not None
if _address is not None:
    binding.add_symbol(YIELD, _address)


@instruction
def _let_others_run(typing_context):
    """Give the rest of this thread's turn to others, where the system has a call for that."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        if CAN_YIELD:
            call(builder, YIELD, ir.IntType(32), [])
        return context.get_dummy_value()

    return types.void(), lower


@inlined
def _wait_until_done(words: Any, box: int) -> None:
    looks = 0
    while _look(words, box + STATE) == BUSY:
        _pause()
        looks += 1
        if looks > LOOKS_BEFORE_YIELDING:
            _let_others_run()


@inlined
def share(mailboxes: Mailboxes, n_parts: int, kernel: Any, arguments: tuple[Any, ...]) -> None:
    """Run ``kernel(*arguments, part, n_parts)`` for every part, on the team and in this thread."""
    function, at = _job(kernel, arguments)
    words, n_workers = start(mailboxes), min(len(mailboxes), n_parts - 1)
    if n_workers and words[STATE] == LENT:
        _lend(words[FUNCTION], function, at, n_parts)
        return
    for worker in range(n_workers):
        box = worker * MAILBOX_WORDS
        words[box + FUNCTION], words[box + ARGUMENTS] = function, at
        words[box + PART], words[box + N_PARTS] = worker + 1, n_parts
        words[box + GIVEN] = _exchange(words, box + STATE, IDLE, OFFERED)
    _run(function, at, 0, n_parts)
    for part in range(1, n_parts):
        box = (part - 1) * MAILBOX_WORDS
        # What a worker that is still waking up has not begun is taken back: this thread is quicker.
        if part > n_workers or not words[box + GIVEN] or _exchange(words, box + STATE, OFFERED, IDLE):
            _run(function, at, part, n_parts)
        else:
            _wait_until_done(words, box)


@inlined
def share_together(mailboxes: Mailboxes, kernel: Any, arguments: tuple[Any, ...]) -> None:
    """Run ``kernel(*arguments, part, 2)`` in two threads at the same time, which may :func:`meet`.

    If no worker has begun after a short while, the kernel is run as the only part instead: ``(*arguments, 0, 1)``.
    """
    function, at = _job(kernel, arguments)
    words = start(mailboxes)
    if len(mailboxes) == 0 or words[STATE] == LENT:
        _run(function, at, 0, 1)
        return
    words[FUNCTION], words[ARGUMENTS], words[PART], words[N_PARTS] = function, at, 1, 2
    words[MEETING[0]], words[MEETING[1]] = 0, 0
    offered, looks = _exchange(words, STATE, IDLE, OFFERED), 0
    while offered and looks < PATIENCE and _look(words, STATE) == OFFERED:
        _pause()
        looks += 1
    if not offered or _exchange(words, STATE, OFFERED, IDLE):
        _run(function, at, 0, 1)
    else:
        _run(function, at, 0, 2)
        _wait_until_done(words, 0)


@inlined
def meet(mailboxes: Mailboxes, part: int, time: int) -> None:
    """Wait until the other one of two threads has come here as often as this one: ``time``, from 1.

    What each has written before, the other may read after.
    """
    words, looks = start(mailboxes), 0
    _publish(words, MEETING[part], time)
    while _look(words, MEETING[1 - part]) < time:
        _pause()
        looks += 1
        if looks > LOOKS_BEFORE_YIELDING:
            _let_others_run()


@Kernel
def _serve(mailboxes: Mailboxes, worker: int, patience: int) -> None:
    """Do what the mailbox asks for, until nothing has come for ``patience`` looks."""
    words, box = start(mailboxes), worker * MAILBOX_WORDS
    looks = 0
    while True:
        if _exchange(words, box + STATE, OFFERED, BUSY):
            _run(words[box + FUNCTION], words[box + ARGUMENTS], words[box + PART], words[box + N_PARTS])
            _publish(words, box + STATE, IDLE)
            looks = 0
        elif looks >= patience:
            if _look(words, box + CALLED):
                _let_others_run()  # nothing inside a kernel can wake it: it would miss the next parts
            elif _exchange(words, box + STATE, IDLE, ASLEEP):
                return
        else:
            looks += 1
            _pause()


@functools.cache
def _processor_teller() -> Callable[[], int] | None:
    """Linux's way to tell on which processor a thread is."""
    teller: Callable[[], int] | None = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return teller


class _Worker:
    """A thread with a mailbox, and an alarm to wake it."""

    def __init__(self, mailboxes: Mailboxes, number: int) -> None:
        self._mailbox, self._alarm, self._kept_off = mailboxes[number], threading.Lock(), -1
        self._alarm.acquire()
        given = (mailboxes, number, self._alarm)
        self._thread = threading.Thread(target=_live, args=given, name=f"clearlstm-{number}", daemon=True)
        self._thread.start()
        self._keep_off_this_processor()

    def call(self) -> None:
        """Have it awake until it is dismissed."""
        self._mailbox[CALLED] = 1
        if self._mailbox[STATE] == ASLEEP:
            self._keep_off_this_processor()
            self._mailbox[STATE] = IDLE
            self._alarm.release()

    def dismiss(self) -> None:
        """It may fall asleep again."""
        self._mailbox[CALLED] = 0

    def _keep_off_this_processor(self) -> None:
        """Let the worker run anywhere but here: on one processor, two threads that wait for each other crawl.

        Other systems than Linux don't let a program choose, or choose well by themselves.
        """
        if sys.platform != "linux":
            return
        teller, thread = _processor_teller(), self._thread.native_id
        here = -1 if teller is None else teller()
        if here < 0 or here == self._kept_off or thread is None:
            return
        if elsewhere := os.sched_getaffinity(0) - {here}:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(thread, elsewhere)
                self._kept_off = here


class Team:
    """Workers that live as long as the process."""

    def __init__(self) -> None:
        self._in_use = threading.Lock()
        self._mailboxes: Mailboxes = np.zeros((0, MAILBOX_WORDS), np.int64)
        self._workers: list[_Worker] = []

    def run(self, kernel: Callable[..., object], n_parts: int, *arguments: object) -> Any:
        """Call a kernel whose first parameters are mailboxes and n_parts, with as many workers as are free."""
        if not self._in_use.acquire(blocking=False):
            return kernel(_NOBODY, n_parts, *arguments)
        try:
            workers = self._gathered(n_parts - 1)
            try:
                return kernel(self._mailboxes, n_parts, *arguments)
            finally:
                for worker in workers:
                    worker.dismiss()
        finally:
            self._in_use.release()

    def _gathered(self, n_workers: int) -> list[_Worker]:
        """That many workers, awake."""
        if n_workers > len(self._workers):
            self._hire(n_workers)
        workers = self._workers[:n_workers]
        for worker in workers:
            worker.call()
        return workers

    def _hire(self, n_workers: int) -> None:
        """Make a larger team; the workers of the old one sleep for good."""
        _serve(np.zeros((1, MAILBOX_WORDS), np.int64), 0, 0)  # compiled before anyone waits for it
        self._mailboxes = np.zeros((n_workers, MAILBOX_WORDS), np.int64)
        self._workers = [_Worker(self._mailboxes, number) for number in range(n_workers)]


def _live(mailboxes: Mailboxes, worker: int, alarm: threading.Lock) -> None:
    while True:
        _serve(mailboxes, worker, PATIENCE)
        alarm.acquire()


_NOBODY: Final[Mailboxes] = np.zeros((0, MAILBOX_WORDS), np.int64)

_team = Team()


def run(kernel: Callable[..., object], n_parts: int, *arguments: object) -> Any:
    """Call ``kernel(mailboxes, n_parts, *arguments)`` with the process's team, if there is more than one part."""
    if n_parts == 1:
        return kernel(_NOBODY, 1, *arguments)
    if (launcher := threads.lender()) is not None:
        return kernel(_lent_by(launcher), n_parts, *arguments)
    return _team.run(kernel, n_parts, *arguments)


@functools.cache
def _lent_by(launcher: int) -> Mailboxes:
    """What stands for the threads of an OpenMP library, whose GOMP_parallel is at that address."""
    mailboxes: Mailboxes = np.zeros((1, MAILBOX_WORDS), np.int64)
    mailboxes[0, STATE], mailboxes[0, FUNCTION] = LENT, launcher
    return mailboxes


def _new_team() -> None:
    """After a fork the child has none of its parent's threads."""
    global _team
    _team = Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_team)
