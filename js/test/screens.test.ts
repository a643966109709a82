import { describe, expect, test } from "vitest";
import { answering, mount, settle } from "./mount";
import { STATES, type StateName } from "./traits";

describe("every state is drawn from the traits alone, with no kernel", () => {
  test.each(Object.keys(STATES) as StateName[])("%s", (state) => {
    const { text } = mount(state);
    expect(text().length).toBeGreaterThan(40);
    expect(text()).not.toMatch(/undefined|NaN|\[object/);
  });

  test("a model that sends no traits at all is drawn, and says that nothing is chosen", () => {
    const { text } = mount("model-first", {
      results: undefined,
      _ui: undefined,
      _costs: undefined,
      _session: undefined,
    } as never);
    expect(text()).toContain("No model is chosen yet.");
  });

  test("a page of another version asks to be reloaded", () => {
    expect(mount("other-version").text()).toContain("Reload the page");
  });
});

describe("the stepper", () => {
  test("is a list of buttons in a navigation, and the step one is in is marked", () => {
    const { one, all } = mount("config-fits");
    expect(one("nav[aria-label=Steps] > ol").children).toHaveLength(4);
    expect(all("[aria-current=step]").map((button) => button.querySelector("b")?.textContent)).toEqual(["Config"]);
  });

  test("a completed step folds to what was chosen", () => {
    expect(mount("config-fits").one(".steps li").textContent).toContain("Qwen2.5-1.5B-Instruct · 1.54 B");
  });

  test("a step that can’t be entered says why and sends nothing", () => {
    const { fake, named, one } = mount("model-first");
    const config = named("Config");
    expect(config.getAttribute("aria-disabled")).toBe("true");
    expect(one(`#${config.getAttribute("aria-describedby")}`).textContent).toBe("Complete the step “model” first.");
    config.click();
    expect(fake.sent).toEqual([]);
  });

  test("back is always there, forward says why where it is not", () => {
    const { fake, named } = mount("dataset-first");
    expect(named("Continue to deploy").getAttribute("title")).toBe("Complete the step “dataset” first.");
    named("Continue to deploy").click();
    named("Back").click();
    expect(fake.sentOf("go_to").map(({ payload }) => payload)).toEqual([{ step: "config" }]);
  });

  test("the last choice can be taken back", () => {
    const { fake, named } = mount("deploy-ready");
    named("Undo dataset support_chats").click();
    expect(fake.sentOf("undo")).toHaveLength(1);
  });
});

describe("the focus", () => {
  test("moves to the heading of a step that was entered here", async () => {
    const { fake, named, root } = mount("model-searched");
    named("Continue to config").click();
    fake.writes({ step: "config", ...STATES["config-fits"] });
    await settle();
    expect(root.activeElement?.tagName).toBe("H3");
    expect(root.activeElement?.textContent).toBe("Set the run");
  });

  test("stays where it is when Python changes the step", async () => {
    const { fake, root } = mount("model-searched");
    fake.writes({ ...STATES["config-fits"] });
    await settle();
    expect(root.activeElement).toBeNull();
  });
});

describe("what is said aloud", () => {
  test("is not that of another step", async () => {
    const { fake, one } = mount("model-searched");
    fake.writes({ results: { ...(fake.get("results") as object), cards: [] } as never });
    await settle();
    const said = () => one(".frame > [role=status]").textContent;
    expect(said()).toContain("0 models");
    const { results: _, ...entered } = STATES["config-fits"];
    fake.writes(entered);
    await settle();
    expect(said()).toBe("");
  });
});

describe("the model step", () => {
  test("says how many there are and where they come from", () => {
    expect(mount("model-searched").text()).toContain(
      "9 models · 3 from the built-in catalogue of 20 Nov 2026, 6 from the Hub",
    );
  });

  test("before any typing it says that these are the popular models", () => {
    expect(mount("model-first").text()).toContain("6 popular models");
  });

  test("an answer that is old says its age", () => {
    expect(mount("model-stale").text()).toContain("6 from the Hub, 3 h old");
  });

  test("a number that nobody knows is said to be unknown, with where it was looked for", () => {
    const { all } = mount("model-searched");
    const unknown = all(".nums span").find((span) => span.textContent === "size unknown");
    expect(unknown?.title).toBe("no weight file that is known");
  });

  test("while nothing is there yet, cards keep their place", () => {
    expect(mount("model-loading").all(".skeleton").length).toBeGreaterThan(3);
  });

  test("nothing found says so and offers to clear the filters", async () => {
    const { fake, named, text } = mount("model-empty");
    expect(text()).toContain("No model matches “nothing like it” with these filters.");
    named("Clear the filters").click();
    expect(fake.sentOf("search")[0]?.payload).toMatchObject({ query: "nothing like it", filters: {} });
  });

  test("the chosen model, its access and the pinned commit are in the last line", () => {
    expect(mount("model-searched").one(".foot").textContent).toContain("open to everyone · pinned to 989aa79");
  });

  test("filters can be switched off in the settings", () => {
    const ui = { ...STATES["model-first"]._ui, show_filters: false } as never;
    expect(mount("model-first", { _ui: ui }).all(".chip")).toEqual([]);
  });
});

describe("the config step", () => {
  test("shows the knobs that matter, and the others by their groups when asked", async () => {
    const { named, all } = mount("config-fits");
    const before = all(".field").length;
    expect(all(".fold-name").map((fold) => fold.textContent)).toEqual(["›Updates3 settings", "›Adapter1 setting"]);
    named("Updates").click();
    await settle();
    expect(all(".field").length).toBe(before + 3);
    expect(named("Updates").getAttribute("aria-expanded")).toBe("true");
    named("Updates").click();
    await settle();
    expect(all(".field").length).toBe(before);
  });

  test("a layer is ticked by its name, and the last one that is unticked makes it every layer", async () => {
    const { fake, named, all } = mount("config-fits");
    named("Adapter").click();
    await settle();
    const tick = (words: string) =>
      all("label")
        .find((label) => label.textContent?.includes(words))
        ?.querySelector("input") as HTMLInputElement;
    expect(tick("every linear layer").checked).toBe(true);
    tick("q_proj").click();
    expect(fake.sentOf("configure").at(-1)?.payload).toEqual({ changes: { lora_targets: ["q_proj"] } });
    fake.writes({ config: { ...(fake.get("config") as object), lora_targets: ["q_proj", "router"] } as never });
    fake.answers(fake.sentOf("configure").at(-1)?.id ?? "");
    await settle();
    expect([tick("q_proj").checked, tick("router").checked, tick("every").checked]).toEqual([true, true, false]);
    tick("router").click();
    expect(fake.sentOf("configure").at(-1)?.payload).toEqual({ changes: { lora_targets: ["q_proj"] } });
    fake.writes({ config: { ...(fake.get("config") as object), lora_targets: ["q_proj"] } as never });
    fake.answers(fake.sentOf("configure").at(-1)?.id ?? "");
    await settle();
    tick("q_proj").click();
    expect(fake.sentOf("configure").at(-1)?.payload).toEqual({ changes: { lora_targets: ["all-linear"] } });
  });

  test("what makes it fit is a diff, accepted by one click", () => {
    const { fake, one, named } = mount("config-no");
    expect(one(".fit").textContent).toContain("LoRA");
    expect(one(".fit").textContent).toContain("23.7 →");
    named("Accept 2 changes").click();
    const changes = { tuning: "qlora", batch_size: 1, accumulation: 16 };
    expect(fake.sentOf("configure").map(({ payload }) => payload)).toEqual([{ changes }]);
  });

  test("what it would need is asked for, and taken with its card", async () => {
    const { fake, named, text } = mount("config-no");
    answering(fake);
    named("What would I need?").click();
    await settle();
    expect(text()).toContain("2 × RTX 4090");
    named("Use 2 × RTX 4090").click();
    await settle();
    await settle();
    expect(fake.sentOf("choose_gpu").map(({ payload }) => payload)).toEqual([{ name: "RTX 4090" }]);
    expect(fake.sentOf("configure").map(({ payload }) => payload)).toEqual([
      { changes: { gpus: 2, sharding: "zero3", accumulation: 4 } },
    ]);
  });

  test("prices are asked for, and told with where they are from", async () => {
    const { fake, named, text } = mount("config-fits");
    answering(fake);
    named("What would it cost?").click();
    await settle();
    expect(text()).toContain("Nvidia T4 - small HF Jobs$0.64 – $1.36");
    expect(text()).toContain("Read 2026-11-24 10:00 UTC.");
  });

  test("what no measurement backs is said, and a part of the bar is told apart without colour", () => {
    const { text, all } = mount("config-no");
    expect(text()).toContain("Unproven. No published run of this method");
    const patterns = all(".part .swatch rect:last-child").map((mark) => mark.getAttribute("fill"));
    expect(new Set(patterns).size).toBe(patterns.length);
  });

  test("one setting goes back to its preset", async () => {
    const { fake, named } = mount("config-fits");
    named("changed in 2 places").click();
    await settle();
    named("Back to 1: Batch size").click();
    expect(fake.sentOf("configure").map(({ payload }) => payload)).toEqual([{ changes: { batch_size: 1 } }]);
  });

  test("a warning about a setting stands beside it, with its fix", () => {
    const { all, fake, named } = mount("config-fits");
    const field = all(".field").find((one) => one.textContent?.includes("Precision"));
    expect(field?.textContent).toContain("Warning: A T4 has no bf16.");
    named("Use fp16").click();
    expect(fake.sentOf("configure").map(({ payload }) => payload)).toEqual([{ changes: { precision: "fp16" } }]);
  });

  test("a knob that means nothing for this tuning is not shown", () => {
    const applies = (STATES["config-fits"]._config?.applies ?? []).filter((name) => name !== "lora_rank");
    expect(
      mount("config-fits", { _config: { changed: [], layers: [], applies, here: "", gpus_here: 0 } }).text(),
    ).not.toContain("LoRA rank");
  });

  test("the preset says in how many places it was changed, and where when asked", async () => {
    const { named, one } = mount("config-fits");
    named("changed in 2 places").click();
    await settle();
    expect(one(".changes").textContent).toContain("Learning rate0.0001 0.0002");
  });

  test("each part of the memory tells its number, and its reason to the keyboard too", async () => {
    const { named, text } = mount("config-fits");
    expect(named("Weights").textContent).toContain("2.9");
    named("Weights").dispatchEvent(new FocusEvent("focus"));
    await settle();
    expect(text()).toContain("1.54 B parameters × 2 bytes (bf16)");
  });

  test("the verdict is in words", () => {
    expect(mount("config-fits").text()).toContain("✓ Fits T4");
    expect(mount("config-tight").text()).toContain("! Tight on T4");
    expect(mount("config-no").text()).toContain("✕ Does not fit T4");
  });

  test("memory that can’t be told is not a number, and says why", () => {
    const { text } = mount("config-unknown");
    expect(text()).toContain("Not known yet");
    expect(text()).toContain("The architecture of this model is not known here");
    expect(text()).not.toContain("0.0 GiB");
  });

  test("another card can be held against", () => {
    const { fake, one } = mount("config-fits");
    const menu = one<HTMLSelectElement>("#gpu");
    menu.value = "RTX 4090";
    menu.dispatchEvent(new Event("change"));
    expect(fake.sentOf("choose_gpu")[0]?.payload).toEqual({ name: "RTX 4090" });
  });

  test("several cards can be held against: those that are here, and as many as are rented together", () => {
    const { fake, one, text } = mount("config-fits");
    expect(text()).toContain("RTX A6000, in this machine, 3 of them");
    const menu = one<HTMLSelectElement>("[aria-label='How many cards']");
    expect([...menu.options].map((entry) => entry.text)).toEqual(["1 ×", "2 ×", "3 ×", "4 ×", "8 ×"]);
    menu.value = "3";
    menu.dispatchEvent(new Event("change"));
    expect(fake.sentOf("choose_gpu")[0]?.payload).toMatchObject({ count: 3 });
  });
});
