/** Which findings are drawn where: each once, beside what it is about. */

import type { App } from "../app";
import type { Kind, StepId } from "../store";
import type { Finding, Trouble } from "../wire";

const ORDER = { error: 0, warning: 1, info: 2 } as const;

export const keyOf = ({ code, field, message }: Finding) => `${code} ${field} ${message}`;

/** What is known about a step, from the kernel and from the answers to this view; the gravest first. */
export function findingsOf({ store, local }: App, step: StepId): Finding[] {
  const all = [...store.findings.value, ...Object.values(local.replies.value).flatMap((answer) => answer.findings)];
  return [...new Map(all.map((finding) => [keyOf(finding), finding])).values()]
    .filter((finding) => finding.step === step)
    .sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

/** The first thing that stands in the way of a step. */
export const firstError = (app: App, step: StepId) => findingsOf(app, step).find((f) => f.severity === "error");

/** What went wrong with a request, told as a finding is told. */
export const asFinding = ({ code, message, hint }: Trouble, field = "model"): Finding => ({
  severity: "error",
  step: "model",
  field,
  code,
  message,
  evidence: hint,
  fix: null,
});

/** What went wrong with requests of these kinds, told as a finding is told. */
export function troublesOf({ local, store }: App, ...kinds: Kind[]): Finding[] {
  return kinds.flatMap((kind) => {
    const trouble = local.replies.value[kind]?.trouble;
    return trouble ? { ...asFinding(trouble, kind), step: store.step.value } : [];
  });
}
