"""sigmoid, tanh and exp of whole vectors, from one exponential.

exp(y) = 2ⁿ exp(r) with n = round(y / ln 2) and r = y − n ln 2, so |r| ≤ ln 2 / 2, where the Taylor series
exp(r) − 1 = r + r²/2! + r³/3! + … is short. There are no branches, so every lane takes the same way; not-a-number and
infinities come out as in NumPy.
"""

# Numba gives these functions their arguments, whether they are used or not, and neither it nor llvmlite is fully typed.
# ruff: noqa: ARG001
# mypy: allow-untyped-defs, allow-untyped-calls

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, Final

from llvmlite import ir

from clearlstm.kernels.compiling import instruction
from clearlstm.kernels.vector import Vector, bits, call, multiply_add, suffix


@dataclass(frozen=True)
class _Format:
    """What the exponential needs to know of a type of float."""

    bits: int
    fraction_bits: int
    terms: int
    """Of the Taylor series: the first one left out is below a quarter unit in the last place."""

    ln2_high: float
    """ln 2, cut so short that n times it is exact; what was cut off is ``ln2_low``."""

    smallest: float
    """Of the exponents y whose exp(y) is a normal number; below, the answer is 0."""

    @property
    def ln2_low(self) -> float:
        with localcontext(prec=50):
            return float(Decimal(2).ln() - Decimal(self.ln2_high))

    @property
    def bias(self) -> int:
        return (1 << (self.bits - self.fraction_bits - 2)) - 1


LN_2: Final = 0.6931471805599453

FORMATS: Final = {
    32: _Format(32, 23, 7, float.fromhex("0x1.62e4p-1"), -126 * LN_2),
    64: _Format(64, 52, 13, float.fromhex("0x1.62e42feep-1"), -1022 * LN_2),
}


@dataclass(frozen=True)
class _Lanes:
    """A vector in the code that is being written: operators on it write instructions."""

    builder: ir.IRBuilder
    value: ir.Value

    def _with(self, instruction: str, other: "_Lanes | float") -> "_Lanes":
        right = other.value if isinstance(other, _Lanes) else self.constant(other).value
        return _Lanes(self.builder, getattr(self.builder, instruction)(self.value, right))

    def __add__(self, other: "_Lanes | float") -> "_Lanes":
        return self._with("fadd", other)

    def __sub__(self, other: "_Lanes | float") -> "_Lanes":
        return self._with("fsub", other)

    def __mul__(self, other: "_Lanes | float") -> "_Lanes":
        return self._with("fmul", other)

    def __truediv__(self, other: "_Lanes | float") -> "_Lanes":
        return self._with("fdiv", other)

    def fma(self, by: "_Lanes | float", plus: "_Lanes | float") -> "_Lanes":
        """These lanes times ``by``, and ``plus`` added, rounded once."""
        factor, term = (other if isinstance(other, _Lanes) else self.constant(other) for other in (by, plus))
        return _Lanes(self.builder, multiply_add(self.builder, self.value, factor.value, term.value))

    def constant(self, number: float) -> "_Lanes":
        return _Lanes(self.builder, ir.Constant(self.value.type, [number] * self.value.type.count))

    def below(self, limit: float) -> ir.Value:
        """Whether each lane is below ``limit``; not-a-number is not."""
        return self.builder.fcmp_ordered("<", self.value, self.constant(limit).value)

    def where(self, condition: ir.Value, otherwise: "_Lanes | float") -> "_Lanes":
        """These lanes where the condition holds, else those of ``otherwise``."""
        other = otherwise if isinstance(otherwise, _Lanes) else self.constant(otherwise)
        return _Lanes(self.builder, self.builder.select(condition, self.value, other.value))

    def call(self, name: str, *others: "_Lanes") -> "_Lanes":
        """An operation of LLVM's own on whole vectors."""
        operands = [self.value, *(other.value for other in others)]
        return _Lanes(self.builder, call(self.builder, f"{name}.{suffix(self.value.type)}", self.value.type, operands))


def _expm1_parts(y: _Lanes) -> tuple[_Lanes, _Lanes]:
    """2ⁿ and exp(r) − 1 for y = n ln 2 + r, y ≤ 0; no matter what n is for not-a-number, r is not-a-number too."""
    form = FORMATS[bits(y.value.type)]
    # Adding 1.5 × 2^fraction_bits leaves the rounded number in the lowest bits; the bias makes it an exponent.
    magic = 1.5 * 2.0**form.fraction_bits + form.bias
    shifted = y.fma(1 / LN_2, magic)
    n = shifted - magic
    # r = y − n ln 2
    r = n.fma(-form.ln2_low, n.fma(-form.ln2_high, y))
    # exp(r) − 1 = r + r²/2! + r³/3! + …
    series = y.constant(1 / math.factorial(form.terms))
    for k in range(form.terms - 1, 1, -1):
        series = series.fma(r, 1 / math.factorial(k))
    return _power_of_two(shifted, form), (r * r).fma(series, r)


def _power_of_two(shifted: _Lanes, form: _Format) -> _Lanes:
    """2ⁿ: the exponent, which stands in the lowest bits, moves to where a float keeps it."""
    builder, count = shifted.builder, shifted.value.type.count
    integers = ir.VectorType(ir.IntType(form.bits), count)
    places = ir.Constant(integers, [form.fraction_bits] * count)
    exponent = builder.shl(builder.bitcast(shifted.value, integers), places)
    return _Lanes(builder, builder.bitcast(exponent, shifted.value.type))


def _exp(y: _Lanes) -> _Lanes:
    """exp(y) for y ≤ 0."""
    smallest = FORMATS[bits(y.value.type)].smallest
    power, fraction = _expm1_parts(y.constant(smallest).where(y.below(smallest), y))
    return y.constant(0).where(y.below(smallest), fraction.fma(power, power))


def _sigmoid(z: _Lanes) -> _Lanes:
    """1 / (1 + exp(−z)) where z ≥ 0 and exp(z) / (1 + exp(z)) elsewhere: the exponential never overflows."""
    e = _exp(z.constant(0) - z.call("llvm.fabs"))
    return e.where(z.below(0), z.constant(1)) / (e + 1)


def _tanh(z: _Lanes) -> _Lanes:
    """−(exp(−2|z|) − 1) / (exp(−2|z|) + 1) with the sign of z; exp − 1 is exact near 0, so small z keep all digits."""
    y = z.call("llvm.fabs") * -2.0
    smallest = FORMATS[bits(z.value.type)].smallest
    power, fraction = _expm1_parts(y.constant(smallest).where(y.below(smallest), y))
    e = fraction.fma(power, power - 1)
    return (e / (e + 2)).call("llvm.copysign", z)


def _as_intrinsic(write: Any) -> Any:
    def typed(typing_context, z):
        def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
            return write(_Lanes(builder, values[0])).value

        return (z(z), lower) if isinstance(z, Vector) else None

    typed.__name__ = write.__name__.strip("_")
    typed.__doc__ = write.__doc__
    return instruction(typed)


exp = _as_intrinsic(_exp)
sigmoid = _as_intrinsic(_sigmoid)
tanh = _as_intrinsic(_tanh)
