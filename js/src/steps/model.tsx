/** The model step: search, filter, choose one card, and see at once what is known against it. */

import type { Drawn } from "../app";
import { Button } from "../components/button";
import { Confirm } from "../components/confirm";
import { Menu, option } from "../components/field";
import { FilterChips } from "../components/filter-chips";
import { Findings } from "../components/findings";
import { Footer } from "../components/footer";
import { ModelGrid } from "../components/model-grid";
import { SearchBox } from "../components/search-box";
import { isFiltered } from "../lib/filters";
import { findingsOf, troublesOf } from "../lib/findings";
import { age, counted, day, whole } from "../lib/format";
import { modelReference } from "../lib/reference";
import type { AccessFact } from "../wire";

export function ModelStep({ app }: Drawn) {
  const { store, local } = app;
  const { notice } = store.results.value;
  const known = findingsOf(app, "model");
  const question = known.find(({ code }) => code === "size-confirm");
  const told = [
    ...(notice ? [notice] : []),
    ...troublesOf(app, "search", "load_more", "select_model", "undo", "resume", "state_use"),
    ...known.filter((finding) => finding !== question),
  ];
  const later = local.later.value;
  const filters = store._ui.value.show_filters;
  const open = local.details.value !== "";
  return (
    <>
      <div class="panel">
        <SearchBox app={app} />
        {filters && <FilterChips app={app} />}
        {filters && local.filtersOpen.value && later && <later.panels.Filters app={app} />}
        <StatusLine app={app} />
        {question && <Confirm key={question.message} app={app} finding={question} />}
        <Findings app={app} findings={told} more={({ code }) => code === "card-unknown" && <Cards app={app} />} />
        <div class={open ? "browse open" : "browse"}>
          <div class="results">
            <ModelGrid app={app} />
            {later && <later.panels.Import app={app} />}
          </div>
          {open && later && <later.panels.Details key={local.details.value} app={app} />}
        </div>
      </div>
      <Footer app={app}>
        <Checked app={app} />
      </Footer>
    </>
  );
}

/** The cards to hold models against, where this machine has none. */
function Cards({ app }: Drawn) {
  const { gpus } = app.store._config_menus.value;
  if (gpus.length === 0) return null;
  const hold = async (name: string) => {
    if (!name) return;
    await app.ask("choose_gpu", { name });
    app.search.change({});
  };
  return (
    <Menu
      label="Card to hold memory against"
      value=""
      options={[option("", "Choose a card"), ...gpus]}
      onChoose={hold}
    />
  );
}

function StatusLine({ app }: Drawn) {
  const { results, filters } = app.store;
  const { local } = app;
  const { cards, query, searching, stale_seconds, looked_at, bounded, hidden, corrected } = results.value;
  const { from_catalogue, from_seen, from_hub, from_disk, catalogue_date } = results.value;
  const here = app.search.here();
  const popular = !query && !isFiltered(filters.value);
  const sources = [
    from_disk > 0 && `${whole(from_disk)} on this disk`,
    from_catalogue > 0 && `${whole(from_catalogue)} from the built-in catalogue of ${day(catalogue_date)}`,
    from_seen > 0 && `${whole(from_seen)} seen earlier`,
    from_hub > 0 && `${whole(from_hub)} from the Hub${stale_seconds == null ? "" : `, ${age(stale_seconds)} old`}`,
    searching && "asking the Hub…",
  ].filter(Boolean);
  const count = cards.length > 0 || !searching ? counted(cards.length, popular ? "popular model" : "model") : "";
  const reference = modelReference(app.search.current().query);
  const asides = [
    corrected && `also looked for “${corrected}”`,
    hidden > 0 && `${whole(hidden)} kept back by your organisation’s rules`,
    looked_at > cards.length &&
      `looked at ${whole(looked_at)} to find these${bounded ? ", the most that is looked at" : ""}`,
  ].filter(Boolean);
  return (
    <div class="dim status">
      <span>
        {here
          ? `${counted(here.length, "model")} here already…`
          : [count, sources.join(", ")].filter(Boolean).join(" · ")}
      </span>
      {reference ? (
        <span>
          {local.offered.value === reference && "Press Enter again, or "}
          <Button class="link" onClick={() => app.selectModel({ repo_id: reference })}>
            Use {reference} <span aria-hidden="true">↵</span>
          </Button>
        </span>
      ) : (
        <span>{asides.join(" · ")}</span>
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
      {" · "}
      <Button class="link" onClick={() => app.openDetails(repo_id)}>
        Details
      </Button>
    </>
  );
}
