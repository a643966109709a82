/** What the run needs on each card: one bar against its capacity, each part with its number and its reason. */

import type { Drawn } from "../app";
import { configLocal, setConfigLocal } from "../lib/config-local";
import { choice } from "../lib/drafts";
import { gib } from "../lib/format";
import { Menu, option } from "./field";
import { MemoryBar, Swatch } from "./memory-bar";

const VERDICTS = { fits: "✓ Fits", tight: "! Tight on", no: "✕ Does not fit", unknown: "" } as const;

const HERE = "";

export function Memory({ app }: Drawn) {
  const { parts, total_bytes, low_bytes, high_bytes, verdict, gpu, gpus, unproven, measured_bytes } =
    app.store._costs.value;
  const open = configLocal(app).part;
  const words = VERDICTS[verdict];
  const forget = () => setConfigLocal(app, { part: "" });
  return (
    <div class="memory">
      <div class="bar spread">
        <span>
          <b class="big">{total_bytes == null ? "Not known yet" : `${gib(total_bytes)} GiB`}</b>{" "}
          {low_bytes != null && high_bytes != null && (
            <span class="dim">
              likely {gib(low_bytes)} – {gib(high_bytes)}
              {gpus > 1 && " on each card"}
            </span>
          )}
        </span>
        {words && (
          <b class={verdict}>
            {words} {gpus > 1 && `${gpus} × `}
            {gpu}
          </b>
        )}
      </div>
      <MemoryBar app={app} />
      <ul class="parts" onMouseLeave={forget} onFocusOut={forget}>
        {parts.map(({ name, label, bytes }, index) => {
          const tell = () => setConfigLocal(app, { part: name });
          return (
            <li key={name}>
              <button
                type="button"
                class="part"
                aria-pressed={name === open}
                onMouseEnter={tell}
                onFocus={tell}
                onClick={tell}
              >
                <Swatch index={index} />
                <span>{label}</span> <b>{gib(bytes)}</b>
              </button>
            </li>
          );
        })}
      </ul>
      <Why app={app} />
      {measured_bytes != null && <p class="dim">A run of these choices took {gib(measured_bytes)} GiB.</p>}
      {unproven.length > 0 && (
        <p class="dim unproven">
          <b>Unproven.</b> {unproven.join(" ")}
        </p>
      )}
      <GpuMenu app={app} />
      <Aside app={app} />
    </div>
  );
}

/** The reason of the part that is asked about. Room is kept for the longest, so that nothing below ever moves. */
function Why({ app }: Drawn) {
  const { parts, verdict_why } = app.store._costs.value;
  const open = configLocal(app).part;
  const told = parts.find(({ name }) => name === open)?.why ?? verdict_why;
  return (
    <div class="dim whys">
      {[...new Set([verdict_why, ...parts.map(({ why }) => why)])].map((why) => (
        <p key={why} class={why === told ? "" : "kept"} aria-hidden={why === told ? undefined : true}>
          {why}
        </p>
      ))}
    </div>
  );
}

/** How many of which card: those of this machine, or any of the list. */
function GpuMenu({ app }: Drawn) {
  const { _config_menus, _costs, _config } = app.store;
  const listed = _config_menus.value.gpus;
  const { gpu, gpus } = _costs.value;
  const { here, gpus_here } = _config.value;
  const name = listed.some(({ value }) => value === gpu) ? gpu : HERE;
  const [card, chooseCard] = choice(app, "config.gpu", name, (to) => app.ask("choose_gpu", { name: to || null }));
  const [count, chooseCount] = choice(app, "config.gpu count", String(gpus), (to) =>
    app.ask("choose_gpu", { name: card || null, count: Number(to) }),
  );
  const all = gpus_here > 1 ? `, ${gpus_here} of them` : "";
  const found = here || (name === HERE && gpu);
  return (
    <div class="bar">
      <label for="gpu">Held against</label>
      <Menu
        label="How many cards"
        value={count}
        options={countsOf(gpus, gpus_here).map((n) => option(String(n), `${n} ×`))}
        onChoose={chooseCount}
      />
      <Menu
        id="gpu"
        value={card}
        options={[
          option(HERE, found ? `${found}, in this machine${all}` : "the card in this machine"),
          ...listed.map(({ value, label, hint }) => option(value, `${label}, ${hint}`)),
        ]}
        onChoose={chooseCard}
      />
    </div>
  );
}

/** As cards are rented, all that are here, and as many as the run has. */
const countsOf = (...also: number[]) =>
  [...new Set([1, 2, 4, 8, ...also])].filter((count) => count > 0).sort((a, b) => a - b);

/** What is fetched before the run, and what its result takes. */
function Aside({ app }: Drawn) {
  const { download_bytes, after_bytes, after_why } = app.store._costs.value;
  const before = download_bytes != null && `${gib(download_bytes)} GiB are fetched first.`;
  const after = after_bytes != null && `The trained model runs in ${gib(after_bytes)} GiB: ${after_why}.`;
  return before || after ? (
    <p class="dim aside">
      {before} {after}
    </p>
  ) : null;
}
