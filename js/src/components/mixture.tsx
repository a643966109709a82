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
  return (
    <>
      <ul class="parts-list" aria-label="Datasets to mix">
        {parts.map((part, at) => (
          <li key={part.label} class="bar mixed">
            <span class="part-name">{part.label}</span>
            <span class="dim">{rows(part.label) != null && counted(rows(part.label) ?? 0, "row")}</span>
            <label class="bar">
              <span class="dim">weight</span>
              <input
                class="in number"
                inputMode="decimal"
                aria-label={`Weight of ${part.label}`}
                value={part.weight}
                onInput={(event) => {
                  const weight = event.currentTarget.value;
                  set(parts.map((one, n) => (n === at ? { ...one, weight } : one)));
                }}
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
      <div class="bar">
        <Menu
          label="Add a dataset"
          value=""
          options={[
            option("", "Add a file or a variable…"),
            ...found
              .filter(({ name }) => !parts.some(({ label }) => label === name))
              .map(({ name, detail }) => option(name, `${name} · ${detail}`)),
          ]}
          onChoose={(name) => {
            const choice = found.find((one) => one.name === name);
            if (choice) set([...parts, { named: namedBy(choice), label: name, weight: "1" }]);
          }}
        />
        <Button class="btn" off={parts.length < 2 && "Add at least two datasets."} onClick={mix}>
          Mix
        </Button>
      </div>
      <p class="dim">With a weight of 2 each row is taken twice, with 0.5 every second one.</p>
    </>
  );
}

function partOf({ source, weight, format, columns }: MixturePart): Part {
  const { kind, name, path } = source;
  const named: Part["named"] =
    kind === "variable" ? { variable: name } : kind === "hub" ? { hub: name } : { path: path ?? name };
  return { named: { ...named, format, columns } as unknown as Part["named"], label: name, weight: String(weight) };
}
