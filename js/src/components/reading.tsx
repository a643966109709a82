/** How the rows are read: what was recognised and why, menus to overrule it, and what of the rows is used. */

import type { Drawn } from "../app";
import { again } from "../lib/dataset-local";
import { choice } from "../lib/drafts";
import { counted } from "../lib/format";
import type { Payload } from "../store";
import type { Answer, DatasetStep as Chosen, FormatCandidate } from "../wire";
import { Field, Menu, option, TextField } from "./field";
import { Split } from "./hub-datasets";

const ROLES = ["system", "user", "assistant", "tool"].map((role) => option(role, role));
const SHOWN_CHARACTERS = 140;

interface RereadProps extends Drawn {
  chosen: Chosen;
  reread: (part: Payload<"use_dataset">) => Promise<Answer>;
}

export function Reading({ app, chosen }: Drawn & { chosen: Chosen }) {
  const { formats } = app.store._dataset_menus.value;
  const reread = (part: Payload<"use_dataset">) => app.ask("use_dataset", { ...again(app), ...part });
  const [format, setFormat] = choice<string>(app, "dataset.format", chosen.format.value ?? "", (value) =>
    reread({ format: value, columns: null, exclude_problems: [] }),
  );
  const props = { app, chosen, reread };
  const { kind, splits } = chosen.source;
  return (
    <>
      {chosen.candidates.filter(({ format: of }) => of).length > 1 && <Candidates {...props} />}
      <Field app={app} id="dataset.format" label="Format" hint={chosen.format.source}>
        <Menu
          id="dataset.format"
          value={format}
          options={chosen.format.value ? formats : [option("", "Not recognised"), ...formats]}
          onChoose={(value) => value && setFormat(value)}
        />
      </Field>
      {Object.keys(chosen.columns).map((role) => (
        <Column key={role} {...props} role={role} />
      ))}
      {chosen.role_names
        .filter((name) => !ROLES.some(({ value }) => value === name) || name in chosen.roles)
        .map((name) => (
          <Role key={name} {...props} name={name} />
        ))}
      <ReadRows {...props} />
      {kind !== "hub" && splits.length > 1 && <Split app={app} />}
      <HeldOut {...props} />
      <TextField
        app={app}
        field="dataset.limit"
        label="At most"
        text={chosen.limit == null ? "" : String(chosen.limit)}
        send={(text) => reread({ limit: text.trim() === "" ? 0 : Number(text) })}
        hint={chosen.limit == null ? "Empty trains on all rows." : "Picked by the seed, the same each time."}
        numeric
        unit="rows"
      />
      <TextField
        app={app}
        field="dataset.seed"
        label="Seed"
        text={chosen.seed == null ? "" : String(chosen.seed)}
        send={(text) => reread({ seed: text.trim() === "" ? null : Number(text) })}
        hint={chosen.seed == null ? "Empty uses the seed of the run." : ""}
        numeric
      />
    </>
  );
}

/** Formats that the rows could be in, side by side, each with what the first row becomes in it. */
function Candidates({ app, chosen, reread }: RereadProps) {
  const { formats } = app.store._dataset_menus.value;
  const first = app.store._rows.value;
  const cell = (column: string) => first.rows[0]?.[first.columns.indexOf(column)] ?? "";
  const holds = ({ format, columns }: FormatCandidate) =>
    format === chosen.format.value &&
    Object.entries(columns).every(([need, column]) => chosen.columns[need] === column);
  return (
    <fieldset class="candidates">
      <legend>These rows can be read in several ways</legend>
      {chosen.candidates
        .filter(({ format }) => format)
        .map((candidate) => {
          const { format, columns, confidence, evidence } = candidate;
          return (
            <label key={`${format} ${Object.values(columns)}`} class="candidate">
              <input
                type="radio"
                name="dataset.candidate"
                checked={holds(candidate)}
                onChange={() => reread({ format, columns, exclude_problems: [] })}
              />
              <span>
                <b>{formats.find(({ value }) => value === format)?.label ?? format}</b>{" "}
                <span class="dim">{Math.round(100 * confidence)} % sure</span>
                <span class="dim">{evidence}</span>
                <dl class="example">
                  {Object.entries(columns).map(([need, column]) => (
                    <div key={need}>
                      <dt>{need.replaceAll("_", " ")}</dt>
                      <dd>{cell(column).slice(0, SHOWN_CHARACTERS)}</dd>
                    </div>
                  ))}
                </dl>
              </span>
            </label>
          );
        })}
    </fieldset>
  );
}

function Column({ app, role, chosen: { columns, features, format }, reread }: RereadProps & { role: string }) {
  const id = `dataset.columns.${role}`;
  const [shown, choose] = choice(app, id, columns[role] ?? "", (column) =>
    reread({ format: format.value, columns: { ...columns, [role]: column } }),
  );
  const options = Object.entries(features).map(([name, type]) => option(name, `${name} · ${type}`));
  return (
    <Field app={app} id={id} label={`Column: ${role.replaceAll("_", " ")}`}>
      <Menu id={id} value={shown} options={options} onChoose={choose} />
    </Field>
  );
}

/** What a role is called in the rows, and what it stands for. */
function Role({ app, name, chosen: { roles }, reread }: RereadProps & { name: string }) {
  const id = `dataset.roles.${name}`;
  const [shown, choose] = choice(app, id, roles[name] ?? "", (role) => reread({ roles: { ...roles, [name]: role } }));
  const options = roles[name] ? ROLES : [option("", "as it is known"), ...ROLES];
  return (
    <Field app={app} id={id} label={`Role: ${name}`}>
      <Menu id={id} value={shown} options={options} onChoose={(role) => role && choose(role)} />
    </Field>
  );
}

/** The first rows by what each column stands for, so that a wrong column is seen at once. */
function ReadRows({ app, chosen: { columns } }: RereadProps) {
  const first = app.store._rows.value;
  const needs = Object.entries(columns);
  if (needs.length === 0 || first.rows.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class="box rows" aria-label="The first rows as they are read" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {needs.map(([need]) => (
              <th key={need} scope="col">
                {need.replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first.rows.slice(0, 3).map((cells, row) => (
            <tr key={row}>
              {needs.map(([need, column]) => (
                <td key={need}>
                  <div>{(cells[first.columns.indexOf(column)] ?? "").slice(0, SHOWN_CHARACTERS)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function HeldOut({ app, chosen, reread }: RereadProps) {
  const { rows, excluded_rows, eval_share, eval_split, eval_rows, source } = chosen;
  const held = eval_split ? eval_rows : Math.round((rows - excluded_rows.length) * eval_share);
  const others = source.splits.filter((split) => split !== source.split);
  const id = "dataset.eval_split";
  const [shown, choose] = choice(app, id, eval_split ?? "", (split) =>
    split ? app.ask("use_dataset", { eval_split: split }) : app.ask("use_dataset", { eval_split: "", eval_share: 0 }),
  );
  return (
    <>
      {others.length > 0 && (
        <Field app={app} id={id} label="Measured on">
          <Menu
            id={id}
            value={shown}
            options={[option("", "a share of the rows"), ...others.map((split) => option(split, `split ${split}`))]}
            onChoose={choose}
          />
        </Field>
      )}
      {!eval_split && (
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
      )}
    </>
  );
}
