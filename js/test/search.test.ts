import { describe, expect, test, vi } from "vitest";
import type { Card, ResultsView } from "../src/wire";
import { choose, mount, press, settle, type } from "./mount";
import { finding } from "./samples";
import { STATES } from "./traits";

const box = (screen: ReturnType<typeof mount>) => screen.one<HTMLInputElement>("[aria-label='Search models']");
const queries = (screen: ReturnType<typeof mount>) => screen.fake.sentOf("search").map(({ payload }) => payload.query);

const searchedFor = (query: string) => ({ ...(STATES["model-searched"].results as ResultsView), query });

describe("typing", () => {
  test("waits for a pause, and sends once", () => {
    vi.useFakeTimers();
    const screen = mount("model-first");
    for (const text of ["q", "qw", "qwen"]) {
      type(box(screen), text);
      vi.advanceTimersByTime(400);
    }
    expect(queries(screen)).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(queries(screen)).toEqual(["qwen"]);
  });

  test("Enter does not wait, and the pause then sends nothing more", () => {
    vi.useFakeTimers();
    const screen = mount("model-first");
    type(box(screen), "qwen");
    press(box(screen), "Enter");
    vi.advanceTimersByTime(1000);
    expect(queries(screen)).toEqual(["qwen"]);
  });

  test("Enter on what is shown asks again", () => {
    const screen = mount("model-offline");
    press(box(screen), "Enter");
    expect(queries(screen)).toEqual(["qwen2.5"]);
  });

  test("fewer characters than the settings ask for are not searched", () => {
    vi.useFakeTimers();
    const screen = mount("model-first");
    type(box(screen), "q");
    vi.advanceTimersByTime(1000);
    expect(queries(screen)).toEqual([]);
  });

  test("too few characters stay typed while a chip searches without them", async () => {
    const screen = mount("model-first");
    type(box(screen), "q");
    screen.named("LoRA").click();
    screen.fake.writes({ filters: { lora: true } });
    screen.fake.answers(screen.fake.sent[0]?.id ?? "");
    await settle();
    expect(queries(screen)).toEqual([""]);
    expect(box(screen).value).toBe("q");
    expect(screen.named("LoRA").getAttribute("aria-pressed")).toBe("true");
  });

  test("while an input method composes nothing is sent, and a redraw leaves the text alone", async () => {
    vi.useFakeTimers();
    const screen = mount("model-first");
    type(box(screen), "にほ", { isComposing: true });
    press(box(screen), "Enter", { isComposing: true });
    vi.advanceTimersByTime(1000);
    screen.fake.writes({ busy: ["list_sources"] });
    await settle();
    expect(box(screen).value).toBe("にほ");
    expect(screen.fake.sent).toEqual([]);
    box(screen).dispatchEvent(new Event("compositionend", { bubbles: true }));
    vi.advanceTimersByTime(500);
    expect(queries(screen)).toEqual(["にほ"]);
  });

  test("a space somebody is about to type on after stays when the answer comes", async () => {
    const screen = mount("model-first");
    type(box(screen), "qwen ");
    press(box(screen), "Enter");
    screen.fake.writes({ query: "qwen" });
    screen.fake.answers(screen.fake.sentOf("search")[0]?.id ?? "");
    await settle();
    expect(box(screen).value).toBe("qwen ");
  });

  test("a keystroke after the search was sent is not lost when its answer comes", async () => {
    vi.useFakeTimers();
    const screen = mount("model-first");
    type(box(screen), "qwen");
    press(box(screen), "Enter");
    type(box(screen), "qwen2");
    screen.fake.writes({ query: "qwen" });
    screen.fake.answers(screen.fake.sentOf("search")[0]?.id ?? "");
    await settle();
    expect(box(screen).value).toBe("qwen2");
    vi.advanceTimersByTime(500);
    expect(queries(screen)).toEqual(["qwen", "qwen2"]);
  });
});

describe("Esc", () => {
  test("clears a text and keeps the key to itself", async () => {
    const screen = mount("model-searched");
    const outside = vi.fn();
    screen.cell.addEventListener("keydown", outside);
    press(box(screen), "Escape");
    await settle();
    expect(box(screen).value).toBe("");
    expect(queries(screen)).toEqual([""]);
    expect(outside).not.toHaveBeenCalled();
  });

  test("in an empty box is the host’s", () => {
    const screen = mount("model-first");
    const outside = vi.fn();
    screen.cell.addEventListener("keydown", outside);
    press(box(screen), "Escape");
    expect(outside).toHaveBeenCalledOnce();
    expect(screen.fake.sent).toEqual([]);
  });
});

