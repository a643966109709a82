import { describe, expect, test, vi } from "vitest";
import { activeFilters, quantity, without } from "../src/lib/filters";
import { since } from "../src/lib/format";
import type { DetailsView, Finding } from "../src/wire";
import { mount, press, settle, type } from "./mount";

const box = (screen: ReturnType<typeof mount>) => screen.one<HTMLInputElement>("[aria-label='Search models']");
const shown = (screen: ReturnType<typeof mount>) => screen.all("[role=option]").map((card) => card.dataset.id);

const details: DetailsView = {
  id: "google/gemma-3-1b-it",
  name: "gemma-3-1b-it",
  facts: [
    { group: "Size", label: "Parameters", text: "999,885,952", source: "from safetensors" },
    { group: "Terms", label: "Licence", text: "Gemma", source: "model card, as the uploader claims" },
  ],
  unknown: [{ group: "Size", label: "With its history", text: "", source: "the Hub was not asked for it" }],
  files: [{ path: "model.safetensors", bytes: 2_000_000_000, role: "weights" }],
  more_files: 0,
  page: "https://huggingface.co/google/gemma-3-1b-it",
  licence_link: "javascript:alert(1)",
};

describe("an answer before the network", () => {
  test("cards that are here already are shown for the keystroke itself", async () => {
    const screen = mount("model-first");
    type(box(screen), "GEMMA 1b");
    await settle();
    expect(shown(screen)).toEqual(["google/gemma-3-1b-it"]);
    expect(screen.text()).toContain("1 model here already");
  });

  test("the catalogue is asked at each keystroke, one at a time and the last of those that wait", async () => {
    const screen = mount("model-first");
    for (const text of ["qw", "qwe", "qwen"]) type(box(screen), text);
    const asked = () => screen.fake.sentOf("look_up").map(({ payload }) => payload.query);
    expect(asked()).toEqual(["qw"]);
    screen.fake.answers(screen.fake.sentOf("look_up")[0]?.id ?? "");
    await settle();
    expect(asked()).toEqual(["qw", "qwen"]);
  });

  test("what the kernel answers takes their place", async () => {
    const screen = mount("model-first");
    type(box(screen), "smol");
    const results = screen.fake.get("results") as object;
    screen.fake.writes({ query: "smol", results: { ...results, query: "smol", cards: [] } as never });
    await settle();
    expect(shown(screen)).toEqual([]);
    expect(screen.text()).toContain("No model matches “smol”");
  });

  test("what nothing here matches leaves the old results, dimmed", async () => {
    const screen = mount("model-first");
    type(box(screen), "zzz");
    await settle();
    expect(screen.one(".grid").classList).toContain("dimmed");
  });

  test("with filters only what passed them is an answer", async () => {
    const screen = mount("model-searched");
    screen.fake.writes({ results: { ...(screen.fake.get("results") as object), cards: [], query: "x" } as never });
    await settle();
    type(box(screen), "qwen");
    await settle();
    expect(shown(screen)).toEqual([]);
  });
});

