/** Chat templates on offer to a model without one; the row beside shows what each makes of it. */

import type { Drawn } from "../app";
import { localOf } from "../lib/dataset-local";
import { choice } from "../lib/drafts";
import { Field, knownError } from "./field";

const ID = "dataset.template";

export function Templates({ app }: Drawn) {
  const { templates = [] } = localOf(app);
  const now = templates.find(({ chosen }) => chosen)?.name ?? "";
  const [shown, choose] = choice<string>(app, ID, now, (template) => app.ask("use_template", { template }));
  if (templates.length === 0) return null;
  return (
    <Field
      app={app}
      id={ID}
      label="Chat template"
      hint="This model has none of its own. The one you choose is written into the package."
      error={knownError(app, ID)}
      group
    >
      <div class="choices" role="radiogroup" aria-labelledby={ID}>
        {templates.map(({ name, label, hint }) => (
          <label key={name} class="choice">
            <input type="radio" name={ID} checked={name === shown} onChange={() => choose(name)} />
            <span>
              <b>{label}</b> <span class="dim">{hint}</span>
            </span>
          </label>
        ))}
      </div>
    </Field>
  );
}
