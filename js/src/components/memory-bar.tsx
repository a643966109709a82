/** The bar of the memory: each part with a pattern of its own, so that it reads without colour. */

import type { Drawn } from "../app";
import { configLocal } from "../lib/config-local";
import { gib } from "../lib/format";

const HEIGHT = 26;

/** Lines of each pattern in a square of 8: none, steep, flat, the other way, dots, upright, crossed, wide. */
const PATTERNS = ["", "M0 8L8 0", "M0 4H8", "M0 0L8 8", "M4 3v2", "M4 0V8", "M0 0L8 8M0 8L8 0", "M0 2H8M0 6H8"];

const MARKS = PATTERNS.map((path, index) => (
  <pattern key={path} id={`mark-${index}`} width="8" height="8" patternUnits="userSpaceOnUse">
    <path d={path} class="stroke" />
  </pattern>
));

const kind = (index: number) => index % PATTERNS.length;

/** The bar ends at the card's memory, or later where the run needs more than that. */
export function MemoryBar({ app }: Drawn) {
  const { parts, capacity_bytes: capacity, total_bytes: total, low_bytes, high_bytes } = app.store._costs.value;
  const open = configLocal(app).part;
  const end = Math.max(capacity ?? 0, high_bytes ?? total ?? 0) || 1;
  const share = (bytes: number) => `${(100 * bytes) / end}%`;
  let before = 0;
  return (
    <svg class="stack" width="100%" height="56" aria-hidden="true">
      <defs>{MARKS}</defs>
      <rect class="ground" y="0.5" width="100%" height={HEIGHT} rx="4" />
      {parts.map(({ name, bytes }, index) => {
        const x = share(before);
        before += bytes;
        const place = { x, y: 0.5, width: share(bytes), height: HEIGHT };
        return (
          <g key={name} class={`p${kind(index)}${open && open !== name ? " faded" : ""}`}>
            <rect class="part-fill" {...place} />
            <rect fill={`url(#mark-${kind(index)})`} {...place} />
          </g>
        );
      })}
      {low_bytes != null && high_bytes != null && <Likely from={share(low_bytes)} to={share(high_bytes)} />}
      {capacity != null && <Card at={share(capacity)} inside={capacity < end} words={`${gib(capacity)} GiB`} />}
    </svg>
  );
}

/** The band that the measurement is expected in: a bracket below the bar. */
const Likely = ({ from, to }: { from: string; to: string }) => (
  <g class="likely">
    <line x1={from} x2={from} y1="29" y2="35" />
    <line x1={to} x2={to} y1="29" y2="35" />
    <line x1={from} x2={to} y1="35" y2="35" />
  </g>
);

/** Where the card ends. At the right end of the bar the words stand to the left of the mark. */
const Card = ({ at, inside, words }: { at: string; inside: boolean; words: string }) => (
  <g class="card-end">
    {inside && <line x1={at} x2={at} y1="0" y2="40" />}
    <text x={at} y="50" text-anchor="end">
      {words}
    </text>
  </g>
);

/** The same pattern beside a part's name. */
export const Swatch = ({ index }: { index: number }) => (
  <svg class={`swatch p${kind(index)}`} width="14" height="14" aria-hidden="true">
    <rect class="part-fill" width="14" height="14" rx="3" />
    <rect fill={`url(#mark-${kind(index)})`} width="14" height="14" rx="3" />
  </svg>
);
