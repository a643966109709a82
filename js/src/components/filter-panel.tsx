/** Every filter of the search, as fields. What is on is repeated above the results as chips. */

import type { Drawn } from "../app";
import {
  type Bound,
  FORMATS,
  LICENCES,
  quantity,
  type RefusedBounds,
  standing,
  TASKS,
  upsideDown,
  without,
} from "../lib/filters";
import { Menu, option } from "./field";

const ANY = option("", "Any");
const TASK_OPTIONS = [ANY, ...TASKS.map(([value, label]) => option(value, label))];
const GATE_OPTIONS = [ANY, option("open", "Open to everyone"), option("gated", "Gated")];

export function FilterPanel({ app }: Drawn) {
  const { search } = app;
  const { filters } = search.current();
  type Filters = typeof filters;
  const set = (name: keyof Filters, value: unknown) =>
    search.change({ filters: { ...without(filters, [name]), ...(value ? { [name]: value } : {}) } });

  const wrong = standing(app.local.refusedBounds.value, filters);
  const bound = (name: Bound, label: string, unit: number) => {
    const value = filters[name];
    return (
      <input
        ref={(box) => {
          // What is being typed, or was refused, stays as it was typed.
          if (box && !wrong[name] && !box.matches(":focus"))
            box.value = value ? String(+(value / unit).toFixed(3)) : "";
        }}
        class="in"
        aria-label={label}
        placeholder={label.endsWith("at least") ? "from" : "to"}
        inputMode="decimal"
        autocomplete="off"
        aria-invalid={wrong[name] ? true : undefined}
        aria-describedby={wrong[name] && `${name}-wrong`}
        onChange={(event) => {
          const typed = event.currentTarget.value;
          const read = quantity(typed, unit);
          // A bound that was refused beside this one may be right now.
          const wanted = { ...filters, ...held(wrong), [name]: read };
          const words = read === undefined ? `${typed} is no number.` : upsideDown(wanted, name);
          app.local.refusedBounds.value = words ? { ...wrong, [name]: { value: read, words } } : {};
          if (words) app.announce(words);
          else search.change({ filters: Object.fromEntries(Object.entries(wanted).filter(([, value]) => value)) });
        }}
      />
    );
  };
  const refusals = (...names: Bound[]) => (
    <>
      {names.map(
        (name) =>
          wrong[name] && (
            <p key={name} id={`${name}-wrong`} class="bad">
              {wrong[name].words}
            </p>
          ),
      )}
    </>
  );

  function boxes<V extends string>(name: "licences" | "formats", all: readonly (readonly [V, string])[]) {
    const on = (filters[name] ?? []) as V[];
    return all.map(([value, label]) => (
      <label key={value} class="check">
        <input
          type="checkbox"
          checked={on.includes(value)}
          onChange={() => {
            const now = on.includes(value) ? on.filter((one) => one !== value) : [...on, value];
            set(name, now.length > 0 ? now : null);
          }}
        />
        {label}
      </label>
    ));
  }

  return (
    <section class="filters" aria-label="All filters">
      <div>
        <label class="label" for="filter-task">
          Task
        </label>
        <Menu id="filter-task" value={filters.task ?? ""} options={TASK_OPTIONS} onChoose={(v) => set("task", v)} />
      </div>
      <div>
        <label class="label" for="filter-gate">
          Access
        </label>
        <Menu id="filter-gate" value={filters.gate ?? ""} options={GATE_OPTIONS} onChoose={(v) => set("gate", v)} />
      </div>
      <div>
        <label class="label" for="filter-author">
          Author
        </label>
        <input
          key={filters.author ?? ""}
          id="filter-author"
          class="in"
          autocomplete="off"
          spellcheck={false}
          defaultValue={filters.author ?? ""}
          onChange={(event) => set("author", event.currentTarget.value.trim())}
        />
      </div>
      <fieldset>
        <legend class="label">Parameters, in billions</legend>
        <div class="range">
          {bound("parameters_from", "Parameters, at least", 1e9)}
          {bound("parameters_to", "Parameters, at most", 1e9)}
        </div>
        {refusals("parameters_from", "parameters_to")}
      </fieldset>
      <fieldset>
        <legend class="label">Weights, in GB</legend>
        <div class="range">
          {bound("weight_bytes_from", "Weights, at least", 1e9)}
          {bound("weight_bytes_to", "Weights, at most", 1e9)}
        </div>
        {refusals("weight_bytes_from", "weight_bytes_to")}
      </fieldset>
      <fieldset>
        <legend class="label">Licence</legend>
        <div class="bar">{boxes("licences", LICENCES)}</div>
      </fieldset>
      <fieldset class="wide">
        <legend class="label">Format of the weights</legend>
        <div class="bar">
          {boxes(
            "formats",
            FORMATS.map((name) => [name, name] as const),
          )}
        </div>
      </fieldset>
    </section>
  );
}

/** The numbers that were typed and not taken. */
const held = (wrong: RefusedBounds) =>
  Object.fromEntries(Object.entries(wrong).flatMap(([name, { value }]) => (value == null ? [] : [[name, value]])));
