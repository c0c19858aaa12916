"""Vectors of floats as a type in compiled code: as wide as the processor's registers, with arithmetic as on numbers.

Numba knows numbers and arrays; what lies between, a register's worth of numbers, is added here. With it a kernel reads
like the equations: ``c = fma(f, c_prev, i * g)`` is c = f c_prev + i g, and two instructions.

Where a product and a sum are rounded together is written out, here and in every kernel: ``a * b + c`` is rounded twice,
``fma(a, b, c)`` once. Nothing is left to the compiler, so that every processor with fused multiply-add, whatever the
width of its registers, computes the same bits.
"""

# Numba gives these functions their arguments, whether they are used or not, and neither it nor llvmlite is fully typed.
# ruff: noqa: ARG001
# mypy: allow-untyped-defs, allow-untyped-calls

import operator
from typing import Any, Final, TypeAlias

from llvmlite import ir
from llvmlite.binding import get_default_triple
from numba import types
from numba.core import cgutils, config
from numba.core.codegen import get_host_cpu_features
from numba.extending import lower_builtin, models, register_model, type_callable

from clearlstm.kernels.compiling import instruction


def _features() -> frozenset[str]:
    """What Numba compiles for: the processor's own features, unless the environment says otherwise."""
    chosen: str | None = config.CPU_FEATURES  # type: ignore[attr-defined]
    listed = get_host_cpu_features() if chosen is None else chosen
    return frozenset(feature[1:] for feature in listed.split(",") if feature.startswith("+"))


FEATURES: Final = _features()
REGISTER_BYTES: Final = 64 if "avx512f" in FEATURES else 32 if "avx2" in FEATURES else 16

ARM: Final = get_default_triple().startswith(("aarch64", "arm64"))
"""Every 64-bit ARM has NEON: 32 registers of 16 bytes, and fused multiply-add."""

FUSED: Final = ARM or not {"fma", "avx512f"}.isdisjoint(FEATURES)
"""Whether the processor multiplies and adds in one instruction, rounding once; LLVM would imitate it very slowly."""


class Vector(types.Type):
    """A register full of float32 or float64."""

    def __init__(self, element: types.Float) -> None:
        self.element = element
        self.lanes = 8 * REGISTER_BYTES // element.bitwidth
        super().__init__(name=f"Vector({element} x {self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Vector) -> None:
        super().__init__(manager, of, ir.VectorType(manager[of.element].get_value_type(), of.lanes))


def bits(of: ir.VectorType) -> int:
    """Of one lane."""
    return 32 if isinstance(of.element, ir.FloatType) else 64


def suffix(of: ir.VectorType) -> str:
    """The type's name in the names of LLVM's own operations."""
    return f"v{of.count}f{bits(of)}"


def call(builder: ir.IRBuilder, name: str, result: ir.Type, operands: list[ir.Value]) -> ir.Value:
    """Call one of LLVM's own operations."""
    kind = ir.FunctionType(result, [operand.type for operand in operands])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), operands)


def splat(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:
    """A vector with ``value`` in every lane."""
    empty = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    first = builder.insert_element(empty, value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes))


def _of_operands(context: Any) -> Any:
    def result(a: types.Type, b: types.Type) -> types.Type | None:
        vector, other = (a, b) if isinstance(a, Vector) else (b, a)
        if isinstance(vector, Vector) and (other == vector or isinstance(other, types.Number)):
            return vector
        return None

    return result


