/** The search as this browser wants it: typed text waits for a pause, filters and order do not, and the latest wins. */

import type { CardMemory } from "./lib/cards";
import { isFiltered } from "./lib/filters";
import { isPlace } from "./lib/reference";
import type { Local, Wanted } from "./local";
import type { Scope } from "./scope";
import type { Store } from "./store";
import type { Card } from "./wire";

export interface Search {
  /** What the search box, the chips and the menu show. */
  current(): Wanted;
  /** Takes what is typed; while an input method composes it is not yet what is meant, and nothing is sent. */
  type(query: string, composing: boolean): void;
  /** Changes any part of the search and sends it at once. */
  change(part: Partial<Wanted>): void;
  /** Searches for what is shown, now. */
  flush(): void;
  /** Whether a pause in typing is waited for. */
  isTyping(): boolean;
  /** Cards of this browser that match what is typed, until the kernel has answered it; null once it has. */
  here(): readonly Card[] | null;
}

interface Sends {
  /** Searches catalogue and Hub. */
  search(wanted: Wanted): Promise<unknown>;
  /** Asks the catalogue alone. */
  lookUp(wanted: Wanted): Promise<unknown>;
}

const CATCH_UP_MS = 300;

export function createSearch(store: Store, local: Local, scope: Scope, cards: CardMemory, sends: Sends): Search {
  let stopWaiting: (() => void) | null = null;
  let looking = false;
  let next: Wanted | null = null;

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
    next = null;
    local.wanted.value ??= current();
    if (ready(local.wanted.value.query)) submit(local.wanted.value);
  }

  async function submit(wanted: Wanted) {
    const asked = ready(wanted.query) ? wanted : { ...wanted, query: "" };
    await sends.search(asked);
    const done = () => {
      // A later keystroke is still to be answered, so it stays on the screen.
      if (local.wanted.value === wanted) local.wanted.value = null;
    };
    // Traits and answers are different messages: until the trait is there too, the box would show the text before.
    if (store.query.value === asked.query.trim()) done();
    else scope.after(CATCH_UP_MS, done);
  }

  /** One at a time, and of those that wait the last: a busy kernel is not given one for each keystroke. */
  async function lookUp(wanted: Wanted) {
    if (!ready(wanted.query) || isPlace(wanted.query.trim())) return;
    next = wanted;
    if (looking) return;
    looking = true;
    while (next) {
      const asked: Wanted = next;
      next = null;
      await sends.lookUp(asked);
    }
    looking = false;
  }

  function here() {
    const { query, filters } = current();
    const asked = query.trim();
    const { query: answered, cards: shown } = store.results.value;
    if (!local.wanted.value || asked === answered || !ready(query) || !asked) return null;
    return cards.matching(asked, shown, isFiltered(filters));
  }

  return {
    current,
    flush,
    here,
    isTyping: () => stopWaiting !== null,
    type(query, composing) {
      local.typed.value = query;
      local.offered.value = "";
      local.wanted.value = { ...current(), query };
      stopWaiting?.();
      stopWaiting = composing ? null : scope.after(store._ui.value.debounce_ms, flush);
      if (!composing) lookUp(local.wanted.value);
    },
    change(part) {
      stopWaiting?.();
      stopWaiting = null;
      next = null;
      const wanted = { ...current(), ...part };
      local.typed.value = wanted.query;
      local.wanted.value = wanted;
      submit(wanted);
    },
  };
}
