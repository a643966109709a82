/** The models that were found: one tab stop, arrows to move, Enter or Space to choose. */

import type { Drawn } from "../app";
import { columnsOf, roved } from "../lib/roving";
import { isFiltered } from "../search";
import { Button } from "./button";
import { ModelCard } from "./model-card";

const SKELETONS = 6;

export function ModelGrid({ app }: Drawn) {
  const { store, local } = app;
  const { cards, searching, query, more } = store.results.value;
  const chosen = store.model.value?.repo_id;
  const asked = app.search.current().query.trim();
  const old = asked !== query && app.isBusy("search");
  const waiting = searching || app.isBusy("search");

  if (cards.length === 0) return waiting ? <Skeleton /> : <NothingFound app={app} />;

  const stop = [local.card.value, chosen].find((id) => cards.some((card) => card.id === id)) ?? cards[0]?.id;
  const loading = app.isBusy("load_more");
  return (
    <>
      <div
        class={old ? "grid dimmed" : "grid"}
        role="listbox"
        aria-label="Models"
        aria-busy={waiting}
        tabIndex={-1}
        onKeyDown={move}
      >
        {cards.map((card, index) => (
          <ModelCard
            key={card.id}
            card={card}
            chosen={card.id === chosen}
            checking={card.id === local.selecting.value}
            focusable={card.id === stop}
            position={index + 1}
            count={cards.length}
            onChoose={() => card.id !== chosen && app.selectModel({ repo_id: card.id })}
            onFocus={() => {
              local.card.value = card.id;
            }}
          />
        ))}
      </div>
      {more && (
        <div class="more">
          <Button class="btn" off={loading} onClick={() => app.ask("load_more", {})}>
            {loading ? "Loading…" : "Load more"}
          </Button>
        </div>
      )}
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
  const { query } = store.results.value;
  const filtered = isFiltered(store.filters.value);
  return (
    <div class="empty">
      <p>{query ? `No model matches “${query}”${filtered ? " with these filters" : ""}.` : "No models to show."}</p>
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