def _vectors(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> list[ir.Value]:
    """The operands as vectors: a number stands in every lane."""
    of = signature.return_type
    return [
        value if given == of else splat(builder, context.cast(builder, value, given, of.element), of.lanes)
        for value, given in zip(values, signature.args, strict=True)
    ]


def _arithmetic(operation: Any, instruction: str) -> None:
    """Teach Numba ``operation`` on two vectors, or a vector and a number."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        a, b = _vectors(context, builder, signature, values)
        return getattr(builder, instruction)(a, b)

    type_callable(operation)(_of_operands)
    for operands in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(operation, *operands)(lower)


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


def _negation() -> None:
    """Teach Numba the minus before a vector."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return builder.fneg(values[0])

    type_callable(operator.neg)(lambda context: lambda a: a if isinstance(a, Vector) else None)
    lower_builtin(operator.neg, Vector)(lower)


_negation()


def multiply_add(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """A b + c: rounded once where the processor can, else after the product too."""
    if FUSED:
        return call(builder, f"llvm.fma.{suffix(a.type)}", a.type, [a, b, c])
    return builder.fadd(builder.fmul(a, b), c)


@instruction
def fma(typing_context, a, b, c):
    """A b + c, rounded once: fused multiply-add. Each is a vector or a number, at least one of them a vector."""
    of = next((given for given in (a, b, c) if isinstance(given, Vector)), None)

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return multiply_add(builder, *_vectors(context, builder, signature, values))

    return (of(a, b, c), lower) if of else None


@instruction
def absolute(typing_context, a):
    """|a|, lane by lane."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return call(builder, f"llvm.fabs.{suffix(values[0].type)}", values[0].type, values)

    return a(a), lower


@instruction
def where_known(typing_context, a, values, others):
    """The lanes of ``values`` where ``a`` is not not-a-number, else of ``others``; a number stands in every lane."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, operands: Any) -> ir.Value:
        given, known, unknown = _vectors(context, builder, signature, operands)
        return builder.select(builder.fcmp_ordered("ord", given, given), known, unknown)

    return a(a, values, others), lower


@instruction
def start(typing_context, array):
    """Where a C-contiguous array's elements start. Kernels work from there: handing arrays on is counted, at a cost."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return context.make_array(array)(context, builder, values[0]).data

    return types.CPointer(array.dtype)(array), lower


Floats: TypeAlias = Any
"""In a kernel: the start of an array of float32 or float64."""


def _mask(builder: ir.IRBuilder, count: ir.Value, lanes: int) -> ir.Value:
    """True in the first ``count`` lanes, for a count below ``lanes``."""
    narrow = ir.IntType(32)  # half the registers that 64 bits a lane would take
    numbers = ir.Constant(ir.VectorType(narrow, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, splat(builder, builder.trunc(count, narrow), lanes))


@instruction
def lanes_of(typing_context, numbers):
    """How many of these numbers a register holds: a constant in the compiled code."""
    count = REGISTER_BYTES * 8 // numbers.dtype.bitwidth

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return ir.IntType(64)(count)

    return types.int64(numbers), lower


@instruction
def past(typing_context, numbers, count):
    """Where ``numbers[count]`` is."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        return builder.gep(values[0], [values[1]])

    return numbers(numbers, types.int64), lower


@instruction
def load(typing_context, numbers, index, count):
    """The first ``count`` lanes from ``numbers[index]`` on; 0 in the others."""
    of = Vector(numbers.dtype)

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        vector, align = context.get_value_type(of), numbers.dtype.bitwidth // 8
        pointer = builder.bitcast(builder.gep(values[0], [values[1]]), vector.as_pointer())
        result = cgutils.alloca_once(builder, vector)
        with builder.if_else(builder.icmp_signed(">=", values[2], values[2].type(of.lanes)), likely=True) as (
            full,
            part,
        ):
            with full:
                builder.store(builder.load(pointer, align=align), result)
            with part:
                mask, zeros = _mask(builder, values[2], of.lanes), ir.Constant(vector, [0.0] * of.lanes)
                operands = [pointer, ir.IntType(32)(align), mask, zeros]
                builder.store(call(builder, f"llvm.masked.load.{suffix(vector)}.p0", vector, operands), result)
        return builder.load(result)

    return of(numbers, types.int64, types.int64), lower


@instruction
def store(typing_context, numbers, index, vector, count):
    """Put the first ``count`` lanes into ``numbers``, from ``numbers[index]`` on."""

    def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
        align = numbers.dtype.bitwidth // 8
        pointer = builder.bitcast(builder.gep(values[0], [values[1]]), values[2].type.as_pointer())
        full = builder.icmp_signed(">=", values[3], values[3].type(vector.lanes))
        with builder.if_else(full, likely=True) as (whole, part):
            with whole:
                builder.store(values[2], pointer, align=align)
            with part:
                operands = [values[2], pointer, ir.IntType(32)(align), _mask(builder, values[3], vector.lanes)]
                call(builder, f"llvm.masked.store.{suffix(values[2].type)}.p0", ir.VoidType(), operands)
        return context.get_dummy_value()

    return types.void(numbers, types.int64, vector, types.int64), lower
