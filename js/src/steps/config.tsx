/** The config step: how to train on the left, what it costs on the right, each change answered at once. */

import type { App, Drawn } from "../app";
import { Button } from "../components/button";
import { Field, Menu, option, Segmented } from "../components/field";
import { Findings } from "../components/findings";
import { Footer } from "../components/footer";
import { Knob, optionsOf } from "../components/knob";
import { Memory } from "../components/memory";
import { Tiles } from "../components/tiles";
import { choice } from "../lib/drafts";
import { findingsOf, troublesOf } from "../lib/findings";
import { counted, gib } from "../lib/format";
import type { Finding, KnobView, Option } from "../wire";

/** Drawn by hand above the knobs, wherever the settings list them. */
const HEAD = ["method", "tuning", "preset"];

const METHODS = [option("sft", "SFT")];
const TUNINGS = [option("full", "Full"), option("lora", "LoRA"), option("qlora", "QLoRA")];

export function ConfigStep({ app }: Drawn) {
  const all = app.local.allSettings;
  const { applies } = app.store._config.value;
  const knobs = app.store._config_menus.value.knobs.filter(
    ({ name }) => applies.includes(name) && !HEAD.includes(name),
  );
  const main = knobs.filter((knob) => knob.main);
  const others = knobs.filter((knob) => !knob.main);
  const draw = (knob: KnobView) => <Knob key={knob.name} app={app} knob={knob} />;
  const told = [
    ...troublesOf(app, "configure", "choose_gpu", "undo"),
    ...findingsOf(app, "config").filter((finding) => !isAtKnob(finding, all.value ? knobs : main)),
  ];
  return (
    <>
      <div class="panel two">
        <div>
          <Head
            app={app}
            name="method"
            label="Method"
            options={METHODS}
            hint="DPO, KTO, ORPO, reward and GRPO are not in this version."
          />
          <Head app={app} name="tuning" label="Tuning" options={TUNINGS} />
          <Preset app={app} />
          {main.map(draw)}
          {others.length > 0 && (
            <Button
              class="link"
              aria-expanded={all.value}
              onClick={() => {
                all.value = !all.value;
              }}
            >
              {all.value ? "Fewer settings" : `All ${knobs.length} settings`}
            </Button>
          )}
          {all.value && <div class="rest">{others.map(draw)}</div>}
        </div>
        <div>
          <Memory app={app} />
          <Tiles app={app} />
          <Findings app={app} findings={told} />
        </div>
      </div>
      <Footer app={app}>{checked(app)}</Footer>
    </>
  );
}

/** An error about a knob that is on the screen is drawn there. */
const isAtKnob = (finding: Finding, shown: readonly KnobView[]) =>
  finding.severity === "error" && shown.some((knob) => finding.field === `config.${knob.name}`);

interface HeadProps extends Drawn {
  name: "method" | "tuning";
  label: string;
  options: readonly Option[];
  hint?: string;
}

function Head({ app, name, label, options, hint }: HeadProps) {
  const { config, _config_menus } = app.store;
  const id = `config.${name}`;
  const knob = _config_menus.value.knobs.find((k) => k.name === name);
  const [shown, choose] = choice<string>(app, id, config.value?.[name] ?? "", (value) =>
    app.ask("configure", { changes: { [name]: value } }),
  );
  return (
    <Field app={app} id={id} label={label} hint={hint} group>
      <Segmented id={id} value={shown} options={knob?.choices.length ? optionsOf(knob) : options} onChoose={choose} />
    </Field>
  );
}

function Preset({ app }: Drawn) {
  const { config, _config, _config_menus } = app.store;
  const { changed } = _config.value;
  const { presets, knobs } = _config_menus.value;
  const open = app.local.presetChanges;
  const id = "config.preset";
  const [shown, choose] = choice<string>(app, id, config.value?.preset ?? "", (preset) =>
    app.ask("configure", { changes: { preset } }),
  );
  return (
    <>
      <Field app={app} id={id} label="Preset" hint={presets.find(({ value }) => value === shown)?.hint}>
        <Menu id={id} value={shown} options={presets} onChoose={choose} />
        {changed.length > 0 && (
          <Button
            class="link"
            aria-expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            changed in {counted(changed.length, "place")}
          </Button>
        )}
      </Field>
      {open.value && (
        <ul class="changes" aria-label="Where the settings differ from the preset">
          {changed.map(({ knob, preset, now }) => (
            <li key={knob}>
              <span>{knobs.find(({ name }) => name === knob)?.label}</span>
              <span>
                <s>{preset}</s> <b>{now}</b>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function checked(app: App): string {
  const errors = findingsOf(app, "config").filter((finding) => finding.severity === "error").length;
  if (errors > 0) return `${counted(errors, "thing")} to put right before going on.`;
  const { total_bytes, gpu } = app.store._costs.value;
  const against = [app.store.model.value?.repo_id.split("/").pop(), gpu].filter(Boolean).join(" and ");
  // The memory stands at the top of its column; the knobs that change it can be a screen further down.
  return `Checked against ${against}${total_bytes == null ? "" : `: about ${gib(total_bytes)} GiB`}.`;
}
