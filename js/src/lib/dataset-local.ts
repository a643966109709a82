/** What only this browser knows of the dataset step, in one place: which view, which row, what is typed and dragged. */

import type { App } from "../app";
import type { Payload } from "../store";
import type { DatasetResults, SeenRow, SourceChoice, TemplateOption } from "../wire";

export type SourceKind = "hub" | "file" | "variable" | "mixture";

/** One of the datasets to be mixed: what names it, what it is called, and how often each of its rows is taken. */
export interface Part {
  readonly named: Readonly<Record<string, string>>;
  readonly label: string;
  readonly weight: string;
}

export interface DatasetLocal {
  readonly kind?: SourceKind;
  /** Rows as they are, or the first of them as the model sees it. */
  readonly view?: "trained" | "rows";
  readonly seen?: SeenRow | null;
  /** The row that was asked for last, which `seen` may not be yet. */
  readonly row?: number;
  /** The number of a row as it is typed; null where none is. */
  readonly typed?: string | null;
  readonly templates?: readonly TemplateOption[];
  /** Whether the edges of tokens are drawn. */
  readonly edges?: boolean;
  /** Where the line of the longest length is while it is dragged. */
  readonly dragged?: number | null;
  readonly query?: string;
  readonly found?: DatasetResults | null;
  readonly parts?: readonly Part[];
  /** The file or variable, and the dataset of the Hub as it is typed, that are about to be mixed in. */
  readonly picked?: string;
  readonly adding?: string;
}

export const localOf = ({ local }: App): DatasetLocal => local.datasetStep.value;

export function setLocal({ local }: App, change: DatasetLocal) {
  local.datasetStep.value = { ...local.datasetStep.value, ...change };
}

/** Asks for a row as the model sees it; the last one asked for is shown. */
export async function look(app: App, row: number, part = 0) {
  setLocal(app, { row });
  const { kind, payload, trouble } = await app.channel.send("see_row", { row, part });
  if (kind !== "result" || trouble) return;
  setLocal(app, {
    seen: payload.seen as unknown as SeenRow,
    templates: payload.templates as unknown as TemplateOption[],
  });
}

/** Shows a row as the model sees it, whatever was shown before. */
export function show(app: App, row: number) {
  setLocal(app, { view: "trained" });
  look(app, row).then(() => app.announce(`Row ${row + 1}, as trained`));
}

/** All that what the model sees depends on, as one text. */
export function seenOf({ store }: App): string {
  const { model, config, dataset, deploy } = store;
  const { problems: _, ...rows } = dataset.value ?? { problems: [] };
  return JSON.stringify([model.value?.repo_id, model.value?.revision, config.value, deploy.value?.target, rows]);
}

/** What has to be said again so that a second reading keeps what was chosen in the first. */
export function again({ store }: App): Payload<"use_dataset"> {
  const chosen = store.dataset.value;
  if (!chosen) return {};
  // The format stays what it is by itself: said again, it would count as chosen by a person.
  const { eval_share, exclude_problems } = chosen;
  return { eval_share, exclude_problems };
}

/** The keyword that names a source to the kernel. */
export const namedBy = ({ kind, name }: SourceChoice): Part["named"] =>
  kind === "variable" ? { variable: name } : { path: name };
