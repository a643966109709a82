/** Light or dark as the host says it, live. Colours themselves come from the host's variables, in styles/tokens.css. */

import type { Scope } from "./scope";

type Scheme = "light" | "dark";

/** The documents whose marks count: ours, and those around it that may be read (VS Code draws widgets in an inner iframe). */
function documents(): Document[] {
  const found: Document[] = [];
  let current: Window = window;
  for (;;) {
    try {
      found.push(current.document);
    } catch {
      return found; // another origin
    }
    if (current === current.parent) return found;
    current = current.parent;
  }
}

function schemeOf({ body, documentElement: html }: Document): Scheme | null {
  const vscode = body?.dataset.vscodeThemeKind;
  if (vscode) return vscode.endsWith("light") ? "light" : "dark";
  const lab = body?.dataset.jpThemeLight;
  if (lab) return lab === "true" ? "light" : "dark";
  // Colab marks only its dark theme, and a page that says nothing is left to the `color-scheme` it hands down.
  return html.getAttribute("theme") === "dark" ? "dark" : null;
}

export function followTheme(host: HTMLElement, scope: Scope): void {
  const around = documents();
  const apply = () => {
    const scheme = around.map(schemeOf).find(Boolean);
    if (scheme) host.dataset.theme = scheme;
    else delete host.dataset.theme;
  };
  const observer = new MutationObserver(apply);
  for (const { body, documentElement } of around) {
    observer.observe(documentElement, { attributes: true, attributeFilter: ["theme"] });
    if (body)
      observer.observe(body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  }
  scope.onEnd(() => observer.disconnect());
  apply();
  // The view is put into the page only after it is drawn.
  scope.after(0, () => {
    const root = host.getRootNode();
    if (root instanceof ShadowRoot && root.host.localName.startsWith("marimo")) host.dataset.host = "marimo";
    // vscode-jupyter#7161: the extension paints every widget's wrapper white.
    const wrapper = host.closest<HTMLElement>(".cell-output-ipywidget-background");
    if (wrapper) wrapper.style.background = "transparent";
  });
}
