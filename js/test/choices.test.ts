import { describe, expect, test } from "vitest";
import { choose, mount, press, settle, type } from "./mount";
import { act, finding } from "./samples";
import { STATES } from "./traits";

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
