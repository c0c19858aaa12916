"""A page that stands for a notebook: drawings in it, each with the Python object that it belongs to.

It does what anywidget asks of a notebook, so that what a drawing does can be tried quickly; real notebooks are tried in
tests/notebook.
"""

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from clearlstm.widget.code import loader, packed_code
from tests.report.rooms import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from clearlstm.widget.drawing import Drawing

SYNCED = ("_data", "address", "_version", "_key")

POLICY = "default-src 'none'; script-src 'nonce-host' blob:; style-src 'nonce-host'; img-src data:"
"""As strict as a notebook can be: anywidget itself imports a blob, so scripts from blobs must be allowed."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A notebook</title>
<meta http-equiv="Content-Security-Policy" content="{policy}">
<style nonce="host">body {{ margin: 0; background: {paper}; }}</style>
<body><div class="{key}">the picture</div>
<script type="module" nonce="host">
const states = {states};
const decoded = (text) => new DataView(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
const url = URL.createObjectURL(new Blob([{loader}], {{ type: "text/javascript" }}));
const {{ default: {{ render }} }} = await import(url);
window.models = states.map((state, index) => {{
  const listeners = {{}};
  const tell = (event, ...news) => (listeners[event] ?? []).forEach((listener) => listener(...news));
  if (state._code) state._code = decoded(state._code);
  return {{
    get: (name) => state[name],
    set: (name, value) => {{ state[name] = value; tell(`change:${{name}}`); }},
    save_changes: () => toPython(index, "address", state.address),
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off: (event, listener) => (listeners[event] = (listeners[event] ?? []).filter((one) => one !== listener)),
    send: async (content) => {{
      const replies = await toPython(index, "message", content);
      for (const [reply, buffers] of replies) tell("msg:custom", reply, buffers.map(decoded));
    }},
    fromPython: (name, value) => {{ state[name] = value; tell(`change:${{name}}`); }},
  }};
}});
window.show = async (index) => {{
  const el = document.createElement("section");
  document.body.append(el);
  const leave = await render({{ model: window.models[index], el }});
  return window.leaves.push(() => {{ leave(); el.remove(); }}) - 1;
}};
window.leaves = [];
for (const index of states.keys()) await window.show(index);
document.title = "ready";
</script>"""


class Host:
    """The page, and what it has said."""

    def __init__(
        self,
        browser: "Browser",
        drawings: Sequence["Drawing"],
        *,
        dark: bool = False,
        code: bool = True,
        **context: Any,
    ) -> None:
        self.drawings = list(drawings)
        self.complaints: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.page: Page = browser.new_page(**context)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.requests: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.expose_function("toPython", self._hear)
        states = [{name: getattr(one, name) for name in SYNCED} for one in self.drawings]
        if code:
            states[0]["_code"] = base64.b64encode(packed_code()).decode()
        text = PAGE.format(
            paper="#101418" if dark else "#fff",
            policy=POLICY,
            key=self.drawings[0]._key,
            states=json.dumps(states).replace("<", "\\u003c"),
            loader=json.dumps(loader()).replace("<", "\\u003c"),
        )
        self.page.route("http://notebook.test/", lambda route: route.fulfill(body=text, content_type="text/html"))
        self.page.goto("http://notebook.test/")
        assert eventually(self.page, lambda: self.page.title() == "ready"), self.complaints

    def _hear(self, index: int, kind: str, content: Any) -> list[Any]:
        drawing = self.drawings[index]
        if kind == "address":
            drawing.address = content
            return []
        self.asked.append(content)
        replies: list[Any] = []

        def send(reply: Any, buffers: Sequence[bytes] = ()) -> None:
            replies.append([reply, [base64.b64encode(one).decode() for one in buffers]])

        drawing.send = send
        drawing._answer(drawing, content, [])
        return replies

    def tell(self, index: int = 0) -> None:
        """Let the page know what Python has set."""
        for name in ("_data", "address"):
            value = json.dumps(getattr(self.drawings[index], name))
            self.page.evaluate(
                "([index, name, text]) => models[index].fromPython(name, JSON.parse(text))", [index, name, value]
            )

    def close(self) -> None:
        """See that nothing went wrong, and that nobody was asked for anything."""
        self.page.close()
        assert self.complaints == []
        assert [url for url in self.requests if not url.startswith(("blob:", "http://notebook.test/"))] == []
