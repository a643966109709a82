/** Several datasets mixed into one: each with a weight, which says how often each of its rows is taken. */

import type { Drawn } from "../app";
import { localOf, namedBy, type Part, setLocal } from "../lib/dataset-local";
import { counted } from "../lib/format";
import type { MixturePart, SourceChoice } from "../wire";
import { Button } from "./button";
import { Menu, option } from "./field";
import { Icon } from "./icon";

export function Mixture({ app, found }: Drawn & { found: readonly SourceChoice[] }) {
  const used = app.store.dataset.value?.parts ?? [];
  const parts = localOf(app).parts ?? used.map(partOf);
  const set = (changed: readonly Part[]) => setLocal(app, { parts: changed });
  const mix = () =>
    app.ask("use_dataset", { mix: parts.map(({ named, weight }) => ({ ...named, weight: Number(weight) })) });
  const rows = (label: string) => used.find(({ source }) => (source.path ?? source.name).endsWith(label))?.used_rows;
  const change = (at: number, changed: Partial<Part>) =>
    set(parts.map((one, n) => (n === at ? { ...one, ...changed } : one)));
  const add = (named: Part["named"], label: string) => set([...parts, { named, label, weight: "1" }]);
  return (
    <>
      <ul class="parts-list" aria-label="Datasets to mix">
        {parts.map((part, at) => (
          <li key={`${at} ${part.label}`} class="bar mixed">
            <span class="part-name">{part.label}</span>
            <span class="dim">{rows(part.label) != null && counted(rows(part.label) ?? 0, "row")}</span>
            {part.named.hub && (
              <label class="bar">
                <span class="dim">split</span>
                <input
                  class="in number"
                  aria-label={`Split of ${part.label}`}
                  placeholder="train"
                  spellcheck={false}
                  value={part.named.split ?? ""}
                  onInput={(event) => {
                    const { split: _, ...named } = part.named;
                    const split = event.currentTarget.value.trim();
                    change(at, { named: split ? { ...named, split } : named });
                  }}
                />
              </label>
            )}
            <label class="bar">
              <span class="dim">weight</span>
              <input
                class="in number"
                inputMode="decimal"
                aria-label={`Weight of ${part.label}`}
                value={part.weight}
                onInput={(event) => change(at, { weight: event.currentTarget.value })}
              />
            </label>
            <Button
              class="quiet"
              aria-label={`Take ${part.label} out`}
              onClick={() => set(parts.filter((_, n) => n !== at))}
            >
              <Icon name="cross" />
            </Button>
          </li>
        ))}
      </ul>
      <Here app={app} found={found.filter(({ name }) => !parts.some(({ label }) => label === name))} add={add} />
      <OfHub app={app} add={(hub) => add({ hub }, hub)} />
      <div class="bar">
        <Button class="btn" off={parts.length < 2 && "Add at least two datasets."} onClick={mix}>
          Mix
        </Button>
        <span class="dim">With a weight of 2 each row is taken twice, with 0.5 every second one.</span>
      </div>
    </>
  );
}

interface HereProps extends Drawn {
  found: readonly SourceChoice[];
  add: (named: Part["named"], label: string) => void;
}

/** A file or a variable. It is not taken as soon as the menu shows it: by keyboard a menu shows all on the way. */
function Here({ app, found, add }: HereProps) {
  const choice = found.find(({ name }) => name === localOf(app).picked);
  return (
    <div class="bar hub">
      <Menu
        label="Add a dataset"
        value={choice?.name ?? ""}
        options={[
          option("", "A file or a variable…"),
          ...found.map(({ name, detail }) => option(name, `${name} · ${detail}`)),
        ]}
        onChoose={(picked) => setLocal(app, { picked })}
      />
      <Button
        class="btn"
        aria-label={`Add ${choice?.name ?? "it"}`}
        off={!choice && "Choose one first."}
        onClick={() => choice && add(namedBy(choice), choice.name)}
      >
        Add
      </Button>
    </div>
  );
}

/** A dataset of the Hub, by its name. */
function OfHub({ app, add }: Drawn & { add: (hub: string) => void }) {
  const { adding = "" } = localOf(app);
  const named = adding.trim();
  const use = () => {
    if (!named.includes("/")) return;
    add(named);
    setLocal(app, { adding: "" });
  };
  return (
    <div class="bar hub">
      <input
        class="in path"
        aria-label="Add a dataset of the Hub"
        placeholder="Or a dataset of the Hub: author/name"
        autocomplete="off"
        spellcheck={false}
        value={adding}
        onInput={(event) => setLocal(app, { adding: event.currentTarget.value })}
        onKeyDown={(event) => event.key === "Enter" && !event.isComposing && use()}
      />
      <Button
        class="btn"
        aria-label={`Add ${named || "it"}`}
        off={!named.includes("/") && "Write author/name."}
        onClick={use}
      >
        Add
      </Button>
    </div>
  );
}

function partOf(part: MixturePart): Part {
  const { source, weight, format, columns, roles, exclude_problems } = part;
  const { kind, name, path, config, revision, split } = source;
  const place =
    kind === "hub"
      ? { hub: name, config, revision }
      : kind === "variable"
        ? { variable: name }
        : { path: path ?? name };
  const named = { ...place, format, columns, roles, exclude_problems, ...(split ? { split } : {}) };
  return { named: named as unknown as Part["named"], label: name, weight: String(weight) };
}
