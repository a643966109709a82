/** The dataset step: choose rows, see what they were taken for, overrule it, and see what is wrong with them. */

import type { Drawn } from "../app";
import { Field, Menu, option, TextField } from "../components/field";
import { Findings } from "../components/findings";
import { Footer } from "../components/footer";
import { RowsTable } from "../components/rows-table";
import { SourcePicker } from "../components/source-picker";
import { choice } from "../lib/drafts";
import { findingsOf, troublesOf } from "../lib/findings";
import { counted, whole } from "../lib/format";
import type { Payload } from "../store";
import type { Answer, DatasetStep as Chosen } from "../wire";

export function DatasetStep({ app }: Drawn) {
  const chosen = app.store.dataset.value;
  const told = [
    ...troublesOf(app, "use_dataset", "list_sources", "preview_rows", "undo"),
    ...findingsOf(app, "dataset"),
  ];
  const busy = app.isBusy("use_dataset");
  return (
    <>
      <div class="panel two">
        <div>
          <SourcePicker app={app} />
          {chosen && <Reading app={app} chosen={chosen} />}
          <Findings app={app} findings={told} />
        </div>
        <div class={busy ? "dimmed" : undefined} aria-busy={busy}>
          <RowsTable app={app} />
        </div>
      </div>
      <Footer app={app}>{chosen ? checked(chosen) : "No dataset is chosen yet."}</Footer>
    </>
  );
}

function checked({ rows, excluded_rows: { length } }: Chosen): string {
  return `${counted(rows, "row")} read${length > 0 ? `, ${whole(length)} left out` : ""}.`;
}

interface ReadingProps extends Drawn {
  chosen: Chosen;
}

/** How the rows are read: what was detected, menus to overrule it, and whether they will do. */
function Reading({ app, chosen }: ReadingProps) {
  const { store } = app;
  const { formats } = store._dataset_menus.value;
  const columns = Object.values(chosen.columns).map((column) => `“${column}”`);
  const ready = store.statuses.value.dataset === "completed";
  const method = store.config.value?.method.toUpperCase();
  const reread = (part: Payload<"use_dataset">) => app.ask("use_dataset", { ...again(chosen), ...part });
  const [format, setFormat] = choice<string>(app, "dataset.format", chosen.format.value ?? "", (value) =>
    reread({ format: value, columns: null, exclude_problems: [] }),
  );
  return (
    <>
      <div class="bar spread verdict">
        <b>
          {formats.find(({ value }) => value === chosen.format.value)?.label ?? "Format not known"}
          {columns.length > 0 && `, from ${columns.join(", ")}`}
        </b>
        <b class={ready ? "fits" : "no"}>
          {ready ? "✓ Ready" : "✕ Not ready"}
          {method && ` for ${method}`}
        </b>
      </div>
      <Field app={app} id="dataset.format" label="Format" hint={chosen.format.source}>
        <Menu
          id="dataset.format"
          value={format}
          options={chosen.format.value ? formats : [option("", "Not detected"), ...formats]}
          onChoose={(value) => value && setFormat(value)}
        />
      </Field>
      {Object.keys(chosen.columns).map((role) => (
        <Column key={role} app={app} role={role} chosen={chosen} reread={reread} />
      ))}
      <HeldOut app={app} chosen={chosen} reread={reread} />
    </>
  );
}

interface RereadProps extends ReadingProps {
  reread: (part: Payload<"use_dataset">) => Promise<Answer>;
}

function Column({ app, role, chosen: { columns, features }, reread }: RereadProps & { role: string }) {
  const id = `dataset.columns.${role}`;
  const [shown, choose] = choice(app, id, columns[role] ?? "", (column) =>
    reread({ columns: { ...columns, [role]: column } }),
  );
  const options = Object.entries(features).map(([name, type]) => option(name, `${name} · ${type}`));
  return (
    <Field app={app} id={id} label={`Column: ${role.replaceAll("_", " ")}`}>
      <Menu id={id} value={shown} options={options} onChoose={choose} />
    </Field>
  );
}

function HeldOut({ app, chosen: { rows, excluded_rows, eval_share }, reread }: RereadProps) {
  const held = Math.round((rows - excluded_rows.length) * eval_share);
  return (
    <TextField
      app={app}
      field="dataset.eval_share"
      label="Held out"
      text={String(Math.round(eval_share * 1000) / 10)}
      send={(text) => reread({ eval_share: Number(text) / 100 })}
      hint={held > 0 ? `About ${counted(held, "row")} to measure on, never trained.` : "Nothing to measure on."}
      numeric
      unit="% of the rows"
    />
  );
}

/** What has to be said again so that a second reading keeps what was chosen in the first. */
const again = ({ format, columns, eval_share, exclude_problems }: Chosen): Payload<"use_dataset"> => ({
  format: format.value,
  columns,
  eval_share,
  exclude_problems,
});
