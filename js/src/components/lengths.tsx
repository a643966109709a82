/** How long rows are in tokens: a histogram with the longest length as a line that mouse and keyboard move. */

import type { App, Drawn } from "../app";
import { localOf, setLocal } from "../lib/dataset-local";
import { findingsOf } from "../lib/findings";
import { compact, whole } from "../lib/format";
import type { LengthsView } from "../wire";
import { Button } from "./button";
import { Findings } from "./findings";

// Arrow keys move the line by this many tokens, PageUp and PageDown by four times as many.
const STRIDE = 32;

const percent = (share: number) => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;

export function Lengths({ app }: Drawn) {
  const lengths = app.store._tokens.value;
  const { bars, problem, progress } = lengths;
  if (problem && bars.length === 0) {
    // What stops the count may be what stops the run, or what keeps a row from being shown, and is told once.
    const { seen, view = "trained" } = localOf(app);
    const beside = view === "trained" ? seen?.problem?.code : "";
    const told = beside === problem.code || findingsOf(app, "dataset").some(({ code }) => code === problem.code);
    return told ? null : <Findings app={app} findings={[problem]} />;
  }
  return (
    <section class="lengths" aria-labelledby="lengths">
      <div class="bar spread">
        <b id="lengths">Length in tokens</b>
        <Counted app={app} lengths={lengths} />
      </div>
      <Histogram app={app} lengths={lengths} />
      {bars.length > 0 && <Told lengths={lengths} at={lineOf(app)} />}
      {progress != null && (
        <progress class="share" aria-label="Rows counted" max={1} value={progress}>
          {percent(progress)}
        </progress>
      )}
    </section>
  );
}

/** Where the line is: dragged, or as the config has it. */
const lineOf = (app: App) => localOf(app).dragged ?? app.store._tokens.value.max_length;

function Counted({ app, lengths: { counted, rows, exact, progress } }: Drawn & { lengths: LengthsView }) {
  if (!counted) return <span class="dim">{app.isBusy("count_tokens") ? "Counting a sample…" : ""}</span>;
  if (exact) return <span class="dim">all {whole(rows)} training rows counted</span>;
  const counting = progress != null || app.isBusy("count_tokens");
  const { checked_rows, rows: there = 0 } = app.store.dataset.value ?? {};
  if (checked_rows != null && checked_rows < there) {
    return (
      <span class="dim">
        a sample of {whole(counted)} of about {whole(rows)} rows counted
      </span>
    );
  }
  return (
    <span class="dim">
      {whole(counted)} of about {whole(rows)} rows counted{" "}
      {counting ? (
        <Button class="link" onClick={() => app.ask("count_tokens", { exact: false })}>
          Stop
        </Button>
      ) : (
        <Button class="link" onClick={() => app.ask("count_tokens", { exact: true })}>
          Count all
        </Button>
      )}
    </span>
  );
}

