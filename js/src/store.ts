/** The state that the kernel writes, trait by trait. What only this browser knows is in local.ts. */

import type { AnyModel } from "@anywidget/types";
import { type Cell, cell } from "./cell";
import type { Scope } from "./scope";
import type * as wire from "./wire";

export type StepId = wire.StepView["id"];
export type Kind = wire.Wire["payload"]["kind"];
export type Payload<K extends Kind> = Omit<Extract<wire.Wire["payload"], { kind: K }>, "kind">;
export type SortOrder = NonNullable<wire.SearchIntent["sort"]>;

/** What a view uses of the host's model: the part that anywidget, marimo and a saved page all have. */
export type Model = Pick<AnyModel, "get" | "on" | "off" | "send">;

export interface Traits {
  step: StepId;
  query: string;
  filters: wire.SearchFilters;
  sort: SortOrder;
  results: wire.ResultsView;
  busy: Kind[];
  model: wire.ModelStep | null;
  config: wire.ConfigStep | null;
  dataset: wire.DatasetStep | null;
  deploy: wire.DeployStep | null;
  statuses: Partial<Record<StepId, wire.StepView["status"]>>;
  findings: wire.Finding[];
  _session: wire.SessionView;
  _config: wire.ConfigView;
  _costs: wire.CostsView;
  _rows: wire.RowsView;
  _reading: wire.RowsBeingRead;
  _tokens: wire.LengthsView;
  _package: wire.PackageView;
  _run: wire.RunView;
  _ui: wire.UiView;
  _config_menus: wire.ConfigMenus;
  _dataset_menus: wire.DatasetMenus;
  _deploy_menus: wire.DeployMenus;
  _protocol: number;
}

export type Store = { readonly [K in keyof Traits]: Readonly<Cell<Traits[K]>> };

/** What is drawn for a trait that the kernel did not send. Whatever is left out here may be missing anywhere below. */
const nothing = () =>
  ({
    step: "model",
    query: "",
    filters: {},
    sort: "downloads",
    results: { query: "", cards: [] },
    busy: [],
    model: null,
    config: null,
    dataset: null,
    deploy: null,
    statuses: {},
    findings: [],
    _session: { steps: [] },
    _config: { applies: [], layers: [], changed: [] },
    _costs: { parts: [], unproven: [], gpus: 1 },
    _rows: { columns: [], rows: [], offset: 0, total: 0 },
    _reading: { name: "", says: "", share: 0, words: "", first: { columns: [], rows: [], offset: 0, total: 0 } },
    _tokens: { bars: [], ladder: [] },
    _package: { files: [], folder: "" },
    _run: { id: "", progress_words: "", status: "", over: true, curve: [], findings: [] },
    _ui: {
      debounce_ms: 500,
      min_characters: 1,
      poll_after_ms: 1500,
      sort_options: [],
      size_options: [],
    },
    _config_menus: { knobs: [], groups: [], presets: [], gpus: [] },
    _dataset_menus: { formats: [], file_types: [] },
    _deploy_menus: { targets: [], launchers: [] },
    _protocol: 1,
  }) as unknown as Traits;

/** Step data is `{}` until it is chosen, and a view that was not sent is `{}` or undefined. */
const isEmpty = (value: unknown) =>
  value == null || (typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0);

export function createStore(
  model: Model,
  scope: Scope,
  settle: (results: wire.ResultsView) => wire.ResultsView,
  changed: (trait: keyof Traits) => void,
): Store {
  const defaults = nothing();
  const entries = Object.entries(defaults).map(([name, fallback]) => {
    const read = () => {
      const value = model.get(name);
      if (isEmpty(value)) return fallback;
      return name === "results" ? settle(value as wire.ResultsView) : value;
    };
    const state = cell(read(), () => changed(name as keyof Traits));
    const update = () => {
      state.value = read();
    };
    model.on(`change:${name}`, update);
    scope.onEnd(() => model.off(`change:${name}`, update));
    return [name, state];
  });
  return Object.fromEntries(entries) as Store;
}
