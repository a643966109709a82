/** What the run needs on the card: one bar against its capacity, each part with its number and its reason. */

import type { Drawn } from "../app";
import { choice } from "../lib/drafts";
import { gib } from "../lib/format";
import { Menu, option } from "./field";

const VERDICTS = { fits: "✓ Fits", tight: "! Tight on", no: "✕ Does not fit", unknown: "" } as const;

const HERE = "";

export function Memory({ app }: Drawn) {
  const { part } = app.local;
  const { parts, total_bytes, low_bytes, high_bytes, verdict, verdict_why, gpu } = app.store._costs.value;
  const words = VERDICTS[verdict];
  const forget = () => {
    part.value = "";
  };
  return (
    <div class="memory">
      <div class="bar spread">
        <span>
          <b class="big">{total_bytes == null ? "Not known yet" : `${gib(total_bytes)} GiB`}</b>{" "}
          {low_bytes != null && high_bytes != null && (
            <span class="dim">
              likely {gib(low_bytes)} – {gib(high_bytes)}
            </span>
          )}
        </span>
        {words && (
          <b class={verdict}>
            {words} {gpu}
          </b>
        )}
      </div>
      <Bar app={app} />
      <ul class="parts" onMouseLeave={forget} onFocusOut={forget}>
        {parts.map(({ name, label, bytes }, index) => {
          const tell = () => {
            part.value = name;
          };
          return (
            <li key={name}>
              <button
                type="button"
                class={`part p${index}`}
                aria-pressed={name === part.value}
                onMouseEnter={tell}
                onFocus={tell}
                onClick={tell}
              >
                <span>{label}</span> <b>{gib(bytes)}</b>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="dim why" aria-live="polite">
        {parts.find(({ name }) => name === part.value)?.why ?? verdict_why}
      </p>
      <GpuMenu app={app} />
    </div>
  );
}

/** The bar ends at the card's usable memory, or later where the run needs more than that. */
function Bar({ app: { store, local } }: Drawn) {
  const { parts, capacity_bytes: capacity, total_bytes: total, low_bytes: low, high_bytes: high } = store._costs.value;
  const end = Math.max(capacity ?? 0, high ?? total ?? 0) || 1;
  const share = (bytes: number) => `${(100 * bytes) / end}%`;
  const open = local.part.value;
  return (
    <div class="scale dim" aria-hidden="true">
      <div class="stack">
        {parts.map(({ name, bytes }, index) => (
          <i key={name} class={`p${index}${open && open !== name ? " faded" : ""}`} style={{ width: share(bytes) }} />
        ))}
      </div>
      {low != null && high != null && <span class="band" style={{ left: share(low), width: share(high - low) }} />}
      {capacity != null && (
        <span class={capacity < end ? "usable short" : "usable"} style={{ left: share(capacity) }}>
          {/* At the right end it reads to the left of its mark, at the left end to the right of it. */}
          <span style={{ transform: `translateX(-${share(capacity)})` }}>{gib(capacity)} usable</span>
        </span>
      )}
    </div>
  );
}

function GpuMenu({ app }: Drawn) {
  const { gpus } = app.store._config_menus.value;
  const { gpu } = app.store._costs.value;
  const listed = gpus.some(({ value }) => value === gpu);
  const [shown, choose] = choice(app, "config.gpu", listed ? gpu : HERE, (name) =>
    app.ask("choose_gpu", { name: name || null }),
  );
  const here = !listed && gpu ? `${gpu}, in this machine` : "the card in this machine";
  return (
    <div class="bar">
      <label for="gpu">Held against</label>
      <Menu id="gpu" value={shown} options={[option(HERE, here), ...gpus]} onChoose={choose} />
    </div>
  );
}