describe("details", () => {
  test.each([
    ["i on a card", (screen: ReturnType<typeof mount>) => press(screen.named("gemma-3-1b-it"), "i")],
    [
      "a click",
      (screen: ReturnType<typeof mount>) => screen.named("gemma-3-1b-it").querySelector<HTMLElement>(".look")?.click(),
    ],
  ])("are opened by %s, and choose nothing", async (_, open) => {
    const screen = mount("model-first");
    open(screen);
    await settle();
    expect(screen.fake.sentOf("details").map(({ payload }) => payload)).toEqual([{ repo_id: "google/gemma-3-1b-it" }]);
    expect(screen.fake.sentOf("select_model")).toEqual([]);
    screen.fake.answers(screen.fake.sentOf("details")[0]?.id ?? "", { payload: { details } });
    await settle();
    const panel = screen.one(".details");
    for (const words of ["999,885,952", "from safetensors", "Not known", "model.safetensors", "2 GB"]) {
      expect(panel.textContent).toContain(words);
    }
    expect([...panel.querySelectorAll("a")].map(({ href }) => href)).toEqual([details.page]);
    expect(screen.root.activeElement).toBe(screen.one("#details-of"));
  });

  test("are behind a button after the list, for who can’t guess the key", async () => {
    const screen = mount("model-first");
    screen.named("gemma-3-1b-it").focus();
    await settle();
    screen.named("Details of gemma-3-1b-it").click();
    expect(screen.fake.sentOf("details")).toHaveLength(1);
  });

  test("closed with Escape, the focus is back on the card", async () => {
    const screen = mount("model-first");
    const card = screen.named("gemma-3-1b-it");
    card.focus();
    press(card, "i");
    await settle();
    press(screen.one("#details-of"), "Escape");
    await settle();
    expect(screen.all(".details")).toEqual([]);
    expect(screen.root.activeElement).toBe(card);
  });

  test("that can’t be had say why", async () => {
    const screen = mount("model-first");
    press(screen.named("gemma-3-1b-it"), "i");
    const message = "google/gemma-3-1b-it: There is no such repository.";
    const finding: Finding = {
      severity: "error",
      step: "model",
      field: "model.repo_id",
      code: "x",
      message,
      evidence: "",
      fix: null,
    };
    screen.fake.answers(screen.fake.sentOf("details")[0]?.id ?? "", { findings: [finding] });
    await settle();
    expect(screen.one(".details").textContent).toContain(message);
  });
});

describe("a confirmation", () => {
  const finding: Finding = {
    severity: "error",
    step: "model",
    field: "model.size",
    code: "size-confirm",
    message: "gemma-3-1b-it weighs 65.2 GB. Use it all the same?",
    evidence: "file sizes",
    fix: {
      label: "I know, use it",
      verb: "select_model",
      arguments: { repo_id: "google/gemma-3-1b-it", confirmed: true },
      link: "",
    },
  };

  async function asked() {
    const screen = mount("model-first");
    const card = screen.named("gemma-3-1b-it");
    card.focus();
    card.click();
    screen.fake.writes({ findings: [finding] });
    await settle();
    return { screen, card };
  }

  test("takes the focus, on the answer that does nothing", async () => {
    const { screen } = await asked();
    expect(screen.one("[role=alertdialog]").textContent).toContain("Nothing is chosen yet");
    expect(screen.root.activeElement?.textContent).toBe("Don’t use it");
  });

  test.each([
    ["Escape", (screen: ReturnType<typeof mount>) => press(screen.one("[role=alertdialog] button"), "Escape")],
    ["the button", (screen: ReturnType<typeof mount>) => screen.named("Don’t use it").click()],
  ])("%s takes it back and gives the focus back", async (_, leave) => {
    const { screen, card } = await asked();
    leave(screen);
    expect(screen.fake.sentOf("withdraw").map(({ payload }) => payload)).toEqual([{ step: "model" }]);
    expect(screen.root.activeElement).toBe(card);
  });

  test("a yes chooses with the confirmation", async () => {
    const { screen } = await asked();
    screen.named("I know, use it").click();
    expect(screen.fake.sentOf("select_model").at(-1)?.payload).toEqual(finding.fix?.arguments);
  });

  test("that Python asked for takes the focus from nobody", async () => {
    const screen = mount("model-first");
    box(screen).focus();
    screen.fake.writes({ findings: [finding] });
    await settle();
    expect(screen.root.activeElement).toBe(box(screen));
  });
});

