/** What a search keeps, as chips: the common filters are switched here, the others are shown while they are on. */

import type { Drawn } from "../app";
import { activeFilters, isFiltered, type Name, without } from "../lib/filters";
import { Button } from "./button";
import { Icon } from "./icon";

export function FilterChips({ app: { local, search, store } }: Drawn) {
  const { filters } = search.current();
  const change = (names: readonly Name[], value?: unknown) =>
    search.change({
      filters: { ...without(filters, names), ...(value !== undefined && { [names[0] as Name]: value }) },
    });
  const chip = (label: string, on: boolean, names: readonly Name[], value?: unknown, title?: string) => (
    <Button
      key={label}
      class="chip"
      aria-pressed={on ? "true" : "false"}
      title={title}
      onClick={() => change(names, on ? undefined : value)}
    >
      {label}
      {on && <Icon name="cross" size={10} />}
    </Button>
  );
  const onlyOpen = filters.licences?.join() === "open";
  return (
    <fieldset class="chips" aria-label="Filters">
      {chip("Fits my GPU", !!filters.fits_gpu, ["fits_gpu"], true, "By the memory estimate, or by the weights")}
      {chip("Chat", !!filters.chat, ["chat"], true)}
      {chip("LoRA", !!filters.lora, ["lora"], true)}
      {chip("Open licence", onlyOpen, ["licences"], ["open"])}
      {chip("Not gated", filters.gate === "open", ["gate"], "open")}
      {chip("On this disk", !!filters.on_disk, ["on_disk"], true)}
      {store._ui.value.size_options.map(({ value, label, hint }) =>
        chip(label, filters.size === value, ["size"], value, hint),
      )}
      {activeFilters(filters).map(([label, names]) => chip(label, true, names))}
      {isFiltered(filters) && (
        <Button
          class="link"
          onClick={() => {
            local.refusedBounds.value = {};
            search.change({ filters: {} });
          }}
        >
          Clear all
        </Button>
      )}
    </fieldset>
  );
}
