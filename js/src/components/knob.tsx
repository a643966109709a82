/** One knob of the run, drawn by its kind. What is out of range is said by the kernel and shown here. */

import type { Drawn } from "../app";
import { choice } from "../lib/drafts";
import { plain } from "../lib/format";
import type { KnobView } from "../wire";
import { Field, hintId, knownError, knownNotes, Menu, option, Segmented, TextField } from "./field";
import { Layers } from "./layers";

type Value = string | number | boolean | null | readonly string[];

/** Choices stand side by side where there are few of them, in few words. */
const MOST_SEGMENTS = 3;
const MOST_LETTERS = 30;

/** The choices of a knob as the entries of a menu. */
export const optionsOf = (knob: KnobView) => knob.choices.map(([value, label]) => option(value, label));

export function Knob({ app, knob }: Drawn & { knob: KnobView }) {
  const { name, label, hint, kind, trainer_names } = knob;
  const field = `config.${name}`;
  const values = app.store.config.value as Record<string, Value> | null;
  const value = values?.[name] ?? null;
  const configure = (to: Value) => app.ask("configure", { changes: { [name]: to } });
  const called = trainer_names[app.store.deploy.value?.target ?? "trl"];
  const title = called && `The trainer calls it ${called}.`;

  if (name === "lora_targets" && app.store._config.value.layers.length > 0) return <Layers app={app} knob={knob} />;
  if (kind !== "choice" && kind !== "switch") {
    return (
      <TextField
        app={app}
        field={field}
        label={label}
        text={asText(value)}
        send={(text) => configure(fromText(knob, text, value))}
        hint={hint}
        title={title}
        notes={knownNotes(app, field)}
        numeric={kind !== "text"}
        unit={unitOf(knob)}
      />
    );
  }
  const [shown, choose] = choice(app, field, value, configure);
  const options = optionsOf(knob);
  const letters = options.reduce((sum, { label }) => sum + label.length, 0);
  const group = kind === "choice" && options.length <= MOST_SEGMENTS && letters <= MOST_LETTERS;
  const Choice = group ? Segmented : Menu;
  return (
    <Field
      app={app}
      id={field}
      label={label}
      hint={hint}
      title={title}
      error={knownError(app, field)}
      notes={knownNotes(app, field)}
      group={group}
    >
      {kind === "choice" ? (
        <Choice id={field} value={String(shown)} options={options} onChoose={choose} />
      ) : (
        <input
          id={field}
          type="checkbox"
          class="switch"
          checked={shown === true}
          aria-describedby={hintId(field)}
          onChange={(event) => choose(event.currentTarget.checked)}
        />
      )}
    </Field>
  );
}

function asText(value: Value): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The typed text as what it stands for; what is no number goes as it is, and the kernel says so. */
function fromText({ kind }: KnobView, text: string, before: Value): Value {
  const trimmed = text.trim();
  if (kind === "text") return Array.isArray(before) ? trimmed.split(/[\s,]+/).filter(Boolean) : trimmed;
  const value = Number(trimmed);
  return trimmed === "" ? null : Number.isFinite(value) ? value : trimmed;
}

/** What is accepted, in the words of the unit. */
function unitOf({ unit, minimum, maximum }: KnobView): string {
  const range = minimum == null || maximum == null ? "" : `${plain(minimum)} – ${plain(maximum)}`;
  return [unit, range].filter(Boolean).join(" · ");
}