describe("all filters", () => {
  const filters = (screen: ReturnType<typeof mount>) => screen.fake.sentOf("search").at(-1)?.payload.filters;

  test("are fields behind a button, and chips once they are on", async () => {
    const screen = mount("model-first");
    screen.named("Filters").click();
    await settle();
    const from = screen.one<HTMLInputElement>("[aria-label='Parameters, at least']");
    from.value = "1.5";
    from.dispatchEvent(new Event("change", { bubbles: true }));
    expect(filters(screen)).toEqual({ parameters_from: 1.5e9 });
    await settle();
    screen.named("from 1.50 B params").click();
    expect(filters(screen)).toEqual({});
  });

  test("boxes add up and come off", async () => {
    const screen = mount("model-first");
    screen.named("Filters").click();
    await settle();
    const boxOf = (words: string) =>
      screen
        .all("label")
        .find(({ textContent }) => textContent === words)
        ?.querySelector<HTMLElement>("input");
    boxOf("gguf")?.click();
    await settle();
    boxOf("onnx")?.click();
    await settle();
    expect(filters(screen)).toEqual({ formats: ["gguf", "onnx"] });
    boxOf("gguf")?.click();
    await settle();
    boxOf("onnx")?.click();
    expect(filters(screen)).toEqual({});
  });

  test("a number that is none is not sent, and said", async () => {
    const screen = mount("model-first");
    screen.named("Filters").click();
    await settle();
    const to = screen.one<HTMLInputElement>("[aria-label='Weights, at most']");
    to.value = "many";
    to.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(screen.fake.sentOf("search")).toEqual([]);
    expect(to.getAttribute("aria-invalid")).toBe("true");
    expect(screen.one("[role=status]:last-child").textContent).toBe("many is no number.");
  });

  test("bounds upside down are not sent, said where they stand, and taken once the other one is put right", async () => {
    const screen = mount("model-first");
    screen.named("Filters").click();
    await settle();
    const bound = async (label: string, text: string) => {
      const field = screen.one<HTMLInputElement>(`[aria-label='${label}']`);
      field.value = text;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      await settle();
      return field;
    };
    await bound("Parameters, at least", "10");
    const to = await bound("Parameters, at most", "3");
    expect(filters(screen)).toEqual({ parameters_from: 10e9 });
    expect(to.getAttribute("aria-invalid")).toBe("true");
    expect(screen.text()).toContain("Nothing is at least 10.0 B and at most 3.00 B.");
    await bound("Parameters, at least", "1");
    expect(filters(screen)).toEqual({ parameters_from: 1e9, parameters_to: 3e9 });
    expect(screen.all(".filters .bad")).toEqual([]);
    await bound("Parameters, at most", "0.5");
    await bound("Weights, at least", "heavy");
    expect(screen.all(".filters .bad").length).toBe(2);
    screen.named("Clear all").click();
    await settle();
    expect(screen.all(".filters .bad")).toEqual([]);
    expect(
      screen
        .all(".filters input[inputmode]")
        .map((field) => (field as HTMLInputElement).value)
        .join(""),
    ).toBe("");
  });

  test("all are cleared at once", async () => {
    const screen = mount("model-searched");
    screen.named("Clear all").click();
    expect(filters(screen)).toEqual({});
  });

  test.each([
    ["7", 7e9],
    ["7B", 7e9],
    ["500 m", 5e8],
    ["0.5", 5e8],
    ["", null],
    ["seven", undefined],
    ["-1", undefined],
  ])("%s is read as %s", (text, value) => expect(quantity(text, 1e9)).toBe(value));

  test("a range is one chip, and comes off whole", () => {
    const range = { parameters_from: 1e9, parameters_to: 8e9, chat: true };
    expect(activeFilters(range)).toEqual([["1.00 B to 8.00 B params", ["parameters_from", "parameters_to"]]]);
    expect(without(range, ["parameters_from", "parameters_to"])).toEqual({ chat: true });
  });
});

describe("where a card comes from", () => {
  test("is on the card, with its age", () => {
    expect(mount("model-first").named("gemma-3-1b-it").textContent).toContain("Hub, just now");
  });

  test.each([
    [0, "just now"],
    [7200, "2 h ago"],
  ])("%s seconds ago is %s", (seconds, words) => {
    vi.useFakeTimers();
    expect(since(new Date(Date.now() - seconds * 1000).toISOString())).toBe(words);
  });

  test("what is no date says nothing", () => expect(since("")).toBe(""));
});
