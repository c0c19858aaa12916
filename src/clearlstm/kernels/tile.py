"""The one multiply that everything is made of: a tile of the product, kept in registers over the whole sum.

``multiply`` computes C = A B for a few rows of A and as many columns as some registers are wide::

                       columns: VECTORS registers side by side
                     ┌───────────────┐
                     │ B   (k, ....) │  one row of B is loaded for each k …
                     └───────────────┘
    rows ┌────────┐  ┌───────────────┐
         │ A (.,k)│  │ C  in         │  … and each number of A's column k, in every lane of a register,
         └────────┘  │    registers  │     is multiplied with it and added
                     └───────────────┘

The loop over k touches no memory but A and B. Every element of C is one chain of multiply-and-adds in the order of k,
the same in every tile, so a result doesn't depend on how rows are shared among tiles and threads.
"""

# Numba gives these functions their arguments, whether they are used or not, and neither it nor llvmlite is fully typed.
# ruff: noqa: ARG001
# mypy: allow-untyped-defs, allow-untyped-calls

from dataclasses import dataclass
from typing import Any, Final

from llvmlite import ir
from numba import types

from clearlstm.kernels.compiling import instruction
from clearlstm.kernels.vector import ARM, FEATURES, Vector, bits, multiply_add, splat, suffix

MANY_REGISTERS: Final = ARM or "avx512f" in FEATURES
"""AVX-512 and ARM have 32 vector registers, others 16: a tile, a row of B and a number of A must fit in them."""

WIDE_ROWS: Final = 6 if MANY_REGISTERS else 3
"""Rows of the tile that is four registers wide (a unit's four gates side by side)."""

NARROW_ROWS: Final = 8 if MANY_REGISTERS else 6
"""Rows of the tile that is two registers wide."""

THIN_ROWS: Final = 8
"""Rows of the tile that is one register wide, for a last few columns: as many sums as keep both pipes busy."""

FRESH, ADDED, FROM_ROW, GOING_ON = range(4)
"""What the sums start from, and what becomes of C: C = A B; C += A B; C = A B where A's first column is all ones, so
that the sums start as B's first row; and C = A B with sums that go on from C, as if k had not stopped there."""


