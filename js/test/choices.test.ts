import { describe, expect, test, vi } from "vitest";
import type { FakeModel } from "./fake-model";
import { answering, choose, mount, press, settle, type } from "./mount";
import { act, finding, sources } from "./samples";
import { payloadFor, STATES } from "./traits";

const knob = (screen: ReturnType<typeof mount>, name: string) =>
  screen.all("input, select").find((input) => input.id === `config.${name}`) as HTMLInputElement;
const hint = (screen: ReturnType<typeof mount>, input: HTMLElement) =>
  screen.all(".hint").find((hint) => hint.id === input.getAttribute("aria-describedby"))?.textContent;

describe("a knob", () => {
  test("is a label, a value, a unit with its range, and a sentence", () => {
    const screen = mount("config-fits");
    const input = knob(screen, "max_length");
    expect(input.value).toBe("2048");
    expect(input.closest(".field")?.textContent).toContain("Longest row");
    expect(input.closest(".field")?.textContent).toContain("tokens · 16 – 1,048,576");
    expect(hint(screen, input)).toContain("Rows with more tokens than this are cut");
  });

  test.each([
    ["learning_rate", "2e-5", 0.00002],
    ["epochs", " 3 ", 3],
    ["max_length", "a lot", "a lot"],
    ["batch_size", "", null],
  ])("%s typed as “%s” is sent as what it stands for", (name, text, value) => {
    const screen = mount("config-fits");
    type(knob(screen, name), text);
    press(knob(screen, name), "Enter");
    expect(screen.fake.sentOf("configure")[0]?.payload).toEqual({ changes: { [name]: value } });
  });

  test("a list of words stays a list, and an empty number is none", async () => {
    const view = { ...STATES["config-fits"]._config, layers: [] } as never;
    const screen = mount("config-fits", { _config: view });
    screen.named("Adapter").click();
    await settle();
    type(knob(screen, "lora_targets"), "q_proj, v_proj");
    knob(screen, "lora_targets").dispatchEvent(new FocusEvent("blur"));
    expect(screen.fake.sentOf("configure")[0]?.payload).toEqual({ changes: { lora_targets: ["q_proj", "v_proj"] } });
  });

  test("that was not changed sends nothing when it is left", () => {
    const screen = mount("config-fits");
    type(knob(screen, "epochs"), "2");
    knob(screen, "epochs").dispatchEvent(new FocusEvent("blur"));
    press(knob(screen, "epochs"), "Enter");
    expect(screen.fake.sent).toEqual([]);
  });

  test("that is refused keeps what was typed and says why, beside it and nowhere else", async () => {
    const screen = mount("config-fits");
    const refusal = finding("config", "error", "3 is out of range: 0 to 0.1.", { field: "config.learning_rate" });
    type(knob(screen, "learning_rate"), "3");
    press(knob(screen, "learning_rate"), "Enter");
    screen.fake.answers(screen.fake.sent[0]?.id ?? "", { findings: [refusal] });
    await settle();
    const input = knob(screen, "learning_rate");
    expect(input.value).toBe("3");
    expect(hint(screen, input)).toContain("Still 0.0002.");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(hint(screen, input)).toContain("Error: 3 is out of range: 0 to 0.1.");
    expect(screen.text().split("3 is out of range").length - 1).toBe(2); // beside the knob, and aloud
    expect(screen.all(".finding.error")).toEqual([]);
  });

  test("what was refused gives way to its fix", async () => {
    const screen = mount("config-fits");
    const fix = act("Use 0.1", "configure", { learning_rate: 0.1 });
    const refusal = finding("config", "error", "Too much.", { field: "config.learning_rate", fix });
    type(knob(screen, "learning_rate"), "3");
    press(knob(screen, "learning_rate"), "Enter");
    screen.fake.answers(screen.fake.sent[0]?.id ?? "", { findings: [refusal] });
    await settle();
    screen.named("Use 0.1").click();
    await settle();
    expect(screen.fake.sentOf("configure")[1]?.payload).toEqual({ changes: { learning_rate: 0.1 } });
    expect(knob(screen, "learning_rate").value).not.toBe("3");
  });

  test("another knob that is accepted leaves a refused one as it is; Esc gives it up", async () => {
    const screen = mount("config-fits");
    const refusal = finding("config", "error", "Too much.", { field: "config.learning_rate" });
    type(knob(screen, "learning_rate"), "3");
    press(knob(screen, "learning_rate"), "Enter");
    screen.fake.answers(screen.fake.sent[0]?.id ?? "", { findings: [refusal] });
    screen.fake.writes({ config: { ...(screen.fake.get("config") as object), epochs: 3 } as never, findings: [] });
    await settle();
    expect(knob(screen, "learning_rate").value).toBe("3");
    expect(hint(screen, knob(screen, "learning_rate"))).toContain("Too much.");
    press(knob(screen, "learning_rate"), "Escape");
    await settle();
    expect(knob(screen, "learning_rate").value).toBe("0.0002");
  });

  test("an error about a knob behind “All settings” is told in the list", () => {
    const hidden = finding("config", "error", "No such layer.", { field: "config.lora_targets" });
    expect(mount("config-fits", { findings: [hidden] }).one(".finding.error").textContent).toContain("No such layer.");
  });

  test("a choice shows what was pressed until the kernel says otherwise", async () => {
    const { fake, all } = mount("config-fits");
    const tuning = () => all("[name='config.tuning']") as HTMLInputElement[];
    tuning()[2]?.click();
    await settle();
    expect(fake.sentOf("configure")[0]?.payload).toEqual({ changes: { tuning: "qlora" } });
    expect(tuning().map(({ checked }) => checked)).toEqual([false, false, true]);
    fake.answers(fake.sent[0]?.id ?? "");
    await settle();
    expect(tuning().map(({ checked }) => checked)).toEqual([false, true, false]);
  });

  test("a switch and a preset are sent by their names", () => {
    const screen = mount("config-fits");
    knob(screen, "packing").click();
    choose(knob(screen, "preset"), "balanced");
    expect(screen.fake.sentOf("configure").map(({ payload }) => payload)).toEqual([
      { changes: { packing: true } },
      { changes: { preset: "balanced" } },
    ]);
  });
});

