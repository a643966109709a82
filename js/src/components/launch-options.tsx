/** Where the package is launched, what that place needs, and what can be said to it. */

import type { Drawn } from "../app";
import { choice, held } from "../lib/drafts";
import { safeLink } from "../lib/links";
import type { DeployStep } from "../wire";
import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { Field, hintId, Menu, Segmented, TextField } from "./field";
import { Findings } from "./findings";

type Launch = DeployStep["launch"];

export function Launcher({ app }: Drawn) {
  const { launchers } = app.store._deploy_menus.value;
  const id = "deploy.launcher";
  const [shown, choose] = choice<string>(app, id, app.store.deploy.value?.launcher ?? "", (launcher) =>
    app.ask("deploy_to", { launcher }),
  );
  return (
    <Field app={app} id={id} label="Run on" hint={launchers.find(({ value }) => value === shown)?.hint}>
      <Menu id={id} value={shown} options={launchers} onChoose={choose} />
    </Field>
  );
}

export function LaunchOptions({ app }: Drawn) {
  const deploy = app.store.deploy.value;
  if (!deploy) return null;
  const number = (field: keyof Launch, label: string, hint: string) => (
    <TextField
      key={field}
      app={app}
      field={`deploy.launch.${field}`}
      label={label}
      hint={hint}
      text={String(deploy.launch[field] ?? "")}
      numeric
      send={(text) => app.ask("deploy_to", { launch: { [field]: text.trim() === "" ? null : Number(text) } })}
    />
  );
  const text = (field: keyof Launch, label: string, hint: string) => (
    <TextField
      key={field}
      app={app}
      field={`deploy.launch.${field}`}
      label={label}
      hint={hint}
      text={String(deploy.launch[field] ?? "")}
      send={(typed) => app.ask("deploy_to", { launch: { [field]: typed.trim() } })}
    />
  );
  switch (deploy.launcher) {
    case "hf_jobs":
      return (
        <>
          {text("flavor", "Hardware", "Left empty, the cheapest that holds the estimated memory.")}
          {number("timeout_hours", "Longest, in hours", "Left empty, the estimated time and a third more.")}
          <Plan app={app} />
          <Hub app={app} />
        </>
      );
    case "skypilot":
      return (
        <>
          {text("accelerators", "GPUs", "As SkyPilot says it: A100:1, which is also meant where it is left empty.")}
          <Hub app={app} />
        </>
      );
    case "kubernetes":
      return (
        <>
          <Kind app={app} kind={deploy.launch.kind} />
          {number("gpus", "GPUs", "How many NVIDIA GPUs the run asks the cluster for.")}
          {number("timeout_hours", "Longest, in hours", "Left empty, as long as it takes.")}
          <Hub app={app} />
        </>
      );
    default:
      return (
        <>
          {number("processes", "GPUs to use", "Left empty, the trainer uses all it sees.")}
          <details class="hub">
            <summary class="link">Push the package to the Hub</summary>
            <Hub app={app} />
          </details>
        </>
      );
  }
}

/** What HF Jobs would take for it today. */
function Plan({ app }: Drawn) {
  const plan = app.local.plan.value;
  return (
    <div class="field">
      <span class="label">Today</span>
      <div class="hint" role="status">
        {plan ? (
          <>
            <b>{plan.flavor}</b> <span class="dim">{plan.why}</span>
            <p>
              <code>{plan.command}</code> <CopyButton app={app} text={plan.command} label="Copy the command" />
            </p>
          </>
        ) : (
          <span class="dim">
            {app.isBusy("plan_launch") ? "Asking the Hub for its prices…" : "The prices are not known."}
          </span>
        )}
        <Button class="link" off={app.isBusy("plan_launch")} onClick={() => app.planLaunch()}>
          Ask again
        </Button>
      </div>
    </div>
  );
}

/** The repository of the package and of what it trains, and putting the package there. */
function Hub({ app }: Drawn) {
  const launch = app.store.deploy.value?.launch;
  const pushing = app.isBusy("push_package");
  if (!launch) return null;
  return (
    <>
      <TextField
        app={app}
        field="deploy.launch.hub_repo"
        label="Hub repository"
        hint="Where the package and what it trains are kept. Left empty, it is the package's name, in your own space."
        text={launch.hub_repo}
        send={(typed) => app.ask("deploy_to", { launch: { hub_repo: typed.trim() } })}
      />
      <Private app={app} on={launch.private} />
      <div class="field">
        <span />
        <div class="bar">
          <Button class="btn" off={held(app) || pushing || app.isBusy("launch")} onClick={() => app.pushPackage()}>
            {pushing ? "Pushing…" : "Push to the Hub"}
          </Button>
          {pushing && (
            <Button class="link" onClick={() => app.cancelPush()}>
              Cancel
            </Button>
          )}
          {app.local.pushed.value && !pushing && <Pushed app={app} url={app.local.pushed.value} />}
        </div>
      </div>
      {!pushing && <Findings app={app} findings={app.local.pushWrong.value} />}
    </>
  );
}

function Pushed({ app, url }: Drawn & { url: string }) {
  const address = safeLink(url);
  return (
    <span>
      <b class="fits">✓ Pushed</b>{" "}
      {address ? (
        <a class="link" href={address} target="_blank" rel="noopener noreferrer">
          its page<span class="sr"> (opens in a new tab)</span>
        </a>
      ) : (
        <CopyButton app={app} text={url} label="Copy the address" />
      )}
    </span>
  );
}

function Private({ app, on }: Drawn & { on: boolean }) {
  const id = "deploy.launch.private";
  const [shown, choose] = choice(app, id, on, (value) => app.ask("deploy_to", { launch: { private: value } }));
  return (
    <Field app={app} id={id} label="Private" hint="Only you and those you let in can see it.">
      <input
        id={id}
        type="checkbox"
        class="switch"
        aria-describedby={hintId(id)}
        checked={shown}
        onChange={(event) => choose(event.currentTarget.checked)}
      />
    </Field>
  );
}

const KINDS = [
  { value: "job", label: "Job", hint: "Plain Kubernetes, one pod." },
  { value: "trainjob", label: "TrainJob", hint: "Kubeflow Trainer has to be installed on the cluster." },
] as const;

function Kind({ app, kind }: Drawn & { kind: Launch["kind"] }) {
  const id = "deploy.launch.kind";
  const [shown, choose] = choice<string>(app, id, kind, (value) => app.ask("deploy_to", { launch: { kind: value } }));
  return (
    <Field app={app} id={id} label="As" hint={KINDS.find(({ value }) => value === shown)?.hint} group>
      <Segmented id={id} value={shown} options={KINDS} onChoose={choose} />
    </Field>
  );
}
