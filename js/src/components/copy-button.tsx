/** Copies a text, and says so. */

import type { Drawn } from "../app";
import { Button } from "./button";
import { Icon } from "./icon";

export function CopyButton({ app, text, label }: Drawn & { text: string; label: string }) {
  const { local, scope } = app;
  const onClick = async (event: MouseEvent) => {
    if (!(await copy(text, event.currentTarget as HTMLElement))) {
      return app.announce("Copying is not allowed here. Select the text and copy it by hand.");
    }
    app.announce("Copied.");
    local.copied.value = text;
    scope.after(2000, () => {
      local.copied.value = "";
    });
  };
  return (
    <Button class="quiet" aria-label={label} title={label} onClick={onClick}>
      <Icon name={local.copied.value === text ? "tick" : "copy"} />
    </Button>
  );
}

async function copy(text: string, beside: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page without https, or an iframe like Colab's, has no clipboard; this old way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    beside.after(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    beside.focus();
    return done;
  }
}
