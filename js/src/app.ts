/** What the screens are given: the kernel's state, this browser's state, and the one way to ask for something. */

import { type Channel, createChannel } from "./intents";
import { loadScreens } from "./later-screens";
import { createCardMemory } from "./lib/cards";
import { asFinding } from "./lib/findings";
import { counted, whole } from "./lib/format";
import { createLocal, type Local, type ShownFile } from "./local";
import type { Scope } from "./scope";
import { createSearch, type Search } from "./search";
import { createStore, type Kind, type Model, type Payload, type StepId, type Store, type Traits } from "./store";
import type { Answer, DetailsView, Fix, RowsView, SourceChoice } from "./wire";

// The first paint and what follows it at once come first.
const SETTLED_MS = 300;

export interface App {
  readonly store: Store;
  readonly local: Local;
  readonly channel: Channel;
  readonly search: Search;
  readonly scope: Scope;
  /** Sends an intent and keeps its answer where it says more than the traits. */
  ask<K extends Kind>(kind: K, payload: Payload<K>): Promise<Answer>;
  goTo(step: StepId): void;
  /** Has the steps after the first sent, once. */
  loadScreens(): void;
  selectModel(payload: Payload<"select_model">): Promise<void>;
  openDetails(id: string): Promise<void>;
  closeDetails(): void;
  lookForSources(): Promise<void>;
  turnTo(offset: number): Promise<void>;
  readFile(path: string): Promise<void>;
  toggleLog(): void;
  planLaunch(): Promise<void>;
  pushPackage(): Promise<void>;
  cancelPush(): void;
  cancelReading(): void;
  apply(fix: Fix): void;
  /** Whether something of this kind is under way, asked by this view or by another. */
  isBusy(kind: Kind): boolean;
  announce(text: string): void;
}

/** What every screen and most components are drawn from. */
export interface Drawn {
  app: App;
}

