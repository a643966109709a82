/** The config step: how to train on the left, what it costs on the right, each change answered at once. */

import type { App, Drawn } from "../app";
import { Button } from "../components/button";
import { Field, knownError, knownNotes, Menu, Segmented } from "../components/field";
import { Findings } from "../components/findings";
import { Fit, labelOf } from "../components/fit";
import { Footer } from "../components/footer";
import { Imported, ImportPanel } from "../components/import-panel";
import { Knob, optionsOf } from "../components/knob";
import { Memory } from "../components/memory";
import { Tiles } from "../components/tiles";
import { configLocal, setConfigLocal } from "../lib/config-local";
import { choice } from "../lib/drafts";
import { findingsOf, keyOf, troublesOf } from "../lib/findings";
import { counted, gib } from "../lib/format";
import type { Finding, KnobView } from "../wire";

/** Drawn by hand above the knobs, wherever the settings list them. */
const HEAD = ["method", "tuning", "preset"];

export function ConfigStep({ app }: Drawn) {
  const knobs = shownKnobs(app);
  const main = knobs.filter((knob) => knob.main);
  const folds = foldsOf(app, knobs);
  const open = configLocal(app).folds ?? [];
  const seen = [...main, ...folds.filter(({ id }) => open.includes(id)).flatMap((fold) => fold.knobs)];
  const told = [
    ...troublesOf(app, "configure", "choose_gpu", "undo", "what_needed", "ask_prices"),
    ...findingsOf(app, "config").filter((finding) => !isAtKnob(finding, seen) && !isAtImport(app, finding)),
  ];
  return (
    <>
      <Imported app={app} />
      <div class="panel two">
        <div>
          <Head app={app} name="method" as={Menu} />
          <Head app={app} name="tuning" as={Segmented} />
          <Preset app={app} />
          {main.map((knob) => (
            <Knob key={knob.name} app={app} knob={knob} />
          ))}
          {folds.map((fold) => (
            <Fold key={fold.id} app={app} fold={fold} />
          ))}
          <ImportPanel app={app} />
        </div>
        <div>
          <Memory app={app} />
          <Fit app={app} />
          <Tiles app={app} />
          <Findings app={app} findings={told} />
        </div>
      </div>
      <Footer app={app}>{checked(app)}</Footer>
    </>
  );
}

function shownKnobs({ store }: App): KnobView[] {
  const { applies } = store._config.value;
  return store._config_menus.value.knobs.filter(({ name }) => applies.includes(name) && !HEAD.includes(name));
}

interface FoldOfKnobs {
  id: string;
  label: string;
  knobs: KnobView[];
}

/** The knobs that are not shown at once, by their groups. */
function foldsOf({ store }: App, knobs: readonly KnobView[]): FoldOfKnobs[] {
  const rest = knobs.filter((knob) => !knob.main);
  const { groups } = store._config_menus.value;
  const known = groups.map(({ value: id, label }) => ({ id, label, knobs: rest.filter((k) => k.group === id) }));
  const others = rest.filter((knob) => !groups.some(({ value }) => value === knob.group));
  return [...known, { id: "", label: "Other", knobs: others }].filter((fold) => fold.knobs.length > 0);
}

function Fold({ app, fold: { id, label, knobs } }: Drawn & { fold: FoldOfKnobs }) {
  const folds = configLocal(app).folds ?? [];
  const open = folds.includes(id);
  const { changed } = app.store._config.value;
  const moved = changed.filter(({ knob }) => knobs.some(({ name }) => name === knob)).length;
  return (
    <div class="fold">
      <Button
        class="fold-name"
        aria-expanded={open}
        onClick={() => setConfigLocal(app, { folds: open ? folds.filter((one) => one !== id) : [...folds, id] })}
      >
        <span class="turn" aria-hidden="true">
          ›
        </span>
        {label}
        <span class="dim">
          {counted(knobs.length, "setting")}
          {moved > 0 && `, ${moved} changed`}
        </span>
      </Button>
      {open && knobs.map((knob) => <Knob key={knob.name} app={app} knob={knob} />)}
    </div>
  );
}

/** What is known about a knob that is on the screen is drawn there. */
const isAtKnob = (finding: Finding, shown: readonly KnobView[]) =>
  [...HEAD, ...shown.map(({ name }) => name)].some((name) => finding.field === `config.${name}`);

/** What was read of a config is told above, until it is put away. */
const isAtImport = ({ local }: App, finding: Finding) =>
  local.imported.value?.said.some((one) => keyOf(one) === keyOf(finding)) ?? false;

interface HeadProps extends Drawn {
  name: "method" | "tuning";
  as: typeof Menu | typeof Segmented;
}

function Head({ app, name, as: Choice }: HeadProps) {
  const { config, _config_menus } = app.store;
  const id = `config.${name}`;
  const knob = _config_menus.value.knobs.find((k) => k.name === name);
  const [shown, choose] = choice<string>(app, id, config.value?.[name] ?? "", (value) =>
    app.ask("configure", { changes: { [name]: value } }),
  );
  const group = Choice === Segmented;
  return (
    <Field
      app={app}
      id={id}
      label={knob?.label ?? name}
      hint={knob?.hint}
      error={knownError(app, id)}
      notes={knownNotes(app, id)}
      group={group}
    >
      <Choice id={id} value={shown} options={knob ? optionsOf(knob) : []} onChoose={choose} />
    </Field>
  );
}

function Preset({ app }: Drawn) {
  const { config, _config, _config_menus } = app.store;
  const { changed } = _config.value;
  const { presets } = _config_menus.value;
  const open = configLocal(app).presetChanges;
  const id = "config.preset";
  const configure = (changes: Record<string, unknown>) => app.ask("configure", { changes });
  const [shown, choose] = choice<string>(app, id, config.value?.preset ?? "", (preset) => configure({ preset }));
  return (
    <>
      <Field app={app} id={id} label="Preset" hint={presets.find(({ value }) => value === shown)?.hint}>
        <Menu id={id} value={shown} options={presets} onChoose={choose} />
        {changed.length > 0 && (
          <Button class="link" aria-expanded={!!open} onClick={() => setConfigLocal(app, { presetChanges: !open })}>
            changed in {counted(changed.length, "place")}
          </Button>
        )}
      </Field>
      {open && changed.length > 0 && (
        <ul class="changes" aria-label="Where the settings differ from the preset">
          {changed.map(({ knob, preset, now, back_to }) => (
            <li key={knob}>
              <span>{labelOf(app, knob)}</span>
              <span>
                <s>{preset}</s> <b>{now}</b>{" "}
                <Button class="link" onClick={() => configure({ [knob]: back_to })}>
                  Back<span class="sr"> to {`${preset}: ${labelOf(app, knob)}`}</span>
                </Button>
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
  const { total_bytes, gpu, gpus } = app.store._costs.value;
  const cards = gpu && gpus > 1 ? `${gpus} × ${gpu}` : gpu;
  const against = [app.store.model.value?.repo_id.split("/").pop(), cards].filter(Boolean).join(" and ");
  // The memory stands at the top of its column; the knobs that change it can be a screen further down.
  return `Checked against ${against}${total_bytes == null ? "" : `: about ${gib(total_bytes)} GiB${gpus > 1 ? " on each" : ""}`}.`;
}