describe("a finding", () => {
  test("is a sentence, its evidence and its fix, and its severity in words", () => {
    const { one } = mount("config-no");
    expect(one(".finding").textContent).toContain(
      "Error: This run does not fit a T4.It needs 21.4 GiB at least; 14.7 are usable. Use QLoRA",
    );
  });

  test("its fix is applied by one click", () => {
    const { fake, named } = mount("config-fits");
    named("Use fp16").click();
    expect(fake.sentOf("configure")[0]?.payload).toEqual({ changes: { precision: "fp16" } });
  });

  test("a size that needs a confirmation is confirmed by its fix", () => {
    const { fake, named } = mount("model-confirm");
    named("Yes, use it").click();
    expect(fake.sentOf("select_model")[0]?.payload).toEqual({ repo_id: "big/model", confirmed: true });
  });

  test("a page opens in a new tab that knows nothing of this one", () => {
    const link = mount("model-gated").one<HTMLAnchorElement>("a.link");
    expect([link.href, link.target, link.rel]).toEqual([
      "https://huggingface.co/settings/tokens",
      "_blank",
      "noopener noreferrer",
    ]);
  });

  test.each(["http://huggingface.co/x", "javascript:alert(1)", "data:text/html,x", "nonsense"])(
    "%s is no link",
    (link) => {
      const fix = { label: "Open", verb: "" as const, arguments: {}, link };
      expect(mount("model-first", { findings: [finding("model", "error", "No.", { fix })] }).all("a")).toEqual([]);
    },
  );

  test("markup in it is text", () => {
    const { root, text } = mount("model-first", {
      findings: [finding("model", "error", "<img src=x onerror=alert(1)>")],
    });
    expect(root.querySelector("img")).toBeNull();
    expect(text()).toContain("<img src=x");
  });

  test("of another step is not shown, and one that both trait and answer tell is shown once", async () => {
    const told = finding("model", "error", "It is gated.");
    const { fake, named, all, text } = mount("model-first", {
      findings: [told, finding("config", "error", "Elsewhere.")],
    });
    named("gemma-3-1b-it").click();
    fake.answers(fake.sent[0]?.id ?? "", { findings: [told] });
    await settle();
    expect(all(".finding")).toHaveLength(1);
    expect(text()).not.toContain("Elsewhere.");
  });

  test("what went wrong with a request is told with what to do, and aloud", async () => {
    const { fake, named, one } = mount("model-first");
    named("gemma-3-1b-it").click();
    fake.answers(fake.sent[0]?.id ?? "", {
      kind: "error",
      trouble: { code: "internal", message: "It broke.", hint: "Try again." },
    });
    await settle();
    expect(one(".finding.error").textContent).toContain("It broke.Try again.");
    expect(one("[role=status]:last-child").textContent).toBe("It broke.");
  });

  test("a request that a newer one replaced is no trouble", async () => {
    const { fake, named, all } = mount("model-first");
    named("gemma-3-1b-it").click();
    fake.answers(fake.sent[0]?.id ?? "", {
      kind: "error",
      trouble: { code: "cancelled", message: "Cancelled.", hint: "" },
    });
    await settle();
    expect(all(".finding")).toEqual([]);
  });
});

