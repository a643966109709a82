/** The entry that anywidget calls: a factory, one shadow root for each view, and nothing that outlives a view. */

import { render as draw, h } from "preact";
import { createApp } from "./app";
import { createScope } from "./scope";
import type { Model } from "./store";
import styles from "./styles/index.css";
import { followTheme } from "./theme";
import { Wizard } from "./wizard";

interface View {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
}

function render({ model, el, signal }: View): () => void {
  const scope = createScope(signal);
  const host = document.createElement("div");
  host.lang = "en";
  // Lumino looks for this mark before it takes a key for itself.
  host.setAttribute("data-lm-suppress-shortcuts", "true");
  host.addEventListener("keydown", keepKey, { signal: scope.signal });
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = styles;
  const container = document.createElement("div");
  root.append(style, container);
  el.append(host);
  followTheme(host, scope);
  let due: "" | "soon" | "later" = "";
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => due === "later" && drawNow();
  scope.onEnd(() => port1.close());
  const app = createApp(
    model,
    scope,
    () => {
      // What was done here is drawn before the next key or click, which finds the screen as it then is.
      if (due !== "soon") queueMicrotask(drawNow);
      due = "soon";
    },
    () => {
      // A kernel changes several traits in one go; they are drawn in one go, and only once the host is done with the
      // message that brought them: a microtask would keep JupyterLab from the next message while it draws.
      if (!due) port2.postMessage(null);
      due ||= "later";
    },
  );
  let step = app.store.step.value;
  function drawNow() {
    due = "";
    if (scope.signal.aborted) return;
    draw(h(Wizard, { app }), container);
    if (step === app.store.step.value) return;
    step = app.store.step.value;
    // The focus follows a step that was entered from here; a step entered from Python takes it from nobody.
    if (app.local.moving.value) root.querySelector("h3")?.focus();
    app.local.moving.value = false;
  }
  drawNow();
  scope.onEnd(() => {
    draw(null, container);
    host.remove();
  });
  return scope.end;
}

/** Notebook hosts run commands on plain keys; a key typed into the wizard is the wizard's. Esc, Tab and chords still leave it. */
function keepKey(event: KeyboardEvent) {
  const leaves = event.key === "Escape" || event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey;
  if (!leaves) event.stopPropagation();
}

export default () => ({ render });
