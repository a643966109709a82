import { describe, expect, test } from "vitest";
import { payloadFor } from "./answers";
import { sources } from "./dataset-samples";
import type { FakeModel } from "./fake-model";
import { answering, choose, mount, press, settle, type } from "./mount";
import { finding } from "./samples";
import { session } from "./traits";

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

  test("a row that is being typed stays while the screen is drawn again", async () => {
    const { fake, one } = mount("dataset-variable");
    catchUp(fake);
    await settle();
    type(one("[aria-label='Row to look at']"), "7");
    fake.writes({ _session: session(2, "dataset rows") });
    await settle();
    press(one("[aria-label='Row to look at']"), "Enter");
    await settle();
    expect(fake.sentOf("see_row").at(-1)?.payload).toEqual({ row: 6, part: 0 });
  });

  test("says what is done to the rows so that they fit", async () => {
    const screen = await looked("dataset-variable");
    const changes = ["Turns are written with role and content."];
    screen.fake.writes({ _session: { ...session(2), row_changes: changes } });
    await settle();
    expect(screen.text()).toMatch(/Ready with changes for SFT/);
    expect(screen.one("[aria-label='What is done to the rows']").textContent).toContain("role and content");
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

  test("a large file shows its first rows and how far it is while it is read, and can be cancelled", async () => {
    const first = { columns: ["messages"], rows: [["user: Hello"]], offset: 0, total: 1 };
    const reading = { name: "big.jsonl", says: "Conversations", share: 0.25, words: "291 of 1,164 MB read", first };
    const { fake, named, text, one } = mount("dataset-file", { _reading: reading });
    expect(text()).toContain("Reading big.jsonl…");
    expect(text()).toContain("291 of 1,164 MB read");
    expect(text()).toContain("user: Hello");
    expect(one<HTMLProgressElement>("progress[aria-label=Read]").value).toBe(0.25);
    type(one("input.path"), "big.jsonl");
    named("Use").click();
    await settle();
    named("Cancel").click();
    await settle();
    expect(fake.sentOf("cancel")[0]?.payload).toEqual({ target: fake.sentOf("use_dataset")[0]?.id });
    fake.writes({ _reading: {} as never });
    await settle();
    expect(text()).not.toContain("Reading big.jsonl…");
  });

  test("what was refused before is not shown while other rows are read", async () => {
    const refused = {
      severity: "error" as const,
      step: "dataset" as const,
      field: "dataset.refused",
      code: "no-file",
      message: "There is no old.jsonl.",
      evidence: "",
      fix: null,
    };
    const { fake, text } = mount("dataset-file", { findings: [refused] });
    expect(text()).toContain("There is no old.jsonl.");
    const first = { columns: [], rows: [], offset: 0, total: 0 };
    fake.writes({
      _reading: { name: "big.jsonl", says: "", share: 0.25, words: "291 of 1,164 MB read", first } as never,
    });
    await settle();
    expect(text()).not.toContain("There is no old.jsonl.");
    fake.writes({ _reading: {} as never });
    await settle();
    expect(text()).toContain("There is no old.jsonl.");
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
