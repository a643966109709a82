/** The last line of the frame: back, what has been checked, what the kernel is doing, and the way on. */

import type { ComponentChildren } from "preact";
import type { Drawn } from "../app";
import { Button } from "./button";

interface FooterProps extends Drawn {
  /** What has been checked. */
  children: ComponentChildren;
  /** Buttons in the place of "Continue". */
  actions?: ComponentChildren;
}

export function Footer({ app, children, actions }: FooterProps) {
  const { steps, undo } = app.store._session.value;
  const here = steps.findIndex(({ id }) => id === app.store.step.value);
  const back = steps[here - 1];
  const next = steps[here + 1];
  return (
    <footer class="foot">
      {back && (
        <Button class="btn" onClick={() => app.goTo(back.id)}>
          Back
        </Button>
      )}
      <span class="checked">
        <Checked app={app}>{children}</Checked>
        {undo && (
          <Button class="link" onClick={() => app.ask("undo", {})}>
            Undo {undo}
          </Button>
        )}
      </span>
      <span class="bar">
        {actions ??
          (next && (
            <Button class="btn go" off={next.blocked} onClick={() => app.goTo(next.id)}>
              Continue to {next.id}
            </Button>
          ))}
      </span>
    </footer>
  );
}

/** A kernel that does not answer is a normal state: a cell runs, or nobody is there. */
function Checked({ app: { channel }, children }: FooterProps) {
  switch (channel.silence.value) {
    case "busy":
      return <span role="status">The kernel is busy. It answers when the running cell ends.</span>;
    case "lost":
      return (
        <span role="alert">
          No answer from the kernel. What is shown is the last it said.{" "}
          <Button class="link" onClick={channel.retry}>
            Retry
          </Button>
        </span>
      );
    default:
      return <span>{children}</span>;
  }
}
