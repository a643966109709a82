/** The frame: stepper, the step that is entered, and one place that says aloud what changed. */

import type { Drawn } from "./app";
import { Stepper } from "./components/stepper";
import { Waiting } from "./components/waiting";
import { ModelStep } from "./steps/model";

const PROTOCOL = 1;

const HEADINGS = {
  model: "Choose a model",
  config: "Set the run",
  dataset: "Choose a dataset",
  deploy: "Write the training package",
} as const;

export function Wizard({ app }: Drawn) {
  const { store, local, channel } = app;
  if (store._protocol.value !== PROTOCOL) {
    return (
      <p class="frame panel" role="alert">
        The kernel and this page are of different versions. Reload the page, then run the cell again.
      </p>
    );
  }
  const step = store.step.value;
  const heading = HEADINGS[step];
  const later = local.later.value;
  const Screen = step === "model" ? ModelStep : (later?.screens[step] ?? Waiting);
  const busy = channel.pending.value.length + store.busy.value.length > 0;
  return (
    <section class="frame" aria-label="Training package wizard">
      <Stepper app={app} />
      <div class={busy ? "progress on" : "progress"} />
      <section class="step" aria-labelledby="heading">
        <h3 class="sr" id="heading" tabIndex={-1}>
          {heading}
        </h3>
        {later && <style>{later.styles}</style>}
        <Screen key={heading} app={app} />
      </section>
      <div class="sr" role="status">
        {local.announcement.value}
      </div>
    </section>
  );
}
