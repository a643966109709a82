/** Which layers get an adapter: those that the model has, to be ticked, and what was named besides. */

import type { Drawn } from "../app";
import { choice } from "../lib/drafts";
import type { KnobView } from "../wire";
import { Field, knownError } from "./field";

const ALL = "all-linear";

export function Layers({ app, knob }: Drawn & { knob: KnobView }) {
  const field = `config.${knob.name}`;
  const given = app.store.config.value?.lora_targets ?? [];
  const [chosen, choose] = choice<readonly string[]>(app, field, given, (value) =>
    app.ask("configure", { changes: { [knob.name]: value } }),
  );
  const { layers } = app.store._config.value;
  const others = chosen.filter((name) => name !== ALL && !layers.includes(name));
  const toggle = (name: string, on: boolean) => {
    const rest = chosen.filter((one) => one !== name && one !== ALL);
    // A run with no layer to adapt is none: the last tick gives way to all of them.
    choose(name === ALL || (!on && rest.length === 0) ? [ALL] : on ? [...rest, name] : rest);
  };
  return (
    <Field app={app} id={field} label={knob.label} hint={knob.hint} error={knownError(app, field)} group>
      <fieldset class="ticks" aria-labelledby={field}>
        {[ALL, ...layers, ...others].map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) => {
                toggle(name, event.currentTarget.checked);
                // What is not changed is not drawn again, and the box would stay as it was clicked.
                event.currentTarget.checked = name === ALL || event.currentTarget.checked;
              }}
            />{" "}
            {name === ALL ? "every linear layer" : <code>{name}</code>}
          </label>
        ))}
      </fieldset>
    </Field>
  );
}
