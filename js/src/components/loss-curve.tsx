/** The loss of a run over its steps, drawn as SVG: what it learns from, and what is held back. The same in words and numbers. */

import { plain, whole } from "../lib/format";
import type { RunView } from "../wire";

type Point = RunView["curve"][number];

const WIDTH = 420;
const HEIGHT = 168;
const LEFT = 44;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 24;
const ROWS_TOLD = 12;

/** Two decimals, or as many as it takes to tell the numbers apart. */
const short = (value: number) => plain(Number(value.toPrecision(3)));

export function LossCurve({ curve, total }: { curve: readonly Point[]; total: number | null }) {
  const losses = curve.flatMap(({ loss, eval_loss }) => [loss, eval_loss]).filter((loss) => loss != null);
  if (losses.length === 0) {
    return <div class="curve empty">The loss is drawn here when the trainer first reports it.</div>;
  }
  const low = Math.min(...losses);
  const high = Math.max(...losses);
  const last = Math.max(total ?? 0, curve.at(-1)?.step ?? 0, 1);
  const x = (step: number) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / last;
  const y = (loss: number) => TOP + (HEIGHT - TOP - BOTTOM) * (high > low ? (high - loss) / (high - low) : 0.5);
  const line = (of: "loss" | "eval_loss") =>
    curve.flatMap((point) => (point[of] == null ? [] : [`${x(point.step).toFixed(1)},${y(point[of]).toFixed(1)}`]));
  const train = line("loss");
  const held = line("eval_loss");
  return (
    <figure class="curve">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={inWords(curve)}>
        <path class="axis" d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}`} />
        <text x={LEFT - 6} y={y(high) + 4} class="end">
          {short(high)}
        </text>
        {high > low && (
          <text x={LEFT - 6} y={y(low) + 4} class="end">
            {short(low)}
          </text>
        )}
        <text x={LEFT} y={HEIGHT - 8}>
          step 0
        </text>
        <text x={WIDTH - RIGHT} y={HEIGHT - 8} class="end">
          {whole(last)}
        </text>
        <polyline class="train" points={train.join(" ")} />
        {train.length === 1 && (
          <circle class="train" r="2.5" cx={train[0]?.split(",")[0]} cy={train[0]?.split(",")[1]} />
        )}
        <polyline class="held" points={held.join(" ")} />
        {held.map((at) => (
          <circle key={at} class="held" r="2.5" cx={at.split(",")[0]} cy={at.split(",")[1]} />
        ))}
      </svg>
      <figcaption class="dim">
        <span class="key train">training</span> {held.length > 0 && <span class="key held">held back</span>}
        <details>
          <summary class="link">The numbers</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col">Training loss</th>
                <th scope="col">Held-back loss</th>
              </tr>
            </thead>
            <tbody>
              {told(curve).map(({ step, loss, eval_loss }, at) => (
                <tr key={`${step} ${at}`}>
                  <td>{whole(step)}</td>
                  <td>{loss == null ? "" : short(loss)}</td>
                  <td>{eval_loss == null ? "" : short(eval_loss)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </figcaption>
    </figure>
  );
}

/** Some of the points, evenly over the run, the last among them. */
function told(curve: readonly Point[]): readonly Point[] {
  const stride = Math.ceil(curve.length / ROWS_TOLD);
  return curve.filter((_, at) => (curve.length - 1 - at) % stride === 0);
}

function inWords(curve: readonly Point[]): string {
  const of = (name: "loss" | "eval_loss", what: string) => {
    const known = curve.filter((point) => point[name] != null);
    const [first, last] = [known[0], known.at(-1)];
    if (first?.[name] == null || last?.[name] == null) return "";
    const end = `${short(last[name])} at step ${whole(last.step)}`;
    return known.length === 1
      ? `${what} ${end}.`
      : `${what} from ${short(first[name])} at step ${whole(first.step)} to ${end}.`;
  };
  return [of("loss", "Training loss"), of("eval_loss", "Held-back loss")].filter(Boolean).join(" ");
}
