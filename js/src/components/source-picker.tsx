/** Where the rows come from: a dataset of the Hub, a file or folder, a variable of the notebook, or several mixed. */

import type { Drawn } from "../app";
import { localOf, namedBy, type SourceKind, setLocal } from "../lib/dataset-local";
import type { SourceChoice } from "../wire";
import { Button } from "./button";
import { Menu, option, Segmented } from "./field";
import { HubDatasets } from "./hub-datasets";
import { Mixture } from "./mixture";

const KINDS = [option("hub", "Hub"), option("file", "File"), option("variable", "Notebook"), option("mixture", "Mix")];

export function SourcePicker({ app }: Drawn) {
  const used = app.store.dataset.value?.source.kind;
  const kind = localOf(app).kind ?? (used === "folder" ? "file" : used) ?? "file";
  const found = app.local.sources.value;
  return (
    <div class="source">
      <div class="bar">
        <span class="sr" id="source">
          Where the rows come from
        </span>
        <Segmented
          id="source"
          value={kind}
          options={KINDS}
          onChoose={(value) => {
            setLocal(app, { kind: value as SourceKind });
            // A cell may have been run since.
            if (value === "variable") app.lookForSources();
          }}
        />
        {kind !== "hub" && (
          <Button class="link" onClick={app.lookForSources}>
            Look again
          </Button>
        )}
        {kind === "variable" && <Variables app={app} found={found} />}
      </div>
      {kind === "file" && <Path app={app} />}
      {kind === "file" && <Files app={app} found={found} />}
      {kind === "hub" && <HubDatasets app={app} />}
      {kind === "mixture" && <Mixture app={app} found={found ?? []} />}
    </div>
  );
}

interface FoundProps extends Drawn {
  /** Null while nobody has looked yet. */
  found: readonly SourceChoice[] | null;
}

function Variables({ app, found: all }: FoundProps) {
  const found = all?.filter(({ kind }) => kind === "variable");
  const source = app.store.dataset.value?.source;
  const value = source?.kind === "variable" ? source.name : "";
  const options = (found ?? []).map(({ name, detail }) => option(name, `${name} · ${detail}`));
  if (!options.some((o) => o.value === value)) {
    options.unshift(option(value, value || (found ? "Choose a variable" : "Looking…")));
  }
  return found?.length === 0 ? (
    <span class="dim">No variable here holds rows. Run the cell that makes one, then look again.</span>
  ) : (
    <Menu
      label="Variable"
      value={value}
      options={options}
      onChoose={(variable) => variable && app.ask("use_dataset", { variable })}
    />
  );
}

/** The path of the file or folder in use, where the dataset is one. */
function pathInUse({ app }: Drawn): string {
  const source = app.store.dataset.value?.source;
  return source?.kind === "file" || source?.kind === "folder" ? (source.path ?? source.name) : "";
}

function Path({ app }: Drawn) {
  const { path: typed } = app.local;
  const path = () => (typed.value ?? pathInUse({ app })).trim();
  const use = async () => {
    if (!path()) return;
    const { trouble } = await app.ask("use_dataset", { path: path() });
    if (!trouble) typed.value = null;
  };
  return (
    <div class="bar hub">
      <input
        class="in path"
        aria-label="Path of the file or folder"
        placeholder={`A file or a folder: ${app.store._dataset_menus.value.file_types.join(", ")}`}
        autocomplete="off"
        spellcheck={false}
        value={typed.value ?? path()}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => event.key === "Enter" && !event.isComposing && use()}
      />
      <Button class="btn" off={!path()} onClick={use}>
        Use
      </Button>
    </div>
  );
}

function Files({ app, found: all }: FoundProps) {
  const found = all?.filter(({ kind }) => kind !== "variable");
  if (found?.length === 0) return <p class="dim">No data file was found in the working folder.</p>;
  // Names are relative to the working folder, the path in use is whole: the longest name that ends it is meant.
  const path = `/${pathInUse({ app })}`;
  const ends = (found ?? []).map(({ name }) => name).filter((name) => path.endsWith(`/${name}`));
  const used = ends.sort((a, b) => b.length - a.length)[0];
  return (
    <ul class="list files" aria-label="Files found">
      {found?.map((choice) => (
        <li key={choice.name}>
          <Button aria-pressed={choice.name === used} onClick={() => app.ask("use_dataset", namedBy(choice))}>
            <span>{choice.name}</span>
            <span>{choice.detail}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}
