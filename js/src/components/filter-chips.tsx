/** What a search keeps, as chips that are on or off. */

import type { Drawn } from "../app";
import type { SearchFilters } from "../wire";
import { Button } from "./button";
import { Icon } from "./icon";

const SWITCHES: [keyof SearchFilters, string, unknown][] = [
  ["chat", "Chat", true],
  ["lora", "LoRA", true],
  ["licences", "Open licence", ["open"]],
  ["gate", "Not gated", "open"],
];

const isOn = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

export function FilterChips({ app: { search, store } }: Drawn) {
  const { filters } = search.current();
  const chip = (label: string, name: keyof SearchFilters, on: unknown, value: unknown, title?: string) => (
    <Button
      key={label}
      class="chip"
      aria-pressed={on ? "true" : "false"}
      title={title}
      onClick={() => search.change({ filters: { ...filters, [name]: on ? null : value } })}
    >
      {label}
      {on ? <Icon name="cross" size={10} /> : null}
    </Button>
  );
  return (
    <fieldset class="chips" aria-label="Filters">
      {SWITCHES.map(([name, label, value]) => chip(label, name, isOn(filters[name]), value))}
      {store._ui.value.size_options.map(({ value, label, hint }) =>
        chip(label, "size", filters.size === value, value, hint),
      )}
      {filters.author && chip(`By ${filters.author}`, "author", true, null)}
    </fieldset>
  );
}
