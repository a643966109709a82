/** The dataset step: choose rows, see what the model will see of them, overrule how they are read, put right what is wrong. */

import type { App, Drawn } from "../app";
import { BeingRead, isReading } from "../components/being-read";
import { Button } from "../components/button";
import { option, Segmented } from "../components/field";
import { Findings } from "../components/findings";
import { Footer } from "../components/footer";
import { Lengths } from "../components/lengths";
import { Reading } from "../components/reading";
import { RowsTable } from "../components/rows-table";
import { Seen } from "../components/seen";
import { SourcePicker } from "../components/source-picker";
import { WhenChanged } from "../components/when-changed";
import { localOf, look, seenOf, setLocal, show } from "../lib/dataset-local";
import { findingsOf, troublesOf } from "../lib/findings";
import { counted, whole } from "../lib/format";
import type { DatasetStep as Chosen, Finding, RowsBeingRead } from "../wire";

const VIEWS = [option("trained", "As trained"), option("rows", "Rows")];

export function DatasetStep({ app }: Drawn) {
  const chosen = app.store.dataset.value;
  const known = findingsOf(app, "dataset");
  const told = [
    ...troublesOf(app, "use_template", "search_datasets", "list_sources", "preview_rows", "undo"),
    ...known.filter((finding) => !isRefused(finding)),
  ];
  const busy = app.isBusy("use_dataset");
  const reading = app.store._reading.value;
  // What was refused before is of no concern while other rows are read.
  const refused = isReading(reading) ? [] : [...troublesOf(app, "use_dataset"), ...known.filter(isRefused)];
  const view = localOf(app).view ?? "trained";
  return (
    <>
      {chosen?.format.value && <WhenChanged of={seenOf(app)} then={() => lookAgain(app)} />}
      <div class="panel two dataset">
        <div>
          <SourcePicker app={app} />
          <Findings app={app} findings={refused} />
          <div class={isAnother(reading, chosen) ? "former" : undefined}>
            {chosen && <Verdict app={app} chosen={chosen} />}
            {chosen?.format.value && <Lengths app={app} />}
            <Findings app={app} findings={told} more={(finding) => <RowsOf app={app} finding={finding} />} />
            {chosen && (
              <details class="reading" open={!chosen.format.value || told.some(isAboutReading)}>
                <summary class="link">How the rows are read</summary>
                <Reading app={app} chosen={chosen} />
              </details>
            )}
          </div>
        </div>
        <div class={busy && !isReading(reading) ? "dimmed" : undefined} aria-busy={busy}>
          {isReading(reading) && <BeingRead app={app} reading={reading} />}
          {chosen && reading.first.rows.length === 0 && (
            <div class="bar views">
              <span class="sr" id="view">
                What is shown of the rows
              </span>
              <Segmented
                id="view"
                value={chosen.format.value ? view : "rows"}
                options={VIEWS}
                onChoose={(value) => setLocal(app, { view: value as "trained" | "rows" })}
              />
            </div>
          )}
          {reading.first.rows.length === 0 &&
            (chosen?.format.value && view === "trained" ? (
              <Seen app={app} />
            ) : (
              !isReading(reading) && <RowsTable app={app} />
            ))}
        </div>
      </div>
      <Footer app={app}>{chosen ? checked(chosen) : "No dataset is chosen yet."}</Footer>
    </>
  );
}

/** Whether other rows than those in use are being read: what is said of these is of less concern. */
const isAnother = ({ name }: RowsBeingRead, chosen: Chosen | null) => name !== "" && name !== chosen?.source.name;

/** What is seen and counted is old once a choice is another: the same row is looked at again. */
function lookAgain(app: App) {
  const { row = 0 } = localOf(app);
  look(app, Math.min(row, Math.max((app.store.dataset.value?.rows ?? 1) - 1, 0)));
  if (app.store.model.value) app.ask("count_tokens", { exact: false });
}

/** About rows that were asked for and not taken: the dataset in use has nothing to do with it. */
const isRefused = ({ field }: Finding) => field === "dataset.refused";

const isAboutReading = ({ severity, field }: Finding) =>
  severity === "error" && /^dataset\.(format|columns|roles|eval|limit|seed)/.test(field);

/** Whether the rows will do for this method, and as what they are read. */
function Verdict({ app, chosen }: Drawn & { chosen: Chosen }) {
  const { formats } = app.store._dataset_menus.value;
  const columns = Object.values(chosen.columns).map((column) => `“${column}”`);
  const method = app.store.config.value?.method.toUpperCase();
  const ready = app.store.statuses.value.dataset === "completed";
  const { row_changes } = app.store._session.value;
  const warned = findingsOf(app, "dataset").some(({ severity }) => severity === "warning");
  const how = row_changes.length > 0 ? " with changes" : warned ? ", with remarks" : "";
  const words = ready ? `${warned ? "!" : "✓"} Ready${how}` : "✕ Can't be trained on yet";
  return (
    <>
      <div class="bar spread verdict">
        <b>
          {formats.find(({ value }) => value === chosen.format.value)?.label ?? "Format not recognised"}
          {columns.length > 0 && `, from ${columns.join(", ")}`}
        </b>
        <b class={!ready ? "no" : warned ? "tight" : "fits"}>
          {words}
          {method && ` for ${method}`}
        </b>
      </div>
      {ready && row_changes.length > 0 && (
        <ul class="dim row-changes" aria-label="What is done to the rows">
          {row_changes.map((change) => (
            <li key={change}>{change}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The first rows that a finding is about, to be looked at. */
function RowsOf({ app, finding }: Drawn & { finding: Finding }) {
  const rows = app.store.dataset.value?.problems.find(({ code }) => code === finding.code)?.rows ?? [];
  if (finding.field !== "dataset.rows" || rows.length === 0) return null;
  return (
    <p class="bar">
      {rows.slice(0, 5).map((row) => (
        <Button key={row} class="link" onClick={() => show(app, row)}>
          Show row {whole(row + 1)}
        </Button>
      ))}
    </p>
  );
}

function checked({ rows, checked_rows, excluded_rows: { length } }: Chosen): string {
  const out = length > 0 ? `, ${whole(length)} left out` : "";
  if (checked_rows != null && checked_rows < rows) {
    return `A sample of ${counted(checked_rows, "row")} of about ${whole(rows)} checked${out}.`;
  }
  return `${counted(rows, "row")} read${out}.`;
}
