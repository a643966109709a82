/** The model step: search, filter, choose one card, and see at once what is known against it. */

import type { Drawn } from "../app";
import { Button } from "../components/button";
import { FilterChips } from "../components/filter-chips";
import { Findings } from "../components/findings";
import { Footer } from "../components/footer";
import { ModelGrid } from "../components/model-grid";
import { SearchBox } from "../components/search-box";
import { findingsOf, troublesOf } from "../lib/findings";
import { age, counted, day, whole } from "../lib/format";
import { modelReference } from "../lib/reference";
import { isFiltered } from "../search";
import type { AccessFact } from "../wire";

export function ModelStep({ app }: Drawn) {
  const { notice } = app.store.results.value;
  const told = [
    ...(notice ? [notice] : []),
    ...troublesOf(app, "search", "load_more", "select_model", "undo", "resume"),
    ...findingsOf(app, "model"),
  ];
  return (
    <>
      <div class="panel">
        <SearchBox app={app} />
        {app.store._ui.value.show_filters && <FilterChips app={app} />}
        <StatusLine app={app} />
        <Findings app={app} findings={told} />
        <ModelGrid app={app} />
      </div>
      <Footer app={app}>
        <Checked app={app} />
      </Footer>
    </>
  );
}

function StatusLine({ app }: Drawn) {
  const { results, filters } = app.store;
  const { cards, from_catalogue, from_hub, looked_at, catalogue_date, searching, query, stale_seconds } = results.value;
  const popular = !query && !isFiltered(filters.value);
  const sources = [
    from_catalogue > 0 && `${whole(from_catalogue)} from the built-in catalogue of ${day(catalogue_date)}`,
    from_hub > 0 && `${whole(from_hub)} from the Hub${stale_seconds == null ? "" : `, ${age(stale_seconds)} old`}`,
    searching && "asking the Hub…",
  ].filter(Boolean);
  const count = cards.length > 0 || !searching ? counted(cards.length, popular ? "popular model" : "model") : "";
  const reference = modelReference(app.search.current().query);
  return (
    <div class="dim status">
      <span>{[count, sources.join(", ")].filter(Boolean).join(" · ")}</span>
      {reference ? (
        <Button class="link" onClick={() => app.selectModel({ repo_id: reference })}>
          Use {reference} <span aria-hidden="true">↵</span>
        </Button>
      ) : (
        looked_at > cards.length && <span>looked at {whole(looked_at)} to find these</span>
      )}
    </div>
  );
}

const ACCESS: Record<NonNullable<AccessFact["value"]>, string> = {
  open: "open to everyone",
  granted: "access checked with your token",
  no_token: "needs a token",
  bad_token: "the token was refused",
  not_accepted: "its terms are not accepted yet",
  pending: "access is asked for, not granted yet",
  disabled: "disabled by the Hub",
};

function Checked({ app }: Drawn) {
  const chosen = app.store.model.value;
  if (!chosen) return <>No model is chosen yet.</>;
  const { repo_id, revision, info, access } = chosen;
  const local = info.origin === "folder";
  return (
    <>
      <b>{local ? repo_id : repo_id.split("/").pop()}</b> ·{" "}
      <span title={access.source}>
        {local ? "a folder on this disk" : access.value ? ACCESS[access.value] : `access unknown: ${access.source}`}
      </span>
      {revision && (
        <>
          {" · pinned to "}
          <code title={revision}>{revision.slice(0, 7)}</code>
        </>
      )}
    </>
  );
}
