/** A dataset of the Hub: searched by its name, then its split, its configuration and its commit. */

import type { App, Drawn } from "../app";
import { localOf, setLocal } from "../lib/dataset-local";
import { choice } from "../lib/drafts";
import { compact } from "../lib/format";
import type { DatasetCard, DatasetResults } from "../wire";
import { Button } from "./button";
import { Field, Menu, option, TextField } from "./field";
import { Findings } from "./findings";

export function HubDatasets({ app }: Drawn) {
  const used = app.store.dataset.value?.source;
  const { query = used?.kind === "hub" ? used.name : "", found } = localOf(app);
  return (
    <>
      <div class="bar hub">
        <input
          class="in path"
          type="search"
          aria-label="Search datasets of the Hub"
          placeholder="Search the Hub, or type author/name"
          autocomplete="off"
          spellcheck={false}
          value={query}
          onInput={(event) => type(app, event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.isComposing) return;
            const named = query.trim();
            if (named.includes("/")) app.ask("use_dataset", { hub: named });
            else search(app, query);
          }}
        />
        <Button
          class="btn"
          off={!query.includes("/")}
          title="The dataset of this name"
          onClick={() => app.ask("use_dataset", { hub: query.trim() })}
        >
          Use
        </Button>
      </div>
      {found?.notice && <Findings app={app} findings={[found.notice]} />}
      {found && found.cards.length === 0 && !found.notice && (
        <p class="dim">No dataset of the Hub has these words in its name.</p>
      )}
      {found && found.cards.length > 0 && (
        <ul class="list files" aria-label="Datasets found">
          {found.cards.map((card) => (
            <li key={card.id}>
              <Button
                aria-pressed={used?.kind === "hub" && used.name === card.id}
                title={card.about}
                onClick={() => app.ask("use_dataset", { hub: card.id })}
              >
                <span>{card.id}</span>
                <span>{about(card)}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {used?.kind === "hub" && <Place app={app} />}
    </>
  );
}

const about = ({ downloads, likes, gated, updated }: DatasetCard) =>
  [
    gated && "gated",
    downloads != null && `${compact(downloads)} ↓`,
    likes != null && `${compact(likes)} likes`,
    updated.slice(0, 10),
  ]
    .filter(Boolean)
    .join(" · ");

let waiting = () => {};

function type(app: App, query: string) {
  setLocal(app, { query });
  waiting();
  waiting = app.scope.after(app.store._ui.value.debounce_ms, () => search(app, query));
}

async function search(app: App, query: string) {
  waiting();
  if (!query.trim()) return setLocal(app, { found: null });
  const { payload } = await app.ask("search_datasets", { query: query.trim() });
  // What was typed since is searched by itself.
  if (payload.datasets && localOf(app).query === query) {
    setLocal(app, { found: payload.datasets as unknown as DatasetResults });
  }
}

/** Which part of the dataset, and at which commit. */
function Place({ app }: Drawn) {
  const source = app.store.dataset.value?.source;
  if (!source) return null;
  const { name, config, revision, splits } = source;
  return (
    <>
      {splits.length > 1 && <Split app={app} />}
      <TextField
        app={app}
        field="dataset.config"
        label="Configuration"
        text={config ?? ""}
        send={(text) => app.ask("use_dataset", { hub: name, config: text.trim() || null })}
      />
      <TextField
        app={app}
        field="dataset.revision"
        label="Commit"
        text={revision ?? ""}
        send={(text) => app.ask("use_dataset", { hub: name, config, revision: text.trim() || null })}
        hint="The package reads exactly this one."
      />
    </>
  );
}

/** The split that is trained on, of a source that has several. */
export function Split({ app }: Drawn) {
  const { split, splits } = app.store.dataset.value?.source ?? { split: "", splits: [] };
  const id = "dataset.split";
  const [shown, choose] = choice(app, id, split ?? "", (value) => app.ask("use_dataset", { split: value }));
  return (
    <Field app={app} id={id} label="Split">
      <Menu id={id} value={shown} options={splits.map((name) => option(name, name))} onChoose={choose} />
    </Field>
  );
}
