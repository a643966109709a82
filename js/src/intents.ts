/** Intents to the kernel and their answers: one terminal answer each, asked for again until it comes. */

import { type Cell, cell } from "./cell";
import type { Scope } from "./scope";
import type { Kind, Model, Payload } from "./store";
import type { Answer, Intent } from "./wire";

const POLL_EVERY_MS = 1000;
const BUSY_AFTER_MS = 8000;
const LOST_AFTER_MS = 30_000;
// Most answers come within a frame or two: what would be drawn and taken back at once is not drawn.
const DRAWN_AFTER_MS = 100;

/** How long the kernel has been silent about something it was asked: not long, long, or so long that nobody may be there. */
export type Silence = "none" | "busy" | "lost";

export interface Channel {
  /** Sends an intent. The promise never rejects, and stays open while no answer comes. */
  send<K extends Kind>(kind: K, payload: Payload<K>): Promise<Answer>;
  readonly pending: Readonly<Cell<readonly Kind[]>>;
  readonly silence: Readonly<Cell<Silence>>;
  /** The ids of what is under way of a kind, as a cancel names them. */
  idsOf(kind: Kind): readonly string[];
  /** Asks again for everything that was given up. */
  retry(): void;
}

interface Open {
  readonly intent: Intent & { kind: Kind };
  readonly settle: (answer: Answer) => void;
  /** How often it was asked for since anything was heard of it. Counted, because a sleeping laptop's clock runs on. */
  polls: number;
  resent: boolean;
  silence: Silence;
  stopWaiting: () => void;
}

export function createChannel(model: Model, scope: Scope, pollAfterMs: () => number, changed: () => void): Channel {
  const open = new Map<string, Open>();
  let undraw = () => {};
  const pending = cell<readonly Kind[]>([], () => {
    undraw();
    undraw = scope.after(DRAWN_AFTER_MS, changed);
  });
  const silence = cell<Silence>("none", changed);
  // crypto.randomUUID is missing on a hub served over plain http; getRandomValues is not.
  const view = crypto.getRandomValues(new Uint32Array(2)).join("-");
  let count = 0;

  function tell() {
    // Screens that come by themselves are waited for in silence: nobody asked for them yet.
    const all = [...open.values()].filter(({ intent }) => intent.kind !== "load_screens");
    pending.value = all.map((entry) => entry.intent.kind);
    silence.value = all.some((entry) => entry.silence === "lost")
      ? "lost"
      : all.some((entry) => entry.silence === "busy")
        ? "busy"
        : "none";
  }

  function wait(entry: Open, ms: number) {
    entry.stopWaiting();
    if (!open.has(entry.intent.id)) return;
    entry.stopWaiting = scope.after(ms, () => {
      const quiet = pollAfterMs() + entry.polls * POLL_EVERY_MS;
      entry.silence = quiet >= LOST_AFTER_MS ? "lost" : quiet >= BUSY_AFTER_MS ? "busy" : "none";
      tell();
      if (entry.silence === "lost") return;
      // colabtools#3373: what a kernel sends outside a request can be lost, so it is asked for inside one.
      entry.polls += 1;
      model.send({ v: 1, id: entry.intent.id, kind: "poll" });
      wait(entry, POLL_EVERY_MS);
    });
  }

  function start(entry: Open) {
    entry.polls = 0;
    entry.silence = "none";
    model.send(entry.intent);
    wait(entry, pollAfterMs());
  }

  function heard(message: unknown) {
    const answer = message as Answer;
    const entry = answer?.v === 1 ? open.get(answer.id) : undefined;
    // Custom messages reach every tab: an id that is not ours is normal.
    if (!entry) return;
    entry.polls = 0;
    entry.silence = "none";
    if (answer.kind === "result" || answer.kind === "error") {
      if (answer.trouble?.code === "unknown-intent" && !entry.resent) {
        entry.resent = true;
        start(entry);
      } else {
        entry.stopWaiting();
        open.delete(answer.id);
        entry.settle(answer);
      }
    }
    tell();
  }

  // What the kernel answers where it is asked comes with the state; what took it longer comes as a message.
  const together = () => {
    for (const answer of (model.get("_answers") as unknown[] | undefined) ?? []) heard(answer);
  };

  model.on("msg:custom", heard);
  model.on("change:_answers", together);
  scope.onEnd(() => {
    model.off("msg:custom", heard);
    model.off("change:_answers", together);
    open.clear();
  });

  return {
    pending,
    silence,
    send(kind, payload) {
      return new Promise((settle) => {
        count += 1;
        const intent = { v: 1 as const, id: `${view}-${count}`, kind, payload };
        const entry: Open = {
          intent,
          settle,
          polls: 0,
          resent: false,
          silence: "none",
          stopWaiting: () => {},
        };
        open.set(intent.id, entry);
        start(entry);
        tell();
      });
    },
    idsOf: (kind) => [...open.values()].filter(({ intent }) => intent.kind === kind).map(({ intent }) => intent.id),
    retry() {
      for (const entry of open.values()) if (entry.silence === "lost") start(entry);
      tell();
    },
  };
}