/** Answers what was asked before the kernel answered by itself, and all that is asked from now on. */
function catchUp(fake: FakeModel) {
  answering(fake);
  for (const { id, payload } of fake.sentOf("see_row")) fake.answers(id, { payload: payloadFor("see_row", payload) });
  for (const { id } of fake.sentOf("count_tokens")) fake.answers(id, {});
}

describe("the dataset step", () => {
  async function looked(state: "dataset-first" | "dataset-variable" | "dataset-file") {
    const screen = mount(state);
    screen.fake.answers(screen.fake.sentOf("list_sources")[0]?.id ?? "", { payload: { sources } });
    await settle();
    return screen;
  }

  test("looks for files and variables when it is entered", async () => {
    const screen = await looked("dataset-first");
    expect(screen.text()).toContain("data/faq.csv84.1 kB");
    screen.all("[name=source]")[2]?.click();
    await settle();
    expect(screen.one("[aria-label=Variable]").textContent).toContain("support_chats · DataFrame · 18,002 rows");
  });

  test("looks for variables again when they are shown, as a cell may have been run since", async () => {
    const screen = await looked("dataset-first");
    const before = screen.fake.sentOf("list_sources").length;
    screen.all("[name=source]")[2]?.click();
    expect(screen.fake.sentOf("list_sources")).toHaveLength(before + 1);
    await settle();
    expect(screen.named("Look again").textContent).toBe("Look again");
  });

  test("rows that were refused are told of where they were asked for, before the verdict of those in use", () => {
    const refused = finding("dataset", "error", "“bad.csv” was not taken.", { field: "dataset.refused" });
    const { one, all } = mount("dataset-variable", { findings: [refused] });
    const told = all(".finding").find((it) => it.textContent?.includes("bad.csv")) as HTMLElement;
    expect(told.compareDocumentPosition(one(".verdict"))).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  test("a file that was found, one that is typed, and a variable are used", async () => {
    const screen = await looked("dataset-first");
    screen.named("data/faq.csv").click();
    type(screen.one(".path"), " ../rows.jsonl ");
    press(screen.one(".path"), "Enter");
    screen.all("[name=source]")[2]?.click();
    await settle();
    choose(screen.one("[aria-label=Variable]"), "rows");
    expect(screen.fake.sentOf("use_dataset").map(({ payload }) => payload)).toEqual([
      { path: "data/faq.csv" },
      { path: "../rows.jsonl" },
      { variable: "rows" },
    ]);
  });

  test("says what the rows were taken for, and whether they will do", async () => {
    expect((await looked("dataset-variable")).text()).toContain(
      "Conversations, from “messages”! Ready, with remarks for SFT",
    );
    expect((await looked("dataset-file")).text()).toContain(
      "Instruction and answer, from “ticket”, “messages”✕ Can't be trained on yet for SFT",
    );
  });

  test("what was detected can be overruled, and the rest is kept", async () => {
    const { fake, all } = await looked("dataset-file");
    const menu = (id: string) => all("select").find((select) => select.id === id) as HTMLElement;
    choose(menu("dataset.columns.output"), "opened");
    choose(menu("dataset.format"), "text");
    const kept = { eval_share: 0.05, exclude_problems: [] };
    expect(fake.sentOf("use_dataset").map(({ payload }) => payload)).toEqual([
      { ...kept, format: "instruction", columns: { instruction: "ticket", output: "opened" } },
      { ...kept, format: "text", columns: null },
    ]);
  });

  test("the share that is held out is typed in per cent", async () => {
    const { fake, all, text } = await looked("dataset-variable");
    expect(text()).toContain("About 900 rows to measure on");
    const input = all("input").find(({ id }) => id === "dataset.eval_share") as HTMLElement;
    type(input, "10");
    press(input, "Enter");
    expect(fake.sentOf("use_dataset")[0]?.payload).toEqual({ eval_share: 0.1, exclude_problems: [] });
  });

  test("rows are shown a page at a time, and a new dataset starts at its first", async () => {
    const { fake, named, text, all } = mount("dataset-variable");
    answering(fake);
    all("[name=view]")[1]?.click();
    await settle();
    expect(text()).toContain("Rows 1 – 5 of 18,002");
    expect(named("Earlier rows").getAttribute("aria-disabled")).toBe("true");
    named("Later rows").click();
    await settle();
    expect(fake.sentOf("preview_rows")[0]?.payload).toEqual({ offset: 5, limit: 5 });
    expect(text()).toContain("Rows 6 – 10 of 18,002");
    fake.writes({ _rows: { ...(fake.get("_rows") as object), total: 7 } as never });
    await settle();
    expect(text()).toContain("Rows 1 – 5 of 7");
  });

  test("a row that is left out says so in words", async () => {
    const { all, one } = mount("dataset-file");
    all("[name=view]")[1]?.click();
    await settle();
    expect(one(".out th").textContent).toBe("3 (left out)");
  });

  test("a row is shown as the model sees it, what is trained in words too", async () => {
    const { fake, text, named, one } = mount("dataset-variable");
    catchUp(fake);
    await settle();
    expect(text()).toContain("Row 1 of 18,002, as trained");
    expect(one(".seen").textContent).toContain("[trained:] Sorry about that. 😀<|im_end|> [cut off:] ");
    expect(text()).toContain("trained 6 tokensonly read 31cut off 1stop token trained ✓");
    named("Row after").click();
    await settle();
    expect(fake.sentOf("see_row").at(-1)?.payload).toEqual({ row: 1, part: 0 });
    named("Later answer of this row").click();
    await settle();
    expect(fake.sentOf("see_row").at(-1)?.payload).toEqual({ row: 1, part: 1 });
  });

  test("the edges of tokens are drawn by whole characters", async () => {
    const { fake, one, all } = mount("dataset-variable");
    catchUp(fake);
    await settle();
    one(".edges input").click();
    await settle();
    expect(all(".seen .trained:not(.special) i").map((edge) => edge.textContent)).toEqual([
      "Sorry",
      " about that",
      ".",
      " 😀",
    ]);
  });

  test("rows are counted by themselves, and all of them when that is asked", async () => {
    const { fake, named, text } = mount("dataset-variable");
    catchUp(fake);
    await settle();
    expect(fake.sentOf("count_tokens").map(({ payload }) => payload)).toEqual([{ exact: false }]);
    expect(text()).toContain("1,040 of about 41,000 rows counted");
    named("Count all").click();
    expect(fake.sentOf("count_tokens").at(-1)?.payload).toEqual({ exact: true });
  });

  test("the line of the longest length is moved by keys, and is the knob once they rest", async () => {
    const { fake, one, text } = mount("dataset-variable");
    catchUp(fake);
    await settle();
    press(one("[type=range]"), "PageDown");
    await settle();
    press(one("[type=range]"), "ArrowLeft");
    await settle();
    expect(text()).toContain("Longer than 1,88820 %");
    press(one("[type=range]"), "Enter");
    await settle();
    expect(fake.sentOf("configure").at(-1)?.payload).toEqual({ changes: { max_length: 1888 } });
  });
});

describe("the deploy step", () => {
  async function read() {
    const screen = mount("deploy-ready");
    const [asked] = screen.fake.sentOf("preview_file");
    screen.fake.answers(asked?.id ?? "", { payload: { path: "package.yaml", text: "version: 1", truncated: false } });
    await settle();
    return screen;
  }

  test("lists every file with its size and shows the first", async () => {
    const { text, one } = await read();
    expect(text()).toContain("data/train.jsonl17,102 rows · 5.9 MB");
    expect(one(".text").textContent).toBe("version: 1");
  });

  test("reads the file that is chosen, and never shows one under another’s name", async () => {
    const { fake, named, one } = await read();
    named("README.md").click();
    await settle();
    expect(one(".text").textContent).toBe("");
    fake.answers(fake.sentOf("preview_file").at(-1)?.id ?? "", {
      payload: { path: "README.md", text: "# Bot", truncated: true },
    });
    await settle();
    expect(one(".text").textContent).toBe("# Bot");
    expect(one(".panel").textContent).toContain("Only the beginning is shown.");
  });

  test("writes a folder or a zip into the folder that is shown", async () => {
    const screen = await read();
    screen.named("Write package").click();
    type(screen.all("input").find(({ id }) => id === "deploy.folder") as HTMLElement, "/tmp/out");
    await settle();
    screen.fake.answers(screen.fake.sentOf("write_package")[0]?.id ?? "", { payload: { written_to: "packages/x" } });
    await settle();
    screen.named("Write zip").click();
    expect(screen.fake.sentOf("write_package").map(({ payload }) => payload)).toEqual([
      { folder: "packages", archive: false },
      { folder: "/tmp/out", archive: true },
    ]);
  });

  test("says where it was written and the one command, each to be copied", async () => {
    const written = vi.fn(async () => {});
    vi.stubGlobal("navigator", { clipboard: { writeText: written } });
    const { named, text } = mount("deploy-written");
    expect(text()).toContain("✓ Written /home/anna/notebooks/packages/support-bot-v1");
    named("Copy the command").click();
    await settle();
    expect(written).toHaveBeenCalledWith("cd packages/support-bot-v1 && sh run.sh");
    expect(text()).toContain("Copied.");
    vi.unstubAllGlobals();
  });

  test("what stands in the way is told with its fix, and nothing is written", () => {
    const { fake, named, text } = mount("deploy-blocked");
    named("Write package").click();
    expect(fake.sentOf("write_package")).toEqual([]);
    expect(text()).toContain("The rows of “support_chats” are not in this kernel.");
    named("Read them again").click();
    expect(fake.sentOf("use_dataset")[0]?.payload).toEqual({ variable: "support_chats" });
  });

  test("a name that is refused stays, with the reason", async () => {
    const { fake, all, text } = mount("deploy-ready");
    const input = all("input").find(({ id }) => id === "deploy.name") as HTMLInputElement;
    type(input, "a/b");
    press(input, "Enter");
    const refusal = finding("deploy", "error", "A name can hold no “/”.", { field: "deploy.name" });
    fake.answers(fake.sentOf("deploy_to")[0]?.id ?? "", { findings: [refusal] });
    await settle();
    expect(input.value).toBe("a/b");
    expect(text()).toContain("A name can hold no “/”.");
  });

  test("the files are read again when the package changes", async () => {
    const { fake } = await read();
    fake.writes({ _package: { ...STATES["deploy-ready"]._package, command: "x" } as never });
    expect(fake.sentOf("preview_file")).toHaveLength(2);
  });
});
