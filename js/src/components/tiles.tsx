/** The run in four numbers. A number that can't be told yet keeps its place. */

import type { Drawn } from "../app";
import { whole } from "../lib/format";

export function Tiles({ app }: Drawn) {
  const { steps, steps_why, tokens_per_step, effective_batch, warmup_steps } = app.store._costs.value;
  const tiles: [string, number | null, string?][] = [
    ["steps", steps, steps_why],
    ["tokens a step", tokens_per_step, "At most: rows shorter than the longest hold fewer."],
    ["examples a step", effective_batch],
    ["warm-up steps", warmup_steps],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([label, value, why]) => (
        <div key={label} title={why}>
          <dt class="dim">{label}</dt>
          <dd>{value == null ? <span class="dim">not yet</span> : <b>{whole(value)}</b>}</dd>
        </div>
      ))}
    </dl>
  );
}
