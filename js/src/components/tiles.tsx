/** The run in numbers: steps, tokens, time, money. A number that can't be told yet keeps its place. */

import type { Drawn } from "../app";
import { configLocal, setConfigLocal, stillTrue } from "../lib/config-local";
import { compact, whole } from "../lib/format";
import { dollars, span } from "../lib/spans";
import type { PricesView } from "../wire";
import { Button } from "./button";

export function Tiles({ app }: Drawn) {
  const costs = app.store._costs.value;
  const { steps, steps_why, tokens_per_step, effective_batch, warmup_steps, tokens, at_most } = costs;
  const { seconds_low, seconds_high, seconds_why, flops } = costs;
  const long = at_most ? "At most: rows shorter than the longest hold fewer." : "By the rows’ own lengths.";
  const time = seconds_low != null && seconds_high != null ? span(seconds_low, seconds_high) : null;
  const tiles: [string, string | null, string?][] = [
    ["steps", steps == null ? null : whole(steps), steps_why],
    ["rows a step", effective_batch == null ? null : whole(effective_batch), "Batch size × accumulation × GPUs."],
    ["tokens a step", tokens_per_step == null ? null : whole(tokens_per_step), "At most, with rows of the longest."],
    ["warm-up steps", warmup_steps == null ? null : whole(warmup_steps)],
    [at_most ? "tokens at most" : "tokens", tokens == null ? null : compact(tokens), long],
    ["time", time, seconds_why],
  ];
  return (
    <>
      <dl class="tiles">
        {tiles.map(([label, value, why]) => (
          <div key={label} title={why}>
            <dt class="dim">{label}</dt>
            <dd>{value == null ? <span class="dim">not yet</span> : <b>{value}</b>}</dd>
          </div>
        ))}
      </dl>
      <p class="dim rests">
        {seconds_why}
        {flops != null && seconds_low == null && ` ${flops.toPrecision(3)} operations in all.`}
      </p>
      <Prices app={app} />
    </>
  );
}

function Prices({ app }: Drawn) {
  const prices = stillTrue(app, configLocal(app).prices);
  const ask = async () => {
    const costs = app.store._costs.value;
    const { payload } = await app.ask("ask_prices", {});
    setConfigLocal(app, { prices: { view: payload.prices as PricesView | undefined, costs } });
  };
  return (
    <div class="prices">
      {prices && prices.prices.length > 0 && (
        <ul class="changes" aria-label="Prices">
          {prices.prices.map(({ offer, source, listed, per_hour, low, high }) => (
            <li key={source + offer}>
              <span>
                {offer} <span class="dim">{[source, listed].filter(Boolean).join(", ")}</span>
              </span>
              <span>
                <b>{low != null && high != null ? dollars(low, high) : "time not known"}</b>{" "}
                <span class="dim">at ${per_hour.toFixed(2)} an hour</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <p class="dim" role="status">
        {prices?.why} {prices?.as_of && `Read ${prices.as_of.slice(0, 16).replace("T", " ")} UTC.`}{" "}
        <Button class="link" off={app.isBusy("ask_prices")} onClick={ask}>
          {prices ? "Ask again" : "What would it cost?"}
        </Button>
      </p>
    </div>
  );
}
