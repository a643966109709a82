/** What only this browser knows of the config step: what is unfolded, and what was asked for once. */

import type { App } from "../app";
import type { CostsView, NeedsView, PricesView } from "../wire";

export interface ConfigLocal {
  /** The groups of knobs that are unfolded. */
  readonly folds?: readonly string[];
  readonly presetChanges?: boolean;
  /** The part of the memory whose reason is told. */
  readonly part?: string;
  /** What was asked for, with the costs that it was an answer to. */
  readonly needs?: Asked<NeedsView> | null;
  readonly prices?: Asked<PricesView> | null;
}

interface Asked<T> {
  readonly view: T | undefined;
  readonly costs: CostsView;
}

/** An answer, as long as the run that was asked about costs the same. */
export const stillTrue = <T>({ store }: App, asked: Asked<T> | null | undefined): T | undefined =>
  asked?.costs === store._costs.value ? asked.view : undefined;

export const configLocal = ({ local }: App): ConfigLocal => local.config.value;

export function setConfigLocal({ local }: App, change: ConfigLocal) {
  local.config.value = { ...local.config.value, ...change };
}
