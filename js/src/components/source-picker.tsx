/** Where the rows come from: a file on the kernel's disk, or a variable of the notebook. */

import type { Drawn } from "../app";
import type { SourceChoice } from "../wire";
import { Button } from "./button";
import { Menu, option, Segmented } from "./field";
import { Icon } from "./icon";

const KINDS = [option("file", "File"), option("variable", "Notebook")];

export function SourcePicker({ app }: Drawn) {
  const { sourceKind, sources } = app.local;
  const kind = sourceKind.value ?? app.store.dataset.value?.source.kind ?? "file";
  const found = sources.value?.filter((source) => source.kind === kind) ?? null;
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
            sourceKind.value = value as SourceChoice["kind"];
          }}
        />
        <Button class="quiet" aria-label="Look again" title="Look again" onClick={app.lookForSources}>
          <Icon name="again" />
        </Button>
        {kind === "variable" ? <Variables app={app} found={found} /> : <Path app={app} />}
      </div>
      {kind === "file" && <Files app={app} found={found} />}
    </div>
  );
}

interface FoundProps extends Drawn {
  /** Null while nobody has looked yet. */
  found: readonly SourceChoice[] | null;
}

function Variables({ app, found }: FoundProps) {
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

/** The path of the file in use, where the dataset is a file. */
function pathInUse({ app }: Drawn): string {
  const source = app.store.dataset.value?.source;
  return source?.kind === "file" ? (source.path ?? source.name) : "";
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
    <>
      <input
        class="in path"
        aria-label="Path of the file"
        placeholder={`A file: ${app.store._dataset_menus.value.file_types.join(", ")}`}
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
    </>
  );
}

function Files({ app, found }: FoundProps) {
  if (found?.length === 0) return <p class="dim">No data file was found in the working folder.</p>;
  // Names are relative to the working folder, the path in use is whole: the longest name that ends it is meant.
  const path = `/${pathInUse({ app })}`;
  const ends = (found ?? []).map(({ name }) => name).filter((name) => path.endsWith(`/${name}`));
  const used = ends.sort((a, b) => b.length - a.length)[0];
  return (
    <ul class="list files" aria-label="Files found">
      {found?.map(({ name, detail }) => (
        <li key={name}>
          <Button aria-pressed={name === used} onClick={() => app.ask("use_dataset", { path: name })}>
            <span>{name}</span>
            <span>{detail}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}
