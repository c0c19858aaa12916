"""Functions that are only ever parts of kernels, compiled once: together with the kernel.

Numba makes of every compiled function a library that could be called by itself: optimised, and turned into machine
code. A function that a kernel calls through three others is so treated four times, which took more than half of the
time to a first answer. Here a part is linked into what calls it as Numba has written it, and only the kernel, which has
them all, is optimised and turned into machine code.
"""

# Numba isn't fully typed.
# mypy: allow-untyped-defs, allow-subclassing-any, allow-untyped-calls

import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numba
from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

_Function = TypeVar("_Function", bound=Callable[..., Any])

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""No ``fastmath``: what is rounded, and where, is the same on every processor (see ``vector``). And no code by which C
would call it."""


class _PartLibrary(JITCodeLibrary):
    """Code to be linked: neither optimised nor made machine code by itself."""

    def _optimize_final_module(self) -> None:
        """The kernel's library does it, for all its parts together."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(NativeLowering):
    """Numba's last step but for what makes a function executable."""

    _name = "clearlstm_part_lowering"

    def run_pass(self, state: Any) -> bool:
        state.flags.no_compile = True
        state.library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        super().run_pass(state)
        lowered, function = state["cr"], state.func_id.func
        # Other functions find this one by an object that can't be called from Python.
        module = sys.modules[function.__module__]
        key = _dynfunc.make_function(module, function.__name__, "", 0, lowered.env, (state.library,))
        state.targetctx.insert_user_function(key, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=key)
        return True


class _PartCompiler(CompilerBase):
    """Numba's pipeline with that last step."""

    def define_pipelines(self) -> list[Any]:
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [(_PartLowering if step is NativeLowering else step, why) for step, why in manager.passes]
        manager.finalize()
        return [manager]


_PART: Final[dict[str, Any]] = {**OPTIONS, "no_cpython_wrapper": True, "pipeline_class": _PartCompiler}


def inlined(function: _Function) -> _Function:
    """Compile ``function`` as a part of the kernels that call it, inlined there."""
    return numba.njit(function, forceinline=True, **_PART)  # type: ignore[no-any-return]


def compiled(function: _Function) -> _Function:
    """Compile ``function`` as a part of the kernels that call it, as a function of its own."""
    return numba.njit(function, **_PART)  # type: ignore[no-any-return]
