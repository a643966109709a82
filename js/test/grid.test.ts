import { describe, expect, test, vi } from "vitest";
import { ModelCard } from "../src/components/model-card";
import { columnsOf, roved } from "../src/lib/roving";
import type { Card } from "../src/wire";
import { mount, press, settle } from "./mount";

const stops = (screen: ReturnType<typeof mount>) =>
  screen
    .all("[role=option]")
    .filter((card) => card.tabIndex === 0)
    .map((card) => card.dataset.id);

describe("the grid", () => {
  test("is one tab stop: the chosen card, else the first", () => {
    expect(stops(mount("model-first"))).toEqual(["Qwen/Qwen2.5-1.5B-Instruct"]);
    const chosen = { repo_id: "google/gemma-3-1b-it", info: { origin: "hub" }, access: {} } as never;
    expect(stops(mount("model-first", { model: chosen }))).toEqual(["google/gemma-3-1b-it"]);
  });

  test("arrows, Home and End move the focus and take the tab stop along", async () => {
    const screen = mount("model-searched");
    const [first, second, ...others] = screen.all("[role=option]");
    first?.focus();
    expect(press(first as HTMLElement, "ArrowRight").defaultPrevented).toBe(true);
    expect(screen.root.activeElement).toBe(second);
    await settle();
    expect(stops(screen)).toEqual(["Qwen/Qwen2.5-7B"]);
    press(second as HTMLElement, "End");
    expect(screen.root.activeElement).toBe(others.at(-1));
    press(others.at(-1) as HTMLElement, "Home");
    expect(screen.root.activeElement).toBe(first);
  });

  test("at an edge the key is left to the page", () => {
    const [first] = mount("model-searched").all("[role=option]");
    first?.focus();
    expect(press(first as HTMLElement, "ArrowLeft").defaultPrevented).toBe(false);
  });

  test("the focus survives results that arrive", async () => {
    const screen = mount("model-searching");
    const card = screen.all("[role=option]")[2];
    card?.focus();
    screen.fake.writes({ results: mount("model-searched").fake.get("results") as never });
    await settle();
    expect(screen.root.activeElement).toBe(card);
  });

  test.each([
    ["click", (card: HTMLElement) => card.click()],
    ["Enter", (card: HTMLElement) => press(card, "Enter")],
    ["Space", (card: HTMLElement) => press(card, " ")],
  ])("%s chooses", (_, act) => {
    const { fake, named } = mount("model-first");
    act(named("gemma-3-1b-it"));
    expect(fake.sentOf("select_model").map(({ payload }) => payload)).toEqual([{ repo_id: "google/gemma-3-1b-it" }]);
  });

  test("a card is being checked until the answer, then chosen when the kernel says so", async () => {
    const { fake, named } = mount("model-searched");
    const card = named("Qwen2.5-7B");
    card.click();
    await settle();
    expect(card.querySelector(".checking")).not.toBeNull();
    expect(card.getAttribute("aria-selected")).toBe("false");
    fake.writes({ model: { ...(fake.get("model") as object), repo_id: "Qwen/Qwen2.5-7B" } as never });
    fake.answers(fake.sent[0]?.id ?? "");
    await settle();
    expect(card.querySelector(".checking")).toBeNull();
    expect(card.getAttribute("aria-selected")).toBe("true");
    expect(card.querySelector(".tick")).not.toBeNull();
  });

  test("a page more, and a keystroke, draw no card again", async () => {
    const screen = mount("model-searched");
    const before = screen.all("[role=option]");
    const drawn: Node[] = [];
    const watch = new MutationObserver((changes) => {
      for (const { target } of changes) drawn.push(target);
    });
    for (const card of before) watch.observe(card, { subtree: true, childList: true, attributes: true });
    const renders = vi.spyOn(ModelCard.prototype, "render");
    const results = screen.fake.get("results") as { cards: Card[] };
    const copies = JSON.parse(JSON.stringify(results.cards)) as Card[];
    const more = copies.map((card) => ({ ...card, id: `next/${card.name}`, author: "next" }));
    screen.fake.writes({ results: { ...results, cards: [...copies, ...more] } as never });
    await settle();
    expect(screen.all("[role=option]").slice(0, before.length)).toEqual(before);
    expect(renders).toHaveBeenCalledTimes(more.length);
    expect(watch.takeRecords().concat(drawn as never)).toEqual([]);
    renders.mockRestore();
  });

  test("only the card whose facts changed is drawn again", async () => {
    const screen = mount("model-searched");
    const renders = vi.spyOn(ModelCard.prototype, "render");
    const results = screen.fake.get("results") as { cards: Card[] };
    const copies = JSON.parse(JSON.stringify(results.cards)) as Card[];
    (copies[1] as Card).downloads = { value: 1, source: "the Hub" };
    screen.fake.writes({ results: { ...results, cards: copies } as never });
    await settle();
    expect(renders).toHaveBeenCalledOnce();
    renders.mockRestore();
  });
});

describe("roving through rows of three", () => {
  test.each([
    ["ArrowDown", 1, 4],
    ["ArrowUp", 4, 1],
    ["ArrowDown", 6, null],
    ["ArrowRight", 7, null],
    ["a", 1, null],
  ])("%s from %i", (key, from, to) => expect(roved(key, from, 8, 3)).toBe(to));

  test("the first row is as wide as the cards that stand in it", () => {
    const tops = [0, 0, 0, 114, 114].map((offsetTop) => ({ offsetTop }) as HTMLElement);
    expect(columnsOf(tops)).toBe(3);
  });
});
