/** A labelled control with its hint and what is wrong with it, on one grid with its neighbours. */

import type { ComponentChildren } from "preact";
import type { App, Drawn } from "../app";
import { type Draft, draft } from "../lib/drafts";
import { keyOf } from "../lib/findings";
import type { Answer, Finding, Option } from "../wire";
import { FixButton } from "./findings";

interface FieldProps extends Drawn {
  /** The id of the control, or of the label where the control is a group. */
  id: string;
  label: string;
  hint?: string | undefined;
  title?: string | undefined;
  error?: Finding | undefined;
  /** The value in force, where another was refused. */
  still?: string | undefined;
  /** What else is known about it, short of an error. */
  notes?: readonly Finding[] | undefined;
  group?: boolean;
  children: ComponentChildren;
}

export const hintId = (id: string) => `${id}-hint`;

export function Field({ app, id, label, hint, title, error, still, notes, group, children }: FieldProps) {
  return (
    <div class="field">
      {group ? (
        <span class="label" id={id} title={title}>
          {label}
        </span>
      ) : (
        <label class="label" for={id} title={title}>
          {label}
        </label>
      )}
      <div class="bar">{children}</div>
      <div class="dim hint" id={hintId(id)}>
        {error && (
          <div class="bad">
            <span class="sr">Error: </span>
            {error.message} {still && <span>Still {still}.</span>}{" "}
            {error.fix && <FixButton app={app} fix={error.fix} />}
          </div>
        )}
        {hint}
        {notes?.map((note) => (
          <div key={keyOf(note)} class={`note ${note.severity}`}>
            <span aria-hidden="true">{note.severity === "warning" ? "! " : "i "}</span>
            <span class="sr">{note.severity === "warning" ? "Warning: " : "Note: "}</span>
            {note.message} {note.evidence} {note.fix && <FixButton app={app} fix={note.fix} />}
          </div>
        ))}
      </div>
    </div>
  );
}

interface TextFieldProps extends Drawn {
  /** The name of the choice, as findings call it. */
  field: string;
  label: string;
  text: string;
  send: (text: string) => Promise<Answer>;
  hint?: string;
  title?: string | undefined;
  notes?: readonly Finding[] | undefined;
  numeric?: boolean;
  unit?: string;
}

export function TextField({ app, field, label, text, send, hint, title, notes, numeric, unit }: TextFieldProps) {
  const typed = draft(app, field, text, send);
  const error = typed.refusal ?? knownError(app, field);
  return (
    <Field
      app={app}
      id={field}
      label={label}
      hint={hint}
      title={title}
      error={error}
      still={typed.refusal && text}
      notes={notes}
    >
      <input
        id={field}
        class={numeric ? "in number" : "in"}
        value={typed.text}
        inputMode={numeric ? "decimal" : "text"}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={hintId(field)}
        aria-invalid={error ? true : undefined}
        onInput={(event) => typed.type(event.currentTarget.value)}
        onBlur={typed.commit}
        onKeyDown={(event) => leaveOrCommit(event, typed)}
      />
      {unit && <span class="dim">{unit}</span>}
    </Field>
  );
}

function leaveOrCommit(event: KeyboardEvent, typed: Draft) {
  if (event.isComposing) return;
  if (event.key === "Enter") typed.commit();
  if (event.key === "Escape" && typed.reset()) event.stopPropagation();
}

/** What the kernel knows about a value, short of an error. */
export const knownNotes = (app: App, field: string) =>
  app.store.findings.value.filter((f) => f.severity !== "error" && f.field === field);

/** What the kernel holds against the value it has. */
export const knownError = (app: App, field: string) =>
  app.store.findings.value.find((f) => f.severity === "error" && f.field === field);

interface MenuProps {
  id?: string;
  label?: string;
  value: string;
  options: readonly Option[];
  onChoose: (value: string) => void;
}

export function Menu({ id, label, value, options, onChoose }: MenuProps) {
  return (
    <select
      id={id}
      class="menu"
      value={value}
      aria-label={label}
      aria-describedby={id && hintId(id)}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value} title={option.hint}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** An entry of a menu without a hint. */
export const option = (value: string, label: string): Option => ({ value, label, hint: "" });

interface SegmentedProps {
  /** The id of its label. */
  id: string;
  value: string;
  options: readonly Option[];
  onChoose: (value: string) => void;
}

/** A few choices side by side, of which one holds: native radio buttons drawn as one control. */
export function Segmented({ id, value, options, onChoose }: SegmentedProps) {
  return (
    <div class="segmented" role="radiogroup" aria-labelledby={id} aria-describedby={hintId(id)}>
      {options.map((option) => (
        <label key={option.value} title={option.hint}>
          <input
            type="radio"
            name={id}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