function Histogram({ app, lengths }: Drawn & { lengths: LengthsView }) {
  const { bars, max_length, least, most, longest } = lengths;
  const end = Math.max(bars.at(-1)?.up_to ?? 0, 1);
  const tallest = Math.max(...bars.map(({ rows }) => rows), 1);
  const line = lineOf(app);
  const commit = async () => {
    const dragged = localOf(app).dragged;
    if (dragged == null || dragged === max_length) return setLocal(app, { dragged: null });
    await app.ask("configure", { changes: { max_length: dragged } });
    setLocal(app, { dragged: null });
  };
  const move = (to: number) => setLocal(app, { dragged: Math.min(Math.max(Math.round(to), least || 1), most || to) });
  return (
    <div class="histogram">
      <div class="bars" aria-hidden="true">
        {bars.map(({ above, up_to, rows }) => (
          <i key={above} title={`${whole(above + 1)} – ${whole(up_to)} tokens: ${whole(rows)} rows`}>
            <i
              class={above >= line ? "over" : up_to > line ? "half" : undefined}
              style={{ height: `${(100 * rows) / tallest}%`, minHeight: rows > 0 ? "2px" : 0 }}
            />
          </i>
        ))}
      </div>
      {max_length > 0 && (
        <>
          <div class="line" style={{ left: `${100 * Math.min(line / end, 1)}%` }} aria-hidden="true">
            <span style={{ transform: `translateX(-${100 * Math.min(line / end, 1)}%)` }}>
              {line > end ? `${whole(line)} →` : whole(line)}
            </span>
          </div>
          <input
            type="range"
            aria-label="Longest example, in tokens"
            aria-valuetext={`${whole(line)} tokens, ${percent(longerThan(lengths, line))} of the rows are longer`}
            min={0}
            max={end}
            step={1}
            value={Math.min(line, end)}
            onInput={(event) => move(Number(event.currentTarget.value))}
            onChange={commit}
            onBlur={commit}
            onKeyDown={(event) => {
              const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 4, PageDown: -4 }[
                event.key
              ];
              if (event.key === "Enter") commit();
              else if (event.key === "Escape") setLocal(app, { dragged: null });
              else if (event.key === "End") move(longest);
              // The state of now: keys can come faster than they are drawn.
              else if (by) move((Math.round(lineOf(app) / STRIDE) + by) * STRIDE);
              else return;
              event.preventDefault();
            }}
            onKeyUp={(event) => event.key !== "Tab" && event.key !== "Enter" && settle(app, commit)}
          />
        </>
      )}
      <div class="bar spread dim scale-words" aria-hidden="true">
        <span>0</span>
        <span>{whole(Math.round(end / 2))}</span>
        <span>{whole(end)} tokens</span>
      </div>
    </div>
  );
}

let undo = () => {};
/** Takes what the keys chose once they rest. */
function settle(app: App, commit: () => void) {
  undo();
  undo = app.scope.after(500, commit);
}

/** The share of rows that are longer than a length, from the ladder. */
function longerThan({ ladder }: LengthsView, length: number): number {
  const below = ladder.filter(([at]) => at <= length);
  return below.at(-1)?.[1] ?? 1;
}

function Told({ lengths, at }: { lengths: LengthsView; at: number }) {
  const { longer, mean, longest, does, packed, tokens, exact, max_length, left_with_nothing } = lengths;
  const still = at === max_length;
  const share = still && longer ? longer[0] : longerThan(lengths, at);
  const range = still && longer && !exact ? ` (${percent(longer[1])} – ${percent(longer[2])})` : "";
  return (
    <>
      <dl class="told">
        <div>
          <dt>Longer than {whole(at)}</dt>
          <dd>
            <b class={share > 0.01 ? "tight" : undefined}>{percent(share)}</b>
            <span class="dim">{range}</span>
          </dd>
        </div>
        <div>
          <dt>On average · longest</dt>
          <dd>
            <b>{mean ? whole(mean[0]) : ""}</b>
            {mean && !exact && <span class="dim"> ± {whole((mean[2] - mean[1]) / 2)}</span>} · <b>{whole(longest)}</b>
          </dd>
        </div>
        {tokens && (
          <div>
            <dt>Tokens in one pass</dt>
            <dd>
              <b>{compact(tokens[0])}</b>
              {!exact && (
                <span class="dim">
                  {" "}
                  ({compact(tokens[1])} – {compact(tokens[2])})
                </span>
              )}
            </dd>
          </div>
        )}
        {packed && (
          <div>
            <dt>Packed</dt>
            <dd>
              <b>{whole(packed[0])}</b> <span class="dim">sequences, {percent(packed[1])} full</span>
            </dd>
          </div>
        )}
      </dl>
      <p class="dim">
        {share > 0 ? does : "No row is longer."}
        {still && left_with_nothing > 0 && ` Of ${percent(left_with_nothing)} nothing to learn is left.`}
      </p>
    </>
  );
}
