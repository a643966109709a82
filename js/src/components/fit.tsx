/** What makes the run fit, as a diff to accept; and the other way round, which cards it would need. */

import type { Drawn } from "../app";
import { configLocal, setConfigLocal, stillTrue } from "../lib/config-local";
import { counted, gib } from "../lib/format";
import type { Need, NeedsView } from "../wire";
import { Button } from "./button";

export function Fit({ app }: Drawn) {
  const { fit, gpu, gpus, total_bytes } = app.store._costs.value;
  const needs = stillTrue(app, configLocal(app).needs);
  if (total_bytes == null) return null;
  return (
    <div class="fit">
      {fit && (
        <section aria-label="Make it fit">
          <div class="bar spread">
            <b>
              Make it fit {gpus > 1 && `${gpus} × `}
              {gpu}
            </b>
            <Button class="btn go" onClick={() => app.ask("configure", { changes: fit.arguments })}>
              Accept {counted(fit.changes.length, "change")}
            </Button>
          </div>
          <ul class="changes">
            {fit.changes.map(({ knob, now, proposed }) => (
              <li key={knob}>
                <span>{labelOf(app, knob)}</span>
                <span>
                  <s>{now}</s> <span aria-hidden="true">→</span>
                  <span class="sr"> becomes </span> <b>{proposed}</b>
                </span>
              </li>
            ))}
            <li>
              <span>Memory</span>
              <span>
                <s>{gib(fit.before_bytes)}</s> <span aria-hidden="true">→</span>
                <span class="sr"> becomes </span> <b>{gib(fit.after_bytes)} GiB</b>
              </span>
            </li>
          </ul>
        </section>
      )}
      <Button class="link" aria-expanded={needs != null} onClick={() => toggle({ app })}>
        What would I need?
      </Button>
      {needs && <Needs app={app} view={needs} />}
    </div>
  );
}

export const labelOf = ({ store }: Drawn["app"], knob: string) =>
  store._config_menus.value.knobs.find(({ name }) => name === knob)?.label ?? knob;

async function toggle({ app }: Drawn) {
  if (stillTrue(app, configLocal(app).needs)) return setConfigLocal(app, { needs: null });
  const costs = app.store._costs.value;
  const { payload } = await app.ask("what_needed", {});
  setConfigLocal(app, { needs: { view: payload.needs as NeedsView | undefined, costs } });
}

function Needs({ app, view: { needs, why } }: Drawn & { view: NeedsView }) {
  const use = async ({ gpu, changes }: Need) => {
    await app.ask("choose_gpu", { name: gpu });
    await app.ask("configure", { changes });
    setConfigLocal(app, { needs: null });
  };
  return (
    <>
      {why && <p class="dim">{why}</p>}
      <ul class="changes" aria-label="Cards that this run fits">
        {needs.map((need) => (
          <li key={need.count}>
            <span>
              <b>
                {need.count} × {need.gpu}
              </b>{" "}
              <span class="dim">
                {gib(need.each_bytes)} of {gib(need.memory_mib * 2 ** 20)} GiB{need.count > 1 && " on each"}
              </span>
            </span>
            <Button class="link" onClick={() => use(need)}>
              Use<span class="sr"> {`${need.count} × ${need.gpu}`}</span>
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
