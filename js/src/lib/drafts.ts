/** A control shows what a person just did until the kernel has answered, then what the kernel says. */

import type { App } from "../app";
import type { Typed } from "../local";
import type { Answer, Finding } from "../wire";

type Send<T> = (value: T) => Promise<Answer>;

/** For menus, radios and switches: what to show, and what to do with a choice. */
export function choice<T>({ local }: App, key: string, value: T, send: Send<T>): [T, (chosen: T) => void] {
  const set = (chosen: unknown) => {
    local.choices.value = { ...local.choices.value, [key]: chosen };
  };
  const waiting = local.choices.value[key] as { value: T } | undefined;
  return [
    waiting ? waiting.value : value,
    async (chosen) => {
      const mine = { value: chosen };
      set(mine);
      await send(chosen);
      if (local.choices.value[key] === mine) set(undefined);
    },
  ];
}

export interface Draft {
  readonly text: string;
  readonly refusal: Finding | undefined;
  type(text: string): void;
  commit(): void;
  /** Back to what the kernel has. False where there was nothing to give up. */
  reset(): boolean;
}

/** Why the step can't go on from what its fields show: one of them holds what was refused. Empty where none does. */
export function held({ local, store }: App): string {
  const step = store.step.value;
  const field = Object.keys(local.drafts.value).find(
    (name) => name.startsWith(`${step}.`) && local.drafts.value[name]?.refusal,
  );
  return field ? `The ${field.split(".").pop()?.replaceAll("_", " ")} is not accepted yet.` : "";
}

/** For text: what was refused stays, with the reason, until it is put right. `field` is the finding's. */
export function draft({ local }: App, field: string, text: string, send: Send<string>): Draft {
  const now = () => local.drafts.value[field];
  const set = (typed?: Typed) => {
    local.drafts.value = { ...local.drafts.value, [field]: typed };
  };
  const shown = now();
  return {
    text: shown?.text ?? text,
    refusal: shown?.refusal,
    type: (typed) => set({ text: typed }),
    async commit() {
      const typed = now();
      if (!typed || typed.sent) return;
      if (typed.text === text) return set();
      const mine = { text: typed.text, sent: true };
      set(mine);
      const { findings, trouble } = await send(mine.text);
      if (now() !== mine) return;
      const refusal = findings.find((f) => f.severity === "error" && f.field === field);
      set(refusal ? { ...mine, refusal } : trouble ? { text: mine.text } : undefined);
    },
    reset() {
      const typed = now();
      set();
      return typed !== undefined;
    },
  };
}