/** `changed` is told of what changed in this browser, `sent` of what the kernel changed. */
export function createApp(model: Model, scope: Scope, changed: () => void, sent: () => void): App {
  const cards = createCardMemory();
  const store = createStore(model, scope, cards.settle, (trait) => {
    reactions[trait]?.();
    sent();
  });
  const local = createLocal(changed);
  const channel = createChannel(model, scope, () => store._ui.value.poll_after_ms, sent);

  let planned = "";

  const reactions: Partial<Record<keyof Traits, () => void>> = {
    model() {
      local.asking.value = false;
    },
    findings: forget,
    deploy() {
      forget();
      plan();
    },
    results() {
      const { cards, query, searching } = store.results.value;
      // While somebody types, every keystroke has its results: the last ones are said.
      if (!searching && !search.isTyping()) announce(counted(cards.length, "model") + (query ? ` for ${query}` : ""));
    },
    step() {
      local.announcement.value = "";
      enter();
    },
    _rows() {
      local.page.value = null;
    },
    _package: readAgain,
    _run: followRun,
  };

  /** Asks what HF Jobs would take, when that is chosen or what it depends on changes. */
  function plan() {
    const { launcher, launch } = store.deploy.value ?? {};
    const wanted = launcher === "hf_jobs" && store.step.value === "deploy" ? JSON.stringify(launch) : "";
    if (wanted && wanted !== planned) app.planLaunch();
    planned = wanted;
  }

  let standing = "";
  /** Says aloud how the run stands when that changes, and reads on in its log where that is shown. */
  function followRun() {
    const { status, words, id } = store._run.value;
    if (id && status !== standing) announce(words);
    standing = status;
    if (local.log.value !== null && !channel.pending.value.includes("read_log")) readLog();
  }

  async function readLog() {
    const { kind, payload } = await channel.send("read_log", {});
    if (kind === "result" && local.log.value !== null) local.log.value = payload as unknown as Local["log"]["value"];
  }

  /** What an answer found is old as soon as the kernel finds something else. */
  function forget() {
    if (Object.keys(local.replies.value).length > 0) local.replies.value = {};
  }

  /** Asks for what a step shows and no trait carries. */
  function enter() {
    if (store.step.value !== "model") app.loadScreens();
    if (store.step.value === "dataset") app.lookForSources();
    plan();
    readAgain();
  }

  function readAgain() {
    const { files } = store._package.value;
    const file = files.find(({ path }) => path === local.file.value) ?? files[0];
    if (store.step.value === "deploy" && file) app.readFile(file.path);
  }

  async function ask<K extends Kind>(kind: K, payload: Payload<K>): Promise<Answer> {
    const { [kind]: _, ...others } = local.replies.value;
    local.replies.value = others;
    const answer = await channel.send(kind, payload);
    const { trouble, findings } = answer;
    if (trouble?.code !== "cancelled" && (trouble || findings.length > 0)) {
      local.replies.value = { ...local.replies.value, [kind]: answer };
      const wrong = trouble ?? findings.find(({ severity }) => severity === "error");
      if (wrong) announce(wrong.message);
    }
    return answer;
  }

  function announce(text: string) {
    // A live region is read when its text differs.
    local.announcement.value = text === local.announcement.value ? `${text}\u00a0` : text;
  }

  let loading = false;
  const search = createSearch(store, local, scope, cards, {
    search: (wanted) => ask("search", wanted),
    lookUp: (wanted) => channel.send("look_up", wanted),
  });
  const app: App = {
    store,
    local,
    channel,
    scope,
    search,
    ask,
    announce,
    async goTo(step) {
      local.moving.value = true;
      await ask("go_to", { step });
      if (store.step.value !== step) local.moving.value = false;
    },
    loadScreens() {
      if (loading) return;
      loading = true;
      const text = async () => (await ask("load_screens", {})).payload.module as string | undefined;
      const took = loadScreens(text, (later) => {
        local.later.value = later;
      });
      const done = () => {
        loading = local.later.value !== null;
        changed();
      };
      took.then(done, done);
    },
    async selectModel(payload) {
      local.selecting.value = payload.repo_id;
      local.asking.value = true;
      await ask("select_model", payload);
      if (local.selecting.value === payload.repo_id) local.selecting.value = "";
    },
    async openDetails(id) {
      local.details.value = id;
      local.detailsView.value = null;
      local.detailsWrong.value = [];
      app.loadScreens();
      const { payload, findings, trouble } = await channel.send("details", { repo_id: id });
      if (local.details.value !== id || trouble?.code === "cancelled") return;
      local.detailsView.value = (payload.details as DetailsView | undefined) ?? null;
      local.detailsWrong.value = trouble ? [asFinding(trouble)] : findings;
      announce(local.detailsView.value ? `Details of ${id}` : (local.detailsWrong.value[0]?.message ?? ""));
    },
    closeDetails() {
      local.details.value = "";
    },
    async lookForSources() {
      const { payload } = await ask("list_sources", {});
      local.sources.value = (payload.sources as SourceChoice[] | undefined) ?? [];
    },
    async turnTo(offset) {
      const { payload } = await ask("preview_rows", { offset, limit: store._rows.value.rows.length });
      const page = payload.rows as RowsView | undefined;
      if (!page) return;
      local.page.value = page;
      announce(`Rows ${whole(page.offset + 1)} to ${whole(page.offset + page.rows.length)}`);
    },
    async readFile(path) {
      local.file.value = path;
      const { kind, payload } = await ask("preview_file", { path });
      if (kind === "result" && local.file.value === path) local.fileText.value = payload as unknown as ShownFile;
    },
    async planLaunch() {
      const { kind, payload } = await ask("plan_launch", {});
      local.plan.value = kind === "result" ? (payload.plan as Local["plan"]["value"]) : null;
    },
    async pushPackage() {
      local.pushed.value = "";
      local.pushWrong.value = [];
      const folder = local.folder.value ?? store._package.value.folder;
      const { kind, payload, trouble } = await ask("push_package", { folder });
      // It may be written by then, and so what an answer found be old: this is said for as long as nobody tries again.
      if (trouble && trouble.code !== "cancelled") local.pushWrong.value = [asFinding(trouble)];
      if (kind !== "result") return;
      local.pushed.value = payload.url as string;
      announce(`Pushed to ${payload.repo_id}`);
    },
    cancelPush() {
      for (const kind of ["push_package", "launch"] as const) {
        for (const id of channel.idsOf(kind)) ask("cancel", { target: id });
      }
    },
    cancelReading() {
      for (const id of channel.idsOf("use_dataset")) ask("cancel", { target: id });
    },
    toggleLog() {
      const shown = local.log.value !== null;
      local.log.value = shown ? null : { text: "", path: store._run.value.log_path };
      if (!shown) readLog();
    },
    apply({ verb, arguments: given }) {
      // What was refused stays typed until it is put right, and this is what puts it right.
      local.drafts.value = {};
      if (verb === "go_to") app.goTo(given.step as StepId);
      else if (verb === "select_model") app.selectModel(given as Payload<"select_model">);
      else if (verb) ask(verb, (verb === "configure" ? { changes: given } : given) as Payload<typeof verb>);
    },
    isBusy: (kind) => channel.pending.value.includes(kind) || store.busy.value.includes(kind),
  };
  enter();
  scope.after(SETTLED_MS, app.loadScreens);
  return app;
}
