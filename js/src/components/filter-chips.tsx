/** What a search keeps, as chips that are on or off. */

import type { Drawn } from "../app";
import type { SearchFilters } from "../wire";
import { Button } from "./button";
import { Icon } from "./icon";

const SWITCHES: [keyof SearchFilters, string][] = [
  ["chat", "Chat"],
  ["lora", "LoRA"],
  ["open_licence", "Open licence"],
  ["not_gated", "Not gated"],
];

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
      {SWITCHES.map(([name, label]) => chip(label, name, filters[name], true))}
      {store._ui.value.size_options.map(({ value, label, hint }) =>
        chip(label, "size", filters.size === value, value, hint),
      )}
      {filters.author && chip(`By ${filters.author}`, "author", true, null)}
    </fieldset>
  );
}