@dataclass(frozen=True)
class _Shape:
    """One tile: ``rows`` × ``vectors`` accumulators."""

    vector: ir.VectorType
    rows: int
    vectors: int

    @property
    def zeros(self) -> ir.Constant:
        return ir.Constant(self.vector, [0.0] * self.vector.count)

    def function(self, module: ir.Module) -> ir.Function:
        """The tile as a function of its own: inlined into a kernel, it would share the registers with all the rest.

        f(C, step to the next row, A, steps to the next row and k, B, steps to the next k and vector, K, what the sums
        start from)
        """
        name = f"clearlstm.tile.{self.rows}x{self.vectors}.{suffix(self.vector)}"
        if name in module.globals:
            return module.globals[name]
        numbers, whole = self.vector.element.as_pointer(), ir.IntType(64)
        parameters = [numbers, whole, numbers, whole, whole, numbers, *[whole] * 4]
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), parameters), name)
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        self._write(ir.IRBuilder(function.append_basic_block()), *function.args)
        return function

    def _write(self, builder: ir.IRBuilder, c: Any, c_row: Any, *of_a_and_b: Any) -> None:
        a, a_row, a_k, b, b_k, b_vector, K, begin = of_a_and_b
        count, vectors = K.type(self.vector.count), range(self.vectors)
        of_c = [self._past(builder, c, (c_row, row), (count, v)) for row in range(self.rows) for v in vectors]
        of_a = [self._past(builder, a, (a_row, row)) for row in range(self.rows)]
        of_b = [self._past(builder, b, (b_vector, v)) for v in vectors]
        totals = self._sums(builder, begin, of_c, (of_a, a_k), (of_b, b_k), K)
        with builder.if_else(builder.icmp_signed("==", begin, begin.type(ADDED))) as (added, alone):
            with added:
                for place, total in zip(of_c, totals, strict=True):
                    self._store(builder, builder.fadd(self._load(builder, place), total), place)
            with alone:
                for place, total in zip(of_c, totals, strict=True):
                    self._store(builder, total, place)
        builder.ret_void()

    def _sums(self, builder: ir.IRBuilder, begin: Any, of_c: Any, of_a: Any, of_b: Any, K: ir.Value) -> list[ir.Value]:
        """Run over k with the sums in registers: as values that flow round the loop, never in memory."""
        (a, a_k), (b, b_k) = of_a, of_b
        entry, row, c, loop, after = (
            builder.block,
            *(builder.append_basic_block(name) for name in ("row", "c", "k", "")),
        )
        choice = builder.switch(begin, loop)
        choice.add_case(begin.type(FROM_ROW), row)
        choice.add_case(begin.type(GOING_ON), c)
        builder.position_at_end(row)
        first_row = [self._load(builder, place) for place in b] * self.rows
        builder.branch(loop)
        builder.position_at_end(c)
        before = [self._load(builder, place) for place in of_c]
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(K.type)
        sums = [builder.phi(self.vector) for _ in of_c]
        places = [builder.gep(place, [builder.mul(k, a_k)]) for place in a]
        totals = self._products(builder, places, [builder.gep(place, [builder.mul(k, b_k)]) for place in b], sums)
        following = builder.add(k, K.type(1))
        starts = {entry: (0, [self.zeros] * len(sums)), row: (1, first_row), c: (0, before)}
        for block, (first, values) in starts.items():
            for flowing, value in zip([k, *sums], [K.type(first), *values], strict=True):
                flowing.add_incoming(value, block)
        for flowing, again in zip([k, *sums], [following, *totals], strict=True):
            flowing.add_incoming(again, loop)
        builder.cbranch(builder.icmp_signed("<", following, K), loop, after)
        builder.position_at_end(after)
        return totals

    def _products(self, builder: ir.IRBuilder, of_a: Any, of_b: Any, sums: Any) -> list[ir.Value]:
        """The sums with one k more. The shorter side stays in registers, the longer one passes through a single one."""

        def number(row: int) -> ir.Value:
            return splat(builder, builder.load(of_a[row]), self.vector.count)

        totals: dict[tuple[int, int], ir.Value] = {}
        rows, columns = range(self.rows), range(len(of_b))
        if self.rows < len(of_b):
            kept = [number(row) for row in rows]
            for v in columns:
                passing = self._load(builder, of_b[v])
                for row in rows:
                    totals[row, v] = multiply_add(builder, kept[row], passing, sums[row * len(of_b) + v])
        else:
            kept = [self._load(builder, place) for place in of_b]
            for row in rows:
                passing = number(row)
                for v in columns:
                    totals[row, v] = multiply_add(builder, passing, kept[v], sums[row * len(of_b) + v])
        return [totals[row, v] for row in rows for v in columns]

    def _past(self, builder: ir.IRBuilder, numbers: ir.Value, *steps: tuple[ir.Value, int]) -> ir.Value:
        """Where so many steps of such lengths lead."""
        for length, count in steps:
            if count:
                numbers = builder.gep(numbers, [builder.mul(length, length.type(count))])
        return numbers

    def _load(self, builder: ir.IRBuilder, place: ir.Value) -> ir.Value:
        return builder.load(builder.bitcast(place, self.vector.as_pointer()), align=bits(self.vector) // 8)

    def _store(self, builder: ir.IRBuilder, value: ir.Value, place: ir.Value) -> None:
        builder.store(value, builder.bitcast(place, self.vector.as_pointer()), align=bits(self.vector) // 8)


def _called(builder: ir.IRBuilder, cases: dict[int, _Shape], chosen: ir.Value, given: list[ir.Value]) -> None:
    """Call the tile that is ``chosen`` among ``cases``."""
    done = builder.append_basic_block("multiplied")
    switch = builder.switch(chosen, done)
    for number, shape in cases.items():
        block = builder.append_basic_block(f"tile.{number}")
        switch.add_case(chosen.type(number), block)
        builder.position_at_end(block)
        builder.call(shape.function(builder.module), given)
        builder.branch(done)
    builder.position_at_end(done)


def _multiply(vectors: int, most_rows: int) -> Any:
    """The multiply of tiles of ``vectors`` registers' width; it takes 1 to ``most_rows`` rows."""

    @instruction
    def multiply(typing_context, C, c_at, c_row, A, a_at, a_row, a_k, B, b_at, b_k, b_vector, K, rows, begin):
        def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
            c, a, b = (builder.gep(values[number], [values[number + 1]]) for number in (0, 3, 7))
            vector = context.get_value_type(Vector(C.dtype))
            cases = {count: _Shape(vector, count, vectors) for count in range(1, most_rows + 1)}
            given = [c, values[2], a, *values[5:7], b, *values[9:12], values[13]]
            _called(builder, cases, values[12], given)
            return context.get_dummy_value()

        whole = types.int64
        numbers = (C, whole, whole, A, whole, whole, whole, B, whole, whole, whole)
        return types.void(*numbers, whole, whole, whole), lower

    return multiply


multiply_wide = _multiply(4, WIDE_ROWS)
multiply_narrow = _multiply(2, NARROW_ROWS)
multiply_thin = _multiply(1, THIN_ROWS)
