"""The bare counter that the wizard is measured against: the least an anywidget can do."""

from __future__ import annotations

import anywidget
import traitlets


class Counter(anywidget.AnyWidget):
    """A button that counts in the kernel."""

    _esm = """
    function render({ model, el }) {
      const button = document.createElement("button");
      button.className = "bare-counter";
      const draw = () => { button.textContent = `count is ${model.get("value")}`; };
      button.onclick = () => model.send({ kind: "add" });
      model.on("change:value", draw);
      draw();
      el.append(button);
    }
    export default { render };
    """
    value = traitlets.Int(0).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._add)

    def _add(self, _widget: object, _content: object, _buffers: object) -> None:
        self.value += 1
