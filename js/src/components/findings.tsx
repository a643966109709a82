/** A finding as it is told: one sentence, then its evidence, then what can be done about it. */

import type { ComponentChildren } from "preact";
import type { Drawn } from "../app";
import { keyOf } from "../lib/findings";
import { safeLink } from "../lib/links";
import type { Finding, Fix } from "../wire";
import { Button } from "./button";

const MARKS = { error: ["✕", "Error: "], warning: ["!", "Warning: "], info: ["i", "Note: "] } as const;

interface FindingsProps extends Drawn {
  findings: readonly Finding[];
  /** What else can be done about a finding. */
  more?: (finding: Finding) => ComponentChildren;
}

export function Findings({ app, findings, more }: FindingsProps) {
  return (
    <>
      {findings.map((finding) => {
        const { severity, message, evidence, fix } = finding;
        const [mark, said] = MARKS[severity];
        return (
          <div key={keyOf(finding)} class={`finding ${severity}`}>
            <span class="mark" aria-hidden="true">
              {mark}
            </span>
            <div>
              <p>
                <span class="sr">{said}</span>
                {message}
              </p>
              {(evidence || fix) && (
                <p class="dim">
                  {evidence} {fix && <FixButton app={app} fix={fix} />}
                </p>
              )}
              {more?.(finding)}
            </div>
          </div>
        );
      })}
    </>
  );
}

export function FixButton({ app, fix }: Drawn & { fix: Fix }) {
  if (fix.verb) {
    return (
      <Button class="link" onClick={() => app.apply(fix)}>
        {fix.label}
      </Button>
    );
  }
  const address = safeLink(fix.link);
  return address ? (
    <a class="link" href={address} target="_blank" rel="noopener noreferrer">
      {fix.label}
      <span class="sr"> (opens in a new tab)</span>
    </a>
  ) : null;
}
