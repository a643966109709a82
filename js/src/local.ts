/** The state that only this browser knows: what was asked and not yet answered, what is open, what to say aloud. */

import { type Cell, cell } from "./cell";
import type { LaterScreens } from "./later-screens";
import type { ConfigLocal } from "./lib/config-local";
import type { DatasetLocal } from "./lib/dataset-local";
import type { RefusedBounds } from "./lib/filters";
import type { Kind, SortOrder } from "./store";
import type { Answer, DetailsView, Finding, RowsView, SearchFilters, SourceChoice } from "./wire";

export interface Wanted {
  query: string;
  filters: SearchFilters;
  sort: SortOrder;
}

/** What was typed into a field, and what the kernel had against it. */
export interface Typed {
  text: string;
  sent?: boolean;
  refusal?: Finding | undefined;
}

export interface ShownFile {
  path: string;
  text: string;
  truncated: boolean;
}

const nothing = () => ({
  /** The search that is typed or under way; null where the kernel's own is what is shown. */
  wanted: null as Wanted | null,
  /** What was last typed into the search box, as it was typed. */
  typed: "",
  /** The reference that one more Enter uses. */
  offered: "",
  /** The card that the grid's tab stop is on. */
  card: "",
  /** Whether this view asked for the model that is being asked about, and so wants the focus at the question. */
  asking: false,
  /** The model that is being checked. */
  selecting: "",
  /** The model whose details are open, what they are, and why there are none. */
  details: "",
  detailsView: null as DetailsView | null,
  detailsWrong: [] as readonly Finding[],
  filtersOpen: false,
  refusedBounds: {} as RefusedBounds,
  /** The last answer of each kind that said more than the traits do. */
  replies: {} as Partial<Record<Kind, Answer>>,
  /** Fields that hold something the kernel has not accepted, by the finding's field. */
  drafts: {} as Readonly<Record<string, Typed | undefined>>,
  /** Menus, radios and switches that were changed and are not yet answered. */
  choices: {} as Readonly<Record<string, unknown>>,
  /** The steps after the first; null until the kernel has sent them. */
  later: null as LaterScreens | null,
  config: {} as ConfigLocal,
  /** What is typed to read a trainer's config, and what is said of it. */
  toImport: { path: "", text: "", method: "" },
  /** What a trainer's config that was read here says of itself; null where none was read. */
  imported: null as { name: string; said: readonly Finding[] } | null,
  sourceKind: null as SourceChoice["kind"] | null,
  /** The path typed in the dataset step; null where it is that of the file in use. */
  path: null as string | null,
  sources: null as readonly SourceChoice[] | null,
  /** What the dataset step shows and asks; see lib/dataset-local.ts. */
  datasetStep: {} as DatasetLocal,
  /** The page of rows that was turned to; null where it is the kernel's first. */
  page: null as RowsView | null,
  /** The file of the package that is read, and its text. */
  file: "",
  fileText: null as ShownFile | null,
  /** What a launch on HF Jobs would take, as it was last asked; null where it is not known. */
  plan: null as { flavor: string; hours: number; why: string; command: string } | null,
  /** The page of the package that was pushed last, and why it was not. */
  pushed: "",
  pushWrong: [] as readonly Finding[],
  /** The log of the run as it was last read, null where it is not shown. */
  log: null as { text: string; path: string } | null,
  /** The folder typed in the deploy step; null where it is the kernel's. */
  folder: null as string | null,
  /** The text that was just copied. */
  copied: "",
  /** Said by the live region. */
  announcement: "",
  /** Whether this view asked to change the step, and so wants the focus there. */
  moving: false,
});

type Values = ReturnType<typeof nothing>;
export type Local = { readonly [K in keyof Values]: Cell<Values[K]> };

export const createLocal = (changed: () => void) =>
  Object.fromEntries(Object.entries(nothing()).map(([name, first]) => [name, cell<unknown>(first, changed)])) as Local;
