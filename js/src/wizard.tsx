/** The frame: stepper, the step that is entered, and one place that says aloud what changed. */

import type { Drawn } from "./app";
import { Stepper } from "./components/stepper";
import { ConfigStep } from "./steps/config";
import { DatasetStep } from "./steps/dataset";
import { DeployStep } from "./steps/deploy";
import { ModelStep } from "./steps/model";

const PROTOCOL = 1;

const STEPS = {
  model: { Screen: ModelStep, heading: "Choose a model" },
  config: { Screen: ConfigStep, heading: "Set the run" },
  dataset: { Screen: DatasetStep, heading: "Choose a dataset" },
  deploy: { Screen: DeployStep, heading: "Write the training package" },
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
  const { Screen, heading } = STEPS[store.step.value];
  const busy = channel.pending.value.length + store.busy.value.length > 0;
  return (
    <section class="frame" aria-label="Training package wizard">
      <Stepper app={app} />
      <div class={busy ? "progress on" : "progress"} />
      <section class="step" aria-labelledby="heading">
        <h3 class="sr" id="heading" tabIndex={-1}>
          {heading}
        </h3>
        <Screen key={heading} app={app} />
      </section>
      <div class="sr" role="status">
        {local.announcement.value}
      </div>
    </section>
  );
}
