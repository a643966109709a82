/** The four steps as a list of buttons: where one is, what each holds, and why one can't be entered yet. */

import type { Drawn } from "../app";
import type { StepView } from "../wire";
import { Button } from "./button";
import { Icon } from "./icon";

const STATUS = {
  not_started: "not started",
  in_progress: "in progress",
  completed: "completed",
  error: "has an error",
} as const;

export function Stepper({ app }: Drawn) {
  const { _session, step } = app.store;
  return (
    <nav aria-label="Steps">
      <ol class="steps">
        {_session.value.steps.map((view, index) => (
          <Entry key={view.id} app={app} view={view} number={index + 1} current={view.id === step.value} />
        ))}
      </ol>
    </nav>
  );
}

function Entry({ app, view, number, current }: Drawn & { view: StepView; number: number; current: boolean }) {
  const { id, status, title, summary, blocked } = view;
  const off = !current && blocked;
  return (
    <li class={status}>
      <Button
        aria-current={current ? "step" : undefined}
        aria-describedby={off ? `${id}-blocked` : undefined}
        title={summary}
        off={off}
        onClick={() => current || app.goTo(id)}
      >
        <span class="dot" aria-hidden="true">
          {status === "completed" ? <Icon name="tick" /> : status === "error" ? "!" : number}
        </span>
        <span class="words">
          <b>{title}</b>
          <span class="sr">, {STATUS[status]}, </span>
          <small class="dim">{summary}</small>
        </span>
      </Button>
      {off && (
        <span class="sr" id={`${id}-blocked`}>
          {off}
        </span>
      )}
    </li>
  );
}
