/** The search box: what is typed becomes a search, or names one model by itself. */

import type { Drawn } from "../app";
import { isPlace, modelReference } from "../lib/reference";
import { Button } from "./button";
import { Menu } from "./field";
import { Icon } from "./icon";

export function SearchBox({ app }: Drawn) {
  const { search, store, local } = app;
  const { query, sort } = search.current();
  const clear = () => search.change({ query: "" });

  function enter() {
    const reference = modelReference(search.current().query);
    if (reference && (isPlace(reference) || local.offered.value === reference || isFound(reference))) {
      app.selectModel({ repo_id: reference });
      return;
    }
    search.flush();
    if (!reference) return;
    local.offered.value = reference;
    app.announce(`Press Enter again to use ${reference}.`);
  }

  /** Whether a reference names one of the models that are shown, or the only one that was found for it. */
  function isFound(reference: string) {
    const { cards, query, searching } = store.results.value;
    const id = reference.replace(/@.*/, "").toLowerCase();
    return (
      cards.some((card) => card.id.toLowerCase() === id) ||
      (!searching && query === reference && cards.length === 1 && !!cards[0]?.id.toLowerCase().startsWith(id))
    );
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter") enter();
    if (event.key === "Escape" && search.current().query) {
      event.stopPropagation();
      clear();
    }
  };

  return (
    <search class="bar">
      <label class="search">
        <Icon name="search" />
        <input
          aria-label="Search models"
          placeholder="Search, or paste author/name or a folder"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={query}
          onInput={(event) => search.type(event.currentTarget.value, event.isComposing)}
          onCompositionEnd={(event) => search.type(event.currentTarget.value, false)}
          onKeyDown={onKeyDown}
        />
        {query && (
          <Button class="quiet" aria-label="Clear the search" onClick={clear}>
            <Icon name="cross" />
          </Button>
        )}
      </label>
      <Menu
        label="Order"
        value={sort}
        options={store._ui.value.sort_options}
        onChoose={(value) => search.change({ sort: value as typeof sort })}
      />
      {store._ui.value.show_filters && (
        <Button
          class="btn"
          aria-expanded={local.filtersOpen.value ? "true" : "false"}
          onClick={() => {
            app.loadScreens();
            local.filtersOpen.value = !local.filtersOpen.value;
          }}
        >
          Filters
        </Button>
      )}
    </search>
  );
}
