import { describe, expect, test, vi } from "vitest";
import widget from "../src/index";
import { FakeModel } from "./fake-model";
import { answering, mount, press, settle, type, view } from "./mount";
import { STATES } from "./traits";

describe("two views of one model", () => {
  test("agree on what is typed, chosen and entered", async () => {
    const fake = new FakeModel(STATES["model-first"]);
    const [left, right] = [view(fake), view(fake)];
    type(left.one("[aria-label='Search models']"), "qwen2.5");
    press(left.one("[aria-label='Search models']"), "Enter");
    fake.writes(STATES["model-searched"]);
    fake.answers(fake.sent[0]?.id ?? "");
    await settle();
    for (const { one, all } of [left, right]) {
      expect(one<HTMLInputElement>("[aria-label='Search models']").value).toBe("qwen2.5");
      expect(all("[aria-selected=true]").map((card) => card.dataset.id)).toEqual(["Qwen/Qwen2.5-1.5B-Instruct"]);
    }
    fake.writes(STATES["config-fits"]);
    await settle();
    expect(left.text()).toBe(right.text());
  });

  test("the focus moves in the view that asked only", async () => {
    const fake = new FakeModel(STATES["model-searched"]);
    const left = view(fake);
    view(fake);
    left.named("Continue to config").click();
    fake.writes(STATES["config-fits"]);
    await settle();
    expect(document.activeElement).toBe(left.host);
    expect(left.root.activeElement?.tagName).toBe("H3");
  });

  test("an answer to one is no answer to the other", async () => {
    const fake = new FakeModel(STATES["deploy-ready"]);
    const [left, right] = [view(fake), view(fake)];
    left.named("Write package").click();
    const trouble = {
      code: "package-exists",
      message: "There is a package there already.",
      hint: "Choose another name.",
    };
    fake.answers(fake.sentOf("write_package")[0]?.id ?? "", { kind: "error", trouble });
    await settle();
    expect(left.text()).toContain("There is a package there already.");
    expect(right.text()).not.toContain("There is a package there already.");
  });

  test("work of the other view is seen to be under way", async () => {
    const { fake, one } = mount("model-searched");
    fake.writes({ busy: ["search"] });
    await settle();
    expect(one(".progress").className).toContain("on");
  });
});

test("two wizards that share one module share nothing else", async () => {
  const [one, two] = [mount("model-first"), mount("model-first")];
  type(one.one("[aria-label='Search models']"), "qwen");
  await settle();
  expect(two.one<HTMLInputElement>("[aria-label='Search models']").value).toBe("");
});

describe("the end of a view", () => {
  test.each(["cleanup", "signal"])("by %s leaves no listener, timer or node behind", async (how) => {
    vi.useFakeTimers();
    const fake = new FakeModel(STATES["deploy-ready"]);
    const controller = new AbortController();
    const observed = vi.spyOn(MutationObserver.prototype, "disconnect");
    const { cell, end, named } = view(fake, how === "signal" ? controller.signal : undefined);
    named("Back").click();
    expect(fake.listening).toBeGreaterThan(10);
    if (how === "signal") controller.abort();
    else end();
    expect(fake.listening).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(cell.childElementCount).toBe(0);
    expect(observed).toHaveBeenCalled();
    fake.writes(STATES["model-first"]);
    await settle();
    observed.mockRestore();
  });

  test("a signal that was aborted before leaves nothing at all", () => {
    const fake = new FakeModel(STATES["model-first"]);
    const cell = document.createElement("div");
    widget().render({ model: fake.model, el: cell, signal: AbortSignal.abort() });
    expect(fake.listening).toBe(0);
    expect(cell.childElementCount).toBe(0);
  });
});

describe("the host page", () => {
  test("keeps its keys: the wizard’s never reach it, but Tab, Esc and chords do", () => {
    const { cell, one } = mount("model-first");
    const outside = vi.fn();
    cell.addEventListener("keydown", (event) => outside(event.key));
    for (const key of ["a", "Enter", "x"]) press(one("input"), key);
    expect(outside).not.toHaveBeenCalled();
    for (const key of ["Tab", "Escape"]) press(one("input"), key);
    press(one("input"), "s", { ctrlKey: true });
    expect(outside.mock.calls.flat()).toEqual(["Tab", "Escape", "s"]);
  });

  test("Lumino is told to leave the keys alone", () => {
    expect(mount("model-first").host.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  });

  test("gets no style of ours", () => {
    const before = document.head.childElementCount;
    mount("model-first");
    expect(document.head.childElementCount).toBe(before);
  });
});

describe("light and dark", () => {
  test("follow JupyterLab, live", async () => {
    document.body.dataset.jpThemeLight = "true";
    const { host } = mount("model-first");
    expect(host.dataset.theme).toBe("light");
    document.body.dataset.jpThemeLight = "false";
    await vi.waitFor(() => expect(host.dataset.theme).toBe("dark"));
    delete document.body.dataset.jpThemeLight;
    await vi.waitFor(() => expect(host.dataset.theme).toBeUndefined());
  });

  test("VS Code is asked first: it carries a light JupyterLab theme along", () => {
    document.body.dataset.jpThemeLight = "true";
    document.body.dataset.vscodeThemeKind = "vscode-high-contrast";
    expect(mount("model-first").host.dataset.theme).toBe("dark");
    document.body.dataset.vscodeThemeKind = "vscode-high-contrast-light";
    expect(mount("model-first").host.dataset.theme).toBe("light");
    delete document.body.dataset.vscodeThemeKind;
    delete document.body.dataset.jpThemeLight;
  });

  test("Colab marks its dark theme on the page", () => {
    document.documentElement.setAttribute("theme", "dark");
    expect(mount("model-first").host.dataset.theme).toBe("dark");
    document.documentElement.removeAttribute("theme");
  });

  test("a page that says nothing hands its own down", () => {
    expect(mount("model-first").host.dataset.theme).toBeUndefined();
  });

  test("the white wrapper of VS Code is taken off", async () => {
    const fake = new FakeModel(STATES["model-first"]);
    const wrapper = document.createElement("div");
    wrapper.className = "cell-output-ipywidget-background";
    document.body.append(wrapper);
    const { cell } = view(fake);
    wrapper.append(cell);
    await vi.waitFor(() => expect(wrapper.style.background).toBe("transparent"));
  });
});

test("a kernel that answers everything at once is no trouble", async () => {
  const { fake, named, text } = mount("dataset-variable");
  answering(fake);
  named("Look again").click();
  await settle();
  expect(text()).toContain("Ready, with remarks for SFT");
});
