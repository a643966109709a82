/** The search as this browser wants it: typed text waits for a pause, filters and order do not, and the latest wins. */

import type { Local, Wanted } from "./local";
import type { Scope } from "./scope";
import type { Store } from "./store";
import type { SearchFilters } from "./wire";

export interface Search {
  /** What the search box, the chips and the menu show. */
  current(): Wanted;
  /** Takes what is typed; while an input method composes it is not yet what is meant, and nothing is sent. */
  type(query: string, composing: boolean): void;
  /** Changes any part of the search and sends it at once. */
  change(part: Partial<Wanted>): void;
  /** Searches for what is shown, now. */
  flush(): void;
}

export function createSearch(
  store: Store,
  local: Local,
  scope: Scope,
  send: (wanted: Wanted) => Promise<unknown>,
): Search {
  let stopWaiting: (() => void) | null = null;

  function current(): Wanted {
    if (local.wanted.value) return local.wanted.value;
    // The kernel trims, and takes too few characters for none; what somebody is typing on stays as it is.
    const typed = local.typed.value;
    const query = (ready(typed) ? typed.trim() : "") === store.query.value ? typed : store.query.value;
    return { query, filters: store.filters.value, sort: store.sort.value };
  }

  function ready(query: string) {
    const length = query.trim().length;
    return length === 0 || length >= store._ui.value.min_characters;
  }

  function flush() {
    if (local.wanted.value && !stopWaiting) return; // under way
    stopWaiting?.();
    stopWaiting = null;
    local.wanted.value ??= current();
    if (ready(local.wanted.value.query)) submit(local.wanted.value);
  }

  async function submit(wanted: Wanted) {
    await send(ready(wanted.query) ? wanted : { ...wanted, query: "" });
    // A later keystroke is still to be answered, so it stays on the screen.
    if (local.wanted.value === wanted) local.wanted.value = null;
  }

  return {
    current,
    flush,
    type(query, composing) {
      local.typed.value = query;
      local.offered.value = "";
      local.wanted.value = { ...current(), query };
      stopWaiting?.();
      stopWaiting = composing ? null : scope.after(store._ui.value.debounce_ms, flush);
    },
    change(part) {
      stopWaiting?.();
      stopWaiting = null;
      const wanted = { ...current(), ...part };
      local.typed.value = wanted.query;
      local.wanted.value = wanted;
      submit(wanted);
    },
  };
}

/** Whether a filter keeps anything out. */
export const isFiltered = (filters: SearchFilters) =>
  Object.values(filters).some((value) => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
