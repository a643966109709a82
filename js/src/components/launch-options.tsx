/** Where the package is launched, what that place needs, and what can be said to it. */

import type { Drawn } from "../app";
import { choice } from "../lib/drafts";
import type { DeployStep } from "../wire";
import { Field, hintId, Segmented, TextField } from "./field";

type Launch = DeployStep["launch"];

export function Launcher({ app }: Drawn) {
  const { launchers } = app.store._deploy_menus.value;
  const id = "deploy.launcher";
  const [shown, choose] = choice<string>(app, id, app.store.deploy.value?.launcher ?? "", (launcher) =>
    app.ask("deploy_to", { launcher }),
  );
  return (
    <Field app={app} id={id} label="Run on" hint={launchers.find(({ value }) => value === shown)?.hint} group>
      <Segmented id={id} value={shown} options={launchers} onChoose={choose} />
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
  const repository = text(
    "hub_repo",
    "Hub repository",
    "Where the package and what it trains are kept. Left empty, it is the package's name, in your own space.",
  );
  const isPrivate = <Private key="private" app={app} on={deploy.launch.private} />;
  switch (deploy.launcher) {
    case "hf_jobs":
      return (
        <>
          {text("flavor", "Hardware", "Left empty, the cheapest that holds the estimated memory.")}
          {number("timeout_hours", "Longest, in hours", "Left empty, the estimated time and a third more.")}
          {repository}
          {isPrivate}
        </>
      );
    case "skypilot":
      return (
        <>
          {text(
            "accelerators",
            "GPUs",
            "As SkyPilot says it: A100:1. Left empty, the smallest that holds the estimate.",
          )}
          {repository}
          {isPrivate}
        </>
      );
    case "kubernetes":
      return (
        <>
          <Kind app={app} kind={deploy.launch.kind} />
          {number("gpus", "GPUs", "How many NVIDIA GPUs the run asks the cluster for.")}
          {repository}
          {isPrivate}
        </>
      );
    default:
      return number("processes", "GPUs to use", "Left empty, the trainer uses all it sees.");
  }
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
