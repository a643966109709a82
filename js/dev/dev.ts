/** Mounts the built bundle with the traits of one state, so that a screen can be looked at without a notebook. */

// @ts-expect-error the same, as the kernel sends it
import later from "../../trainpkg_widgets/static/later.js" with { type: "text" };
// @ts-expect-error the bundle is built, not typed
import widget from "../../trainpkg_widgets/static/widget.js";
import { payloadFor } from "../test/answers";
import { FakeModel } from "../test/fake-model";
import { STATES, type StateName } from "../test/traits";

const wanted = new URLSearchParams(location.search);
const state = (wanted.get("state") ?? "model-first") as StateName;
const cell = document.querySelector<HTMLElement>("#cell");

document.body.dataset.jpThemeLight = String(wanted.get("theme") !== "dark");
if (cell) cell.style.width = `${wanted.get("width") ?? 1100}px`;

const fake = new FakeModel(STATES[state]);
fake.kernel = ({ id, kind, payload }) => {
  if (kind === "go_to") fake.writes({ step: payload.step as "model" });
  const found = kind === "load_screens" ? { module: later } : payloadFor(kind, payload);
  if (!wanted.has("silent")) queueMicrotask(() => fake.answers(id, { payload: found }));
};
Object.assign(window, { fake });
widget().render({ model: fake.model, el: cell });
