/** The run that is followed: how it stands, its loss, its numbers, what ended it, and what can be done about it. */

import type { Drawn } from "../app";
import { duration, gib, plain, whole } from "../lib/format";
import { safeLink } from "../lib/links";
import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { Findings } from "./findings";
import { LossCurve } from "./loss-curve";

export function RunPanel({ app }: Drawn) {
  const run = app.store._run.value;
  if (!run.id && !run.progress_words) return null;
  return (
    <section class="run" aria-labelledby="run">
      <div class="bar spread">
        <h4 id="run">
          {run.step != null && run.total != null && !run.over
            ? `Step ${whole(run.step)} of ${whole(run.total)}`
            : run.words}
        </h4>
        <span class="dim">{standing(run)}</span>
      </div>
      {run.progress_words && (
        <p class="dim">
          {run.progress_words}{" "}
          <Button class="link" onClick={() => app.cancelPush()}>
            Cancel
          </Button>
        </p>
      )}
      <Progress share={run.progress ?? (run.total ? (run.step ?? 0) / run.total : null)} over={run.over} />
      {run.id && <LossCurve curve={run.curve} total={run.total} />}
      {run.id && <Numbers app={app} />}
      <Findings app={app} findings={run.findings} />
      <Places app={app} />
      {run.id && (
        <div class="bar end">
          <Button class="link" aria-expanded={app.local.log.value !== null} onClick={() => app.toggleLog()}>
            {app.local.log.value === null ? "Show the log" : "Hide the log"}
          </Button>
          <RunButtons app={app} />
        </div>
      )}
      <Log app={app} />
    </section>
  );
}

type Run = Drawn["app"]["store"]["_run"]["value"];

/** What stands beside the title: how far, how long still, or from where it can go on. */
function standing({ over, step, total, seconds_left, status, checkpoint, words, attempt }: Run): string {
  if (over) {
    if (status === "finished") return total == null ? "" : `${whole(total)} steps`;
    return checkpoint ? `can go on from ${checkpoint}` : "";
  }
  const share = step != null && total ? `${Math.floor((100 * step) / total)} %` : words;
  const left = seconds_left == null ? "" : ` · ${duration(seconds_left)} left`;
  const saving = status === "stopping" ? ` · ${words.toLowerCase()}` : "";
  return `${share}${left}${saving}${attempt > 1 ? ` · taken up ${attempt - 1} ×` : ""}`;
}

function Progress({ share, over }: { share: number | null; over: boolean }) {
  if (over) return null;
  return (
    <progress class="share" max={1} value={share ?? undefined}>
      {share == null ? "" : `${Math.floor(100 * share)} %`}
    </progress>
  );
}

function Numbers({ app }: Drawn) {
  const run = app.store._run.value;
  const gpu = run.gpu_peak_bytes;
  const peak = gpu || run.ram_peak_bytes;
  const estimate = gpu && run.estimate_bytes ? `, estimated ${gib(run.estimate_bytes)}` : "";
  const tiles: [string, string | null][] = [
    ["loss", run.loss == null ? null : plain(Number(run.loss.toPrecision(4)))],
    ["tokens / s", run.tokens_per_second == null ? null : whole(run.tokens_per_second)],
    run.launcher === "hf_jobs"
      ? ["seconds a step", run.seconds_per_step == null ? null : plain(Number(run.seconds_per_step.toPrecision(3)))]
      : [`GiB ${gpu ? "GPU" : "RAM"} peak${estimate}`, peak ? gib(peak) : null],
    ["learning rate", run.learning_rate == null ? null : rate(run.learning_rate)],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([label, value]) => (
        <div key={label}>
          <dt class="dim">{label}</dt>
          <dd>{value == null ? <span class="dim">not yet</span> : <b>{value}</b>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** As people write learning rates: 2e-4. */
const rate = (value: number) => (value === 0 ? "0" : value.toExponential(value < 1e-3 ? 1 : 2).replace(/\.?0+e/, "e"));

/** Where the run and what it trains are to be found. */
function Places({ app }: Drawn) {
  const { status, output, url, id, note } = app.store._run.value;
  const address = safeLink(url);
  return (
    <>
      {note && <p class="dim">{note}</p>}
      {status === "finished" && output && (
        <p>
          <b class="fits">✓ Trained</b> <code>{output}</code>{" "}
          <CopyButton app={app} text={output} label="Copy the path" />
        </p>
      )}
      {id && (
        <p class="dim">
          Run <code>{id}</code>
          {address && (
            <>
              {" · "}
              <a class="link" href={address} target="_blank" rel="noopener noreferrer">
                its page<span class="sr"> (opens in a new tab)</span>
              </a>
            </>
          )}
        </p>
      )}
    </>
  );
}

function RunButtons({ app }: Drawn) {
  const { id, over, status, can_resume, launcher } = app.store._run.value;
  const here = launcher === "local";
  if (!id) return null;
  if (over) {
    if (!can_resume) return null;
    return (
      <Button class="btn" off={app.isBusy("resume_run")} onClick={() => app.ask("resume_run", { id })}>
        Resume
      </Button>
    );
  }
  // The same button in the same place: what is pressed twice in haste stops at once only when it says so.
  return status === "stopping" ? (
    <Button class="btn" off={app.isBusy("stop_run") || !here} onClick={() => app.ask("stop_run", { now: true })}>
      {here ? "End it without saving" : "Ending…"}
    </Button>
  ) : (
    <Button class="btn" off={app.isBusy("stop_run")} onClick={() => app.ask("stop_run", {})}>
      {here ? "Stop and save" : "End the run"}
    </Button>
  );
}

function Log({ app }: Drawn) {
  const log = app.local.log.value;
  if (log === null) return null;
  return (
    <>
      {/* A box that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section class="box text log" aria-label="Log of the run" tabIndex={0}>
        <pre>{log.text || "Nothing yet."}</pre>
      </section>
      <p class="dim">
        <code>{log.path}</code> <CopyButton app={app} text={log.path} label="Copy the path of the log" />
      </p>
    </>
  );
}