describe("filters and order", () => {
  test("a chip is pressed at once and searches without a pause", async () => {
    const { fake, named } = mount("model-searched");
    named("LoRA").click();
    await settle();
    expect(named("LoRA").getAttribute("aria-pressed")).toBe("true");
    expect(fake.sentOf("search")[0]?.payload).toEqual({
      query: "qwen2.5",
      sort: "downloads",
      filters: { chat: true, lora: true, size: "small" },
    });
  });

  test("sizes exclude each other, and a second press takes a filter off", async () => {
    const { fake, named } = mount("model-searched");
    named("5 to 15 GB").click();
    await settle();
    named("5 to 15 GB").click();
    expect(fake.sentOf("search").map(({ payload }) => (payload.filters as { size: string }).size)).toEqual([
      "medium",
      undefined,
    ]);
  });

  test("what the kernel makes of it is what is shown in the end", async () => {
    const { fake, named } = mount("model-searched");
    named("LoRA").click();
    fake.answers(fake.sent[0]?.id ?? "");
    await settle();
    expect(named("LoRA").getAttribute("aria-pressed")).toBe("false");
  });
});

describe("a text that names one model", () => {
  test("author/name is searched, and offered: Enter again uses it", async () => {
    const screen = mount("model-first");
    type(box(screen), "Qwen/Qwen3-4B");
    press(box(screen), "Enter");
    await settle();
    expect(queries(screen)).toEqual(["Qwen/Qwen3-4B"]);
    expect(screen.text()).toContain("Use Qwen/Qwen3-4B");
    expect(screen.one("[role=status]:last-child").textContent).toBe("Press Enter again to use Qwen/Qwen3-4B.");
    press(box(screen), "Enter");
    expect(screen.fake.sentOf("select_model")[0]?.payload).toEqual({ repo_id: "Qwen/Qwen3-4B" });
  });

  test("what Enter waits for is seen, not only heard", async () => {
    const screen = mount("model-first");
    type(box(screen), "Qwen/Qwen3-4B");
    press(box(screen), "Enter");
    await settle();
    expect(screen.one(".status").textContent).toContain("Press Enter again, or Use Qwen/Qwen3-4B");
  });

  test("a model that is on the screen is used by one Enter, whatever its capitals and revision", () => {
    for (const text of ["Qwen/Qwen2.5-7B", "qwen/qwen2.5-7b@main"]) {
      const screen = mount("model-searched");
      type(box(screen), text);
      press(box(screen), "Enter");
      expect(screen.fake.sentOf("select_model")[0]?.payload).toEqual({ repo_id: text });
    }
  });

  test("the only model found for it is used by one Enter", () => {
    const query = "Qwen/Qwen2.5-7";
    const card = STATES["model-searched"].results?.cards.find(({ id }) => id === "Qwen/Qwen2.5-7B") as Card;
    const screen = mount("model-searched", { query, results: { ...searchedFor(query), cards: [card] } });
    press(box(screen), "Enter");
    expect(screen.fake.sentOf("select_model")).toHaveLength(1);
    const several = mount("model-searched", { query, results: searchedFor(query) });
    press(box(several), "Enter");
    expect(several.fake.sentOf("select_model")).toEqual([]);
  });

  test.each([
    "./runs/checkpoint-200",
    "~/models/mine",
    "/data/llama",
    "C:\\models\\mine",
    "https://huggingface.co/Qwen/Qwen3-4B",
  ])("%s is no search: Enter uses it", (place) => {
    const screen = mount("model-first");
    type(box(screen), place);
    press(box(screen), "Enter");
    expect(screen.fake.sent.map(({ kind, payload }) => [kind, payload.repo_id])).toEqual([["select_model", place]]);
  });

  test("ordinary words are not offered", async () => {
    const screen = mount("model-first");
    type(box(screen), "qwen 2.5 instruct");
    await settle();
    expect(screen.text()).not.toContain("Use qwen");
  });
});

test("the count is said aloud when a search has ended", async () => {
  const { fake, one } = mount("model-first");
  const before = fake.get("results") as object;
  fake.writes({ query: "qwen", results: { ...before, query: "qwen", searching: true } as never });
  await settle();
  expect(one("[role=status]:last-child").textContent).toBe("");
  fake.writes({ results: { ...before, query: "qwen", searching: false } as never });
  await settle();
  expect(one("[role=status]:last-child").textContent).toBe("6 models for qwen");
});

test("more is loaded when asked, once", async () => {
  const { fake, named } = mount("model-searched");
  named("Load more").click();
  await settle();
  named("Loading…").click();
  expect(fake.sentOf("load_more")).toHaveLength(1);
});

describe("models that fit, without a card here", () => {
  test("a card can be chosen where that is said, and is then searched with", async () => {
    const notice = finding("model", "warning", "No card was found.", { code: "card-unknown" });
    const menus = STATES["config-fits"]._config_menus as never;
    const results = { ...searchedFor(""), notice };
    const screen = mount("model-searched", { filters: { fits_gpu: true }, results, _config_menus: menus } as never);
    const menu = screen.one<HTMLSelectElement>("[aria-label='Card to hold memory against']");
    const name = menu.options[1]?.value ?? "";
    choose(menu, name);
    const [asked] = screen.fake.sentOf("choose_gpu");
    expect(asked?.payload).toEqual({ name });
    screen.fake.answers(asked?.id ?? "");
    await settle();
    expect(screen.fake.sentOf("search")[0]?.payload).toMatchObject({ filters: { fits_gpu: true } });
  });
});
