/** One model, opened: what is known of it with where each fact is from, what is not and why, and its files. */

import { Component } from "preact";
import type { App, Drawn } from "../app";
import { counted, fileSize } from "../lib/format";
import { safeLink } from "../lib/links";
import type { DetailsView, FactLine } from "../wire";
import { Button } from "./button";
import { Menu, option } from "./field";
import { Findings } from "./findings";
import { Icon } from "./icon";

const USES = [option("unstated", "not said"), option("commercial", "commercial use"), option("research", "research")];
const ROLES = { weights: "loaded", read: "read", other: "" } as const;

export class DetailsPanel extends Component<Drawn> {
  heading: HTMLElement | null = null;

  override componentDidMount() {
    this.heading?.focus();
  }

  override componentWillUnmount() {
    const root = this.heading?.getRootNode() as ShadowRoot | undefined;
    if (!this.heading?.parentElement?.parentElement?.contains(root?.activeElement ?? null)) return;
    root?.querySelector<HTMLElement>("[role=option][tabindex='0']")?.focus();
  }

  render({ app }: Drawn) {
    const { local } = app;
    const id = local.details.value;
    const view = local.detailsView.value;
    const wrong = local.detailsWrong.value;
    return (
      <section
        class="details"
        aria-labelledby="details-of"
        aria-busy={view?.id !== id}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          app.closeDetails();
        }}
      >
        <div class="bar spread">
          <h4
            id="details-of"
            tabIndex={-1}
            ref={(heading) => {
              this.heading = heading;
            }}
          >
            {id.split("/").pop()}
          </h4>
          <Button class="quiet" aria-label="Close the details" onClick={() => app.closeDetails()}>
            <Icon name="cross" />
          </Button>
        </div>
        <Findings app={app} findings={wrong} />
        {view ? <Opened app={app} view={view} /> : wrong.length === 0 && <p class="dim">Asking the Hub…</p>}
      </section>
    );
  }
}

function Opened({ app, view }: { app: App; view: DetailsView }) {
  const { facts, unknown, files, more_files, page, licence_link } = view;
  const groups = [...new Set(facts.map(({ group }) => group))];
  const chosen = app.store.model.value;
  const isChosen = chosen?.repo_id === view.id;
  return (
    <>
      <div class="bar">
        <Button class="btn" off={isChosen} onClick={() => app.selectModel({ repo_id: view.id })}>
          {isChosen ? "Chosen" : "Choose this model"}
        </Button>
        <Link address={page} words="Its page" />
        <Link address={licence_link} words="Licence text" />
      </div>
      {groups.map((group) => (
        <section key={group} class="group" aria-label={group}>
          <h5>{group}</h5>
          <Lines lines={facts.filter((line) => line.group === group)} />
          {group === "Terms" && isChosen && (
            <div class="bar">
              <span class="dim">Made for</span>
              <Menu
                label="What the tuned model is for"
                value={chosen?.use ?? "unstated"}
                options={USES}
                onChoose={(use) => app.ask("state_use", { use: use as "unstated" })}
              />
            </div>
          )}
        </section>
      ))}
      {unknown.length > 0 && (
        <section class="group" aria-label="Not known">
          <h5>Not known</h5>
          <Lines lines={unknown} />
        </section>
      )}
      {files.length > 0 && (
        <section class="group" aria-label="Files">
          <h5>{counted(files.length + more_files, "file")}</h5>
          <ul class="repo-files">
            {files.map(({ path, bytes, role }) => (
              <li key={path}>
                <code>{path}</code>
                <span class="dim">
                  {ROLES[role]} {bytes == null ? "size unknown" : fileSize(bytes)}
                </span>
              </li>
            ))}
            {more_files > 0 && <li class="dim">and {counted(more_files, "file")} more</li>}
          </ul>
        </section>
      )}
    </>
  );
}

const Lines = ({ lines }: { lines: readonly FactLine[] }) => (
  <dl>
    {lines.map(({ label, text, source }) => (
      <div key={label}>
        <dt>{label}</dt>
        <dd>
          {text && <span>{text}</span>}
          <span class="dim">{source}</span>
        </dd>
      </div>
    ))}
  </dl>
);

function Link({ address, words }: { address: string; words: string }) {
  const safe = safeLink(address);
  return safe ? (
    <a class="link" href={safe} target="_blank" rel="noopener noreferrer">
      {words}
      <span class="sr"> (opens in a new tab)</span>
    </a>
  ) : null;
}
