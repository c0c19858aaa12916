"""Numbers too small for their format become 0 while a kernel runs, and the processor is as it was afterwards.

When a loss looks at the last step only, gradients fade as they travel back, down to subnormal numbers, with which
processors are 5 to 14 times slower. They are below 1.2e-38 in float32: nothing is lost.
"""

# Numba gives these functions their arguments, whether they are used or not, and neither it nor llvmlite is fully typed.
# ruff: noqa: ARG001
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from clearlstm.kernels.compiling import instruction
from clearlstm.kernels.vector import call

X86_FLUSH = 0x8040
"""MXCSR: results that are subnormal become 0 (bit 15), and so do operands (bit 6)."""

ARM_FLUSH = 1 << 24
"""FPCR: the same, in one bit."""


def _read(builder: ir.IRBuilder, machine: str) -> ir.Value:
    if machine.startswith("x86_64"):
        place = cgutils.alloca_once(builder, ir.IntType(32))
        call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [builder.bitcast(place, cgutils.voidptr_t)])
        return builder.zext(builder.load(place), ir.IntType(64))
    if machine.startswith(("aarch64", "arm64")):
        return call(builder, "llvm.aarch64.get.fpcr", ir.IntType(64), [])
    return ir.IntType(64)(0)


def _write(builder: ir.IRBuilder, machine: str, setting: ir.Value) -> None:
    if machine.startswith("x86_64"):
        place = cgutils.alloca_once_value(builder, builder.trunc(setting, ir.IntType(32)))
        call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [builder.bitcast(place, cgutils.voidptr_t)])
    elif machine.startswith(("aarch64", "arm64")):
        call(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), [setting])


@instruction
def flush(typing_context):
    """From here on, flush subnormal numbers to 0 in this thread; returns the setting before, for :func:`restore`."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        machine = builder.module.triple
        before = _read(builder, machine)
        bit = X86_FLUSH if machine.startswith("x86_64") else ARM_FLUSH
        _write(builder, machine, builder.or_(before, before.type(bit)))
        return before

    return types.int64(), lower


@instruction
def restore(typing_context, before):
    """Put the setting back."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        _write(builder, builder.module.triple, values[0])
        return context.get_dummy_value()

    return types.void(types.int64), lower
