"""The one multiply that everything is made of: a tile of the product, kept in registers over the whole sum.

``multiply`` computes C = A B (or C += A B) for a few rows of A and as many columns as some registers are wide::

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
from numba.core import cgutils

from clearlstm.kernels.compiling import instruction
from clearlstm.kernels.vector import ARM, FEATURES, Vector, bits, multiply_add, splat, suffix

MANY_REGISTERS: Final = ARM or "avx512f" in FEATURES
"""AVX-512 and ARM have 32 vector registers, others 16: a tile, a row of B and a number of A must fit in them."""

WIDE_ROWS: Final = 6 if MANY_REGISTERS else 3
"""Rows of the tile that is four registers wide (a unit's four gates side by side)."""

NARROW_ROWS: Final = 8 if MANY_REGISTERS else 6
"""Rows of the tile that is two registers wide."""


@dataclass(frozen=True)
class _Shape:
    """One tile: ``rows`` × ``vectors`` accumulators."""

    vector: ir.VectorType
    rows: int
    vectors: int

    @property
    def zeros(self) -> ir.Constant:
        return ir.Constant(self.vector, [0.0] * self.vector.count)

    @property
    def align(self) -> int:
        return bits(self.vector) // 8

    def function(self, module: ir.Module) -> ir.Function:
        """The tile as a function of its own: inlined into a kernel, it would share the registers with all the rest.

        f(C, step to the next row, A, steps to the next row and k, B, steps to the next k and vector, K, add)
        """
        name = f"clearlstm.tile.{self.rows}x{self.vectors}.{suffix(self.vector)}"
        if name in module.globals:
            return module.globals[name]
        numbers, whole = self.vector.element.as_pointer(), ir.IntType(64)
        parameters = [numbers, whole, numbers, whole, whole, numbers, whole, whole, whole, ir.IntType(1)]
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), parameters), name)
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        self._write(ir.IRBuilder(function.append_basic_block()), *function.args)
        return function

    def _write(self, builder: ir.IRBuilder, c: Any, c_row: Any, a: Any, a_row: Any, a_k: Any, *of_b: Any) -> None:
        """C = A B, or C += A B if ``add``."""
        b, b_k, b_vector, K, add = of_b
        totals = self._sums(builder, (a, a_row, a_k), (b, b_k, b_vector), K)
        for number, total in enumerate(totals):
            row, v = divmod(number, self.vectors)
            offset = builder.add(builder.mul(c_row, c_row.type(row)), c_row.type(v * self.vector.count))
            place = builder.bitcast(builder.gep(c, [offset]), self.vector.as_pointer())
            before = builder.select(add, builder.load(place, align=self.align), self.zeros)
            builder.store(builder.fadd(before, total), place, align=self.align)
        builder.ret_void()

    def _sums(self, builder: ir.IRBuilder, of_a: Any, of_b: Any, K: ir.Value) -> list[ir.Value]:
        """Run over k with the sums in registers: as values that flow round the loop, never in memory."""
        (a, a_row, a_k), (b, b_k, b_vector) = of_a, of_b
        starts = [builder.gep(a, [builder.mul(a_row, K.type(row))]) for row in range(self.rows)]
        before, loop, after = builder.block, builder.append_basic_block("k"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(K.type)
        sums = [builder.phi(self.vector) for _ in range(self.rows * self.vectors)]
        totals = self._products(
            builder,
            [builder.gep(start, [builder.mul(k, a_k)]) for start in starts],
            builder.gep(b, [builder.mul(k, b_k)]),
            b_vector,
            sums,
        )
        following = builder.add(k, K.type(1))
        for flowing, first, again in zip(
            [k, *sums], [K.type(0), *[self.zeros] * len(sums)], [following, *totals], strict=True
        ):
            flowing.add_incoming(first, before)
            flowing.add_incoming(again, loop)
        _keep_as_it_is(builder.cbranch(builder.icmp_signed("<", following, K), loop, after))
        builder.position_at_end(after)
        return totals

    def _products(self, builder: ir.IRBuilder, of_a: Any, of_b: Any, b_vector: Any, sums: Any) -> list[ir.Value]:
        """The sums with one k more. The shorter side stays in registers, the longer one passes through a single one."""

        def number(row: int) -> ir.Value:
            return splat(builder, builder.load(of_a[row]), self.vector.count)

        def vector(v: int) -> ir.Value:
            return self._load(builder, of_b, builder.mul(b_vector, b_vector.type(v)))

        totals: dict[tuple[int, int], ir.Value] = {}
        rows, vectors = range(self.rows), range(self.vectors)
        if self.rows < self.vectors:
            kept = [number(row) for row in rows]
            for v in vectors:
                passing = vector(v)
                for row in rows:
                    totals[row, v] = multiply_add(builder, kept[row], passing, sums[row * self.vectors + v])
        else:
            kept = [vector(v) for v in vectors]
            for row in rows:
                passing = number(row)
                for v in vectors:
                    totals[row, v] = multiply_add(builder, passing, kept[v], sums[row * self.vectors + v])
        return [totals[row, v] for row in rows for v in vectors]

    def _load(self, builder: ir.IRBuilder, start: ir.Value, offset: ir.Value) -> ir.Value:
        place = builder.bitcast(builder.gep(start, [offset]), self.vector.as_pointer())
        return builder.load(place, align=self.align)


def _keep_as_it_is(branch: Any) -> None:
    """Unrolled, the loop would need more registers than there are."""
    module = branch.parent.parent.module
    disable = module.add_metadata(["llvm.loop.unroll.disable"])
    loop = ir.MDValue(module, [disable], name=str(len(module.metadata)))
    loop.operands = (loop, disable)  # how LLVM tells loops apart: each names itself first
    branch.set_metadata("llvm.loop", loop)


def _multiply(vectors: int, most_rows: int) -> Any:
    """The multiply of tiles of ``vectors`` registers' width; it takes 1 to ``most_rows`` rows."""

    @instruction
    def multiply(typing_context, C, c_at, c_row, A, a_at, a_row, a_k, B, b_at, b_k, b_vector, K, rows, add):
        def lower(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
            c, a, b = (builder.gep(values[number], [values[number + 1]]) for number in (0, 3, 7))
            given = [c, values[2], a, *values[5:7], b, *values[9:12], cgutils.as_bool_bit(builder, values[13])]
            vector, done = context.get_value_type(Vector(C.dtype)), builder.append_basic_block("multiplied")
            switch = builder.switch(values[12], done)
            for count in range(1, most_rows + 1):
                block = builder.append_basic_block(f"rows.{count}")
                switch.add_case(values[12].type(count), block)
                builder.position_at_end(block)
                builder.call(_Shape(vector, count, vectors).function(builder.module), given)
                builder.branch(done)
            builder.position_at_end(done)
            return context.get_dummy_value()

        whole = types.int64
        numbers = (C, whole, whole, A, whole, whole, whole, B, whole, whole, whole)
        return types.void(*numbers, whole, whole, types.boolean), lower

    return multiply


multiply_wide = _multiply(4, WIDE_ROWS)
multiply_narrow = _multiply(2, NARROW_ROWS)
