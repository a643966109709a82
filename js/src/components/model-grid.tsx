/** The models that were found: one tab stop, arrows to move, Enter or Space to choose, i for the details. */

import type { Drawn } from "../app";
import { isFiltered } from "../lib/filters";
import { columnsOf, roved } from "../lib/roving";
import { Button } from "./button";
import { ModelCard } from "./model-card";

const SKELETONS = 6;

export function ModelGrid({ app }: Drawn) {
  const { store, local, search } = app;
  const { cards: found, searching, query, more } = store.results.value;
  const chosen = store.model.value?.repo_id;
  const here = search.here();
  const cards = here?.length ? here : found;
  const asked = search.current().query.trim();
  const old = cards === found && asked !== query && (here !== null || app.isBusy("search"));
  const waiting = searching || app.isBusy("search");

  if (cards.length === 0) return waiting || here ? <Skeleton /> : <NothingFound app={app} />;

  const stop = [local.card.value, chosen].find((id) => cards.some((card) => card.id === id)) ?? cards[0]?.id ?? "";
  const loading = app.isBusy("load_more");
  return (
    <>
      <div
        class={old ? "grid dimmed" : "grid"}
        role="listbox"
        aria-label="Models"
        aria-busy={waiting}
        aria-description="Enter chooses a model, i shows its details"
        tabIndex={-1}
        onKeyDown={move}
      >
        {cards.map((card) => (
          <ModelCard
            key={card.id}
            app={app}
            card={card}
            chosen={card.id === chosen}
            checking={card.id === local.selecting.value}
            focusable={card.id === stop}
            open={card.id === local.details.value}
          />
        ))}
      </div>
      <div class="more">
        <Button class="btn after" onClick={() => app.openDetails(stop)}>
          Details of {stop.split("/").pop()}
        </Button>
        {more && cards === found && (
          <Button class="btn" off={loading} onClick={() => app.ask("load_more", {})}>
            {loading ? "Loading…" : "Load more"}
          </Button>
        )}
      </div>
    </>
  );
}

function move(event: KeyboardEvent) {
  const grid = event.currentTarget as HTMLElement;
  const items = [...grid.children] as HTMLElement[];
  const index = items.indexOf(event.target as HTMLElement);
  const next = index < 0 ? null : roved(event.key, index, items.length, columnsOf(items));
  if (next === null) return;
  event.preventDefault();
  items[next]?.focus();
}

function NothingFound({ app: { store, search } }: Drawn) {
  const { query, hidden } = store.results.value;
  const filtered = isFiltered(store.filters.value);
  return (
    <div class="empty">
      <p>{query ? `No model matches “${query}”${filtered ? " with these filters" : ""}.` : "No models to show."}</p>
      {hidden > 0 && <p>{hidden} were found and are kept back by your organisation’s rules.</p>}
      {filtered && (
        <Button class="link" onClick={() => search.change({ filters: {} })}>
          Clear the filters
        </Button>
      )}
    </div>
  );
}

const Skeleton = () => (
  <div class="grid" aria-hidden="true">
    {Array.from({ length: SKELETONS }, (_, index) => (
      <div key={index} class="card skeleton">
        <i />
        <i />
        <i />
      </div>
    ))}
  </div>
);
