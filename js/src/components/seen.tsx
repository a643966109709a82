/** A row as the model will see it: the exact text by turns, and what becomes of each token, by colour and by mark. */

import type { Drawn } from "../app";
import { localOf, look, setLocal } from "../lib/dataset-local";
import { counted, whole } from "../lib/format";
import type { SeenRow, SeenRun, SeenSequence } from "../wire";
import { Button } from "./button";
import { Findings } from "./findings";
import { Icon } from "./icon";
import { Templates } from "./templates";

const STOPS = {
  "": "",
  trained: "stop token trained ✓",
  cut: "✕ stop token cut off",
  other: "✕ ends in another token than generation stops at:",
  untrained: "✕ stop token read, not learnt:",
  missing: "✕ no stop token learnt; ends in",
} as const;

/** What a screen reader hears before tokens whose fate is not that of those before them. */
const SAID = { trained: "trained: ", read: "only read: ", cut: "cut off: ", scored: "scored: " } as const;

export function Seen({ app }: Drawn) {
  const { seen, edges } = localOf(app);
  if (!seen) return <p class="empty">What the model will see appears here.</p>;
  const busy = app.isBusy("see_row");
  return (
    <section aria-labelledby="seen" aria-busy={busy} class={busy ? "dimmed" : undefined}>
      <Head app={app} seen={seen} />
      {seen.problem && <Findings app={app} findings={[seen.problem]} />}
      <Templates app={app} />
      {seen.sequences.map((sequence) => (
        <Sequence key={sequence.name} sequence={sequence} edges={edges === true} />
      ))}
      {seen.sequences.length > 0 && (
        <>
          <ul class="says dim">
            {seen.says.map((line) => (
              <li key={line}>{line}</li>
            ))}
            <li>Printed and cut by {seen.with_what}.</li>
          </ul>
          <label class="bar edges">
            <input
              type="checkbox"
              class="switch"
              checked={edges === true}
              onChange={(event) => setLocal(app, { edges: event.currentTarget.checked })}
            />
            Show where each token ends
          </label>
        </>
      )}
    </section>
  );
}

function Head({ app, seen: { row, total, part, parts } }: Drawn & { seen: SeenRow }) {
  const typed = localOf(app).typed ?? null;
  const go = () => {
    if (typed === null) return;
    setLocal(app, { typed: null });
    look(app, Math.min(Math.max(Math.round(Number(typed)) || row + 1, 1), total) - 1);
  };
  const step = (label: string, icon: "left" | "right", to: [number, number], off: boolean) => (
    <Button class="btn small" aria-label={label} off={off} onClick={() => look(app, ...to)}>
      <Icon name={icon} />
    </Button>
  );
  return (
    <div class="bar spread">
      <b id="seen">
        Row {whole(row + 1)} of {whole(total)}, as trained
      </b>
      <span class="bar">
        {parts > 1 && (
          <>
            {step("Earlier answer of this row", "left", [row, part - 1], part === 0)}
            <span class="dim">
              answer {part + 1} of {parts}
            </span>
            {step("Later answer of this row", "right", [row, part + 1], part + 1 >= parts)}
          </>
        )}
        {step("Row before", "left", [row - 1, 0], row === 0)}
        <input
          class="in number"
          inputMode="numeric"
          aria-label="Row to look at"
          value={typed ?? row + 1}
          onInput={(event) => setLocal(app, { typed: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Enter" && !event.isComposing && go()}
          onBlur={go}
        />
        {step("Row after", "right", [row + 1, 0], row + 1 >= total)}
      </span>
    </div>
  );
}

function Sequence({ sequence, edges }: { sequence: SeenSequence; edges: boolean }) {
  const { name, runs, more } = sequence;
  const words = name ? `The ${name} answer` : "The text";
  return (
    <>
      {name && <h4 class="side">{name === "chosen" ? "Chosen" : "Rejected"}</h4>}
      {/* A long text scrolls in its own box, and a box that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section class="box seen" aria-label={`${words} as the model sees it`} tabIndex={0}>
        {turnsOf(runs).map((turn, number) => (
          <div key={number} class="turn">
            {turn[0]?.role && <span class="role">{turn[0].role}</span>}
            <pre>
              {turn.map((run, at) => (
                <Run key={at} run={run} edges={edges} said={at === 0 || turn[at - 1]?.state !== run.state} />
              ))}
            </pre>
          </div>
        ))}
        {more && <p class="dim">There is more, which is not shown.</p>}
      </section>
      <Legend sequence={sequence} />
    </>
  );
}

/** The runs of each turn. */
function turnsOf(runs: readonly SeenRun[]): SeenRun[][] {
  const turns: SeenRun[][] = [];
  for (const run of runs) {
    if (run.role || turns.length === 0) turns.push([]);
    turns.at(-1)?.push(run);
  }
  return turns;
}

function Run({ run: { text, state, special, ends }, edges, said }: { run: SeenRun; edges: boolean; said: boolean }) {
  return (
    <span class={special ? `${state} special` : state} title={`${SAID[state]}${counted(ends.length, "token")}`}>
      {said && <span class="sr"> [{SAID[state].trim()}] </span>}
      {edges ? tokensOf(text, ends).map((token, at) => <i key={`${at} ${token}`}>{token}</i>) : text}
    </span>
  );
}

/** The text of each token. Ends count code points; tokens that share a character are one here. */
function tokensOf(text: string, ends: readonly number[]): string[] {
  const characters = [...text];
  const edges = [...new Set(ends)];
  if (edges.at(-1) !== characters.length) edges.push(characters.length);
  return edges.map((end, at) => characters.slice(edges[at - 1] ?? 0, end).join(""));
}

function Legend({ sequence: { trained, read, cut, scored, stop, stop_token } }: { sequence: SeenSequence }) {
  return (
    <p class="bar legend">
      {(trained > 0 || scored === 0) && (
        <span>
          <span class="trained">trained</span> {counted(trained, "token")}
        </span>
      )}
      {scored > 0 && (
        <span>
          <span class="scored">scored</span> {counted(scored, "token")}
        </span>
      )}
      <span>only read {whole(read)}</span>
      <span>
        <span class="cut">cut off</span> {whole(cut)}
      </span>
      {stop && (
        <span class={stop === "trained" ? "fits" : "tight"}>
          {STOPS[stop]} {stop !== "trained" && stop !== "cut" && <code>{stop_token}</code>}
        </span>
      )}
    </p>
  );
}
