/** Loads the steps after the first from the kernel, so that neither the first paint nor a saved notebook carries them. */

import type { ComponentType } from "preact";
import modules from "shared-modules";
import type { Drawn } from "./app";
import type { StepId } from "./store";

export interface LaterScreens {
  readonly screens: Readonly<Record<Exclude<StepId, "model">, ComponentType<Drawn>>>;
  /** Parts of the first step that open when they are asked for. */
  readonly panels: Readonly<Record<"Details" | "Filters" | "Import", ComponentType<Drawn>>>;
  readonly styles: string;
}

/** `ask` gives the text of the second file; `take` gets what is in it. Rejects where the text is no module here. */
export async function loadScreens(
  ask: () => Promise<string | undefined>,
  take: (later: LaterScreens) => void,
): Promise<void> {
  const text = await ask();
  if (!text) return;
  // A blob is how anywidget itself loads a widget, so a page that runs the first file runs this one.
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    const { default: run } = await import(/* @vite-ignore */ url);
    take(run((name: string) => modules[name]));
  } finally {
    URL.revokeObjectURL(url);
  }
}
