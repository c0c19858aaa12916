"""A drawing in a notebook: the page's data, what the reader chose, and a picture for those who have no Python."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import uuid4

import anywidget
import traitlets

from clearlstm.errors import ClearLSTMError
from clearlstm.insight.views import QUESTIONS, Request
from clearlstm.report.packing import plain, with_packed
from clearlstm.widget.code import loader, packed_code, version

VIEW: Final = "application/vnd.jupyter.widget-view+json"

_HIDDEN_WITHOUT_PYTHON: Final = (
    ".jp-OutputArea-child:has(.clearlstm-still) + .jp-OutputArea-child > .jp-OutputArea-output:not(:has(*)) "
    "{ display: none }"
)
"""JupyterLab's words where a drawing would be that it can't show, right below the picture that takes its place."""

Ask = Callable[[Mapping[str, Any]], Request]
Picture = Callable[[], str]


class Drawing(anywidget.AnyWidget):
    """What ``show()`` gives: the last line of a cell shows it.

    ``address`` is what the reader chose and changed, as it stands behind the # of the lab's links; it can be observed,
    kept and set.
    """

    address = traitlets.Unicode("").tag(sync=True)
    _esm = ""
    _data = traitlets.Dict().tag(sync=True)
    _code = traitlets.Bytes().tag(sync=True)
    _version = traitlets.Unicode().tag(sync=True)
    _key = traitlets.Unicode().tag(sync=True)

    code_sent: ClassVar[bool] = False
    """Whether a drawing of this process has brought the page's modules; further ones ask for them if need be."""

    def __init__(self, data: Mapping[str, Any], picture: Picture, ask: Ask | None = None) -> None:
        super().__init__(
            _esm=loader(),
            _data=as_sent(data),
            _code=b"" if Drawing.code_sent else packed_code(),
            _version=version(),
            _key=f"clearlstm-{uuid4().hex}",
            layout={"flex": "1 1 0%", "min_width": "0"},  # as wide as the others, side by side in a box
        )
        Drawing.code_sent = True
        self._picture, self._ask = picture, ask
        self.on_msg(self._answer)

    def _answer(self, _widget: Any, message: Mapping[str, Any], _buffers: Sequence[bytes]) -> None:
        """Give the page what it asks for: its modules, or a view of :mod:`clearlstm.insight.views`."""
        if message.get("what") == "code":
            self.send({"id": message["id"]}, buffers=[packed_code()])
        elif message.get("what") == "question":
            try:
                self.send({"id": message["id"], "answer": self._view(message["question"])})
            except ClearLSTMError as error:
                self.send({"id": message["id"], "error": str(error)})
            except Exception as error:
                self.send({"id": message["id"], "error": f"{type(error).__name__}: {error}"})
                raise

    def _view(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self._ask is not None
        view, request = QUESTIONS[question["question"]], self._ask(question)
        assert view.data is not None
        return as_sent({"question": view.name, "notes": [], **view.data(request, view.compute(request))})

    def _ipython_display_(self) -> None:
        """A picture that stays in the saved notebook, and the drawing, which hides it while it is alive."""
        from IPython.display import publish_display_data

        still = (
            f'<div class="clearlstm-still {self._key}">{self._picture()}<style>{_HIDDEN_WITHOUT_PYTHON}</style></div>'
        )
        publish_display_data({"text/html": still, "text/plain": repr(self)})  # type: ignore[no-untyped-call]
        view = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        publish_display_data({VIEW: view, "text/html": ""})  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._data['title']}. The last line of a notebook's cell shows it>"


def as_sent(data: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values, arrays packed: ready for JSON."""
    sent: dict[str, Any] = plain(with_packed(dict(data)), "data")
    return sent
