/** A config that a trainer has already: named by its path, pasted or dropped, it becomes the choices of the wizard. */

import type { Drawn } from "../app";
import { findingsOf, troublesOf } from "../lib/findings";
import { counted } from "../lib/format";
import { Button } from "./button";
import { Findings } from "./findings";

export function ImportPanel({ app }: Drawn) {
  return (
    <details class="from-config">
      <summary class="link">Start from a trainer’s config</summary>
      <Form app={app} />
    </details>
  );
}

function Form({ app }: Drawn) {
  const { toImport } = app.local;
  const { path, text, method } = toImport.value;
  const set = (change: Partial<typeof toImport.value>) => {
    toImport.value = { ...toImport.value, ...change };
  };
  const reading = app.isBusy("import_config");
  const empty = !path.trim() && !text.trim();
  const wrong = [
    ...troublesOf(app, "import_config"),
    ...findingsOf(app, "config").filter(({ code }) => code === "config-unreadable"),
  ];
  const read = async () => {
    if (empty || reading) return;
    const given = text.trim() ? { text } : { path: path.trim() };
    const answer = await app.ask("import_config", { ...given, ...(method.trim() && { method: method.trim() }) });
    if (answer.kind !== "result" || answer.findings.some(({ code }) => code === "config-unreadable")) return;
    const said = answer.findings.filter(({ severity }) => severity !== "info");
    const name = text.trim() ? "the text" : (path.trim().split(/[\\/]/).pop() ?? "");
    app.local.imported.value = { name, said };
    set({ path: "", text: "", method: "" });
    // Where there is no model yet, the way on is this step.
    if (app.store.model.value?.repo_id && app.store.step.value === "model") app.goTo("config");
  };
  const drop = async (event: DragEvent) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    set({ text: await file.text() });
  };
  return (
    <div class="from-form">
      <p class="dim">
        A YAML of TRL, Axolotl or LLaMA-Factory becomes the model, the settings and the rows here. What is chosen now is
        replaced; Undo brings it back.
      </p>
      <div class="bar">
        <input
          class="in path"
          aria-label="Path of the config"
          placeholder="Path of the file: sft.yaml"
          autocomplete="off"
          spellcheck={false}
          value={path}
          onInput={(event) => set({ path: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Enter" && !event.isComposing && read()}
        />
        <input
          class="in method"
          aria-label="Method of the config"
          placeholder="Method: as its keys say"
          autocomplete="off"
          spellcheck={false}
          value={method}
          onInput={(event) => set({ method: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Enter" && !event.isComposing && read()}
        />
      </div>
      <textarea
        class="in yaml"
        aria-label="The config as text"
        placeholder="Or paste it, or drop the file here."
        rows={4}
        spellcheck={false}
        value={text}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
        onInput={(event) => set({ text: event.currentTarget.value })}
      />
      <div class="bar">
        <Button class="btn" off={empty || reading} onClick={read}>
          {reading ? "Reading…" : "Read the config"}
        </Button>
        {text.trim() && path.trim() && <span class="dim">The text is read, not the path.</span>}
      </div>
      <Findings app={app} findings={wrong} />
    </div>
  );
}

/** What was said of the config when it was read, all steps together, until it is put away. */
export function Imported({ app }: Drawn) {
  const imported = app.local.imported.value;
  if (!imported) return null;
  const { name, said } = imported;
  const away = () => {
    app.local.imported.value = null;
  };
  return (
    <section class="imported" aria-label="What was read">
      <div class="bar">
        <b>Read from {name}.</b>
        <span class="dim">
          {said.length > 0 ? `${counted(said.length, "thing")} to look at:` : "All of it was understood."}
        </span>
        <Button class="link" onClick={away}>
          Put away
        </Button>
      </div>
      <Findings app={app} findings={said} />
    </section>
  );
}
