/** The deploy step: name the package, read every file of it, write it, and launch it. */

import type { App, Drawn } from "../app";
import { Button } from "../components/button";
import { CopyButton } from "../components/copy-button";
import { Field, hintId, Menu, TextField } from "../components/field";
import { Findings } from "../components/findings";
import { Footer } from "../components/footer";
import { Launcher, LaunchOptions } from "../components/launch-options";
import { FileText, FileTree } from "../components/package-files";
import { RunPanel } from "../components/run-panel";
import { choice, held } from "../lib/drafts";
import { findingsOf, firstError, troublesOf } from "../lib/findings";
import type { Finding } from "../wire";

export function DeployStep({ app }: Drawn) {
  const { store } = app;
  const files = store._package.value.files.length > 0;
  const told = [
    ...troublesOf(
      app,
      "write_package",
      "launch",
      "plan_launch",
      "stop_run",
      "resume_run",
      "deploy_to",
      "undo",
      ...(files ? (["preview_file"] as const) : []),
    ),
    ...stops(app),
    ...findingsOf(app, "deploy").filter((finding) => !isAtField(app, finding)),
  ];
  return (
    <>
      <div class="panel two">
        <div>
          <TextField
            app={app}
            field="deploy.name"
            label="Name"
            text={store.deploy.value?.name ?? ""}
            send={(text) => app.ask("deploy_to", { name: text.trim() })}
          />
          <Target app={app} />
          <Launcher app={app} />
          <LaunchOptions app={app} />
          <Folder app={app} />
          {files && <FileTree app={app} />}
        </div>
        <div>
          <Findings app={app} findings={told} />
          <RunPanel app={app} />
          <Written app={app} />
          {files ? (
            <FileText app={app} />
          ) : (
            <p class="empty">The files appear here when nothing stands in their way.</p>
          )}
        </div>
      </div>
      <Footer app={app} actions={<WriteButtons app={app} />}>
        {blocked(app) || held(app) || "All four steps are checked."}
      </Footer>
    </>
  );
}

/** What is wrong with what is typed into a field of this screen is drawn there. */
const isAtField = ({ store }: App, { severity, field }: Finding) =>
  severity === "error" &&
  (field === "deploy.name" ||
    // Where it is launched here, the repository's field is folded away.
    (field.startsWith("deploy.launch.") && !(store.deploy.value?.launcher === "local" && field.endsWith("hub_repo"))));

/** What stands in the way in the steps before this one. */
const stops = (app: App): Finding[] =>
  (["model", "config", "dataset"] as const)
    .filter((step) => app.store.statuses.value[step] !== "completed")
    .flatMap((step) => firstError(app, step) ?? []);

/** Why the package can't be written yet; empty where it can. */
function blocked(app: App): string {
  if (app.store._package.value.files.length > 0) return "";
  return (stops(app)[0] ?? firstError(app, "deploy"))?.message ?? "Complete the earlier steps first.";
}

function Target({ app }: Drawn) {
  const { targets } = app.store._deploy_menus.value;
  const id = "deploy.target";
  const [shown, choose] = choice<string>(app, id, app.store.deploy.value?.target ?? "", (target) =>
    app.ask("deploy_to", { target }),
  );
  return (
    <Field app={app} id={id} label="Trainer" hint={app.store._package.value.proven}>
      <Menu id={id} value={shown} options={targets} onChoose={choose} />
    </Field>
  );
}

const folderOf = ({ store, local }: App) => local.folder.value ?? store._package.value.folder;

function Folder({ app }: Drawn) {
  const id = "deploy.folder";
  return (
    <Field app={app} id={id} label="Written into" hint="A folder that this kernel can write to.">
      <input
        id={id}
        class="in"
        autocomplete="off"
        spellcheck={false}
        aria-describedby={hintId(id)}
        value={folderOf(app)}
        onInput={(event) => {
          app.local.folder.value = event.currentTarget.value;
        }}
      />
    </Field>
  );
}

function Written({ app }: Drawn) {
  const { written_to, command } = app.store._package.value;
  if (!written_to) return null;
  return (
    <section class="written" aria-label="Written">
      <p>
        <b class="fits">✓ Written</b> <code>{written_to}</code>{" "}
        <CopyButton app={app} text={written_to} label="Copy the path" />
      </p>
      {command && (
        <p>
          Start it with <code>{command}</code> <CopyButton app={app} text={command} label="Copy the command" />
        </p>
      )}
    </section>
  );
}

const NO_LAUNCH = new Set(["launch-posix", "target-needs-gpu", "no-gpu-here", "launch-no-token"]);

function WriteButtons({ app }: Drawn) {
  const writing = app.isBusy("write_package");
  const launching = app.isBusy("launch");
  const off = blocked(app) || held(app) || writing || launching;
  // What is known to stop a launch now does not keep a package from being written.
  const hindered = findingsOf(app, "deploy").some(({ code }) => NO_LAUNCH.has(code));
  const { status, over } = app.store._run.value;
  const write = async (archive: boolean) => {
    const { kind, payload } = await app.ask("write_package", { folder: folderOf(app), archive });
    if (kind === "result") app.announce(`Written to ${payload.written_to}`);
  };
  return (
    <>
      <Button class="btn" off={off} onClick={() => write(true)}>
        Write zip
      </Button>
      <Button class="btn" off={off} onClick={() => write(false)}>
        {writing ? "Writing…" : "Write package"}
      </Button>
      <Button
        class={hindered ? "btn" : "btn go"}
        off={off || (!over && status !== "" && "A run of it is on.")}
        onClick={() => app.ask("launch", { folder: folderOf(app) })}
      >
        {launching ? "Launching…" : "Launch"}
      </Button>
    </>
  );
}
