/** Mounts the real view on a fake model, as a host does. */

import { afterEach, vi } from "vitest";
import widget from "../src/index";
import type { Traits } from "../src/store";
import type { Intent } from "../src/wire";
import { payloadFor } from "./answers";
import { FakeModel } from "./fake-model";
import { STATES, type StateName } from "./traits";

const mounted: (() => void)[] = [];

afterEach(() => {
  for (const end of mounted.splice(0)) end();
  document.body.replaceChildren();
  vi.useRealTimers();
});

/** A view of `fake` in a cell of its own. */
export function view(fake: FakeModel, signal?: AbortSignal) {
  const cell = document.createElement("div");
  document.body.append(cell);
  const end = widget().render({ model: fake.model, el: cell, ...(signal && { signal }) });
  mounted.push(end);
  const host = cell.firstElementChild as HTMLElement;
  const root = host.shadowRoot as ShadowRoot;
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  const one = <E extends HTMLElement = HTMLElement>(selector: string): E => {
    const found = root.querySelector<E>(selector);
    if (!found) throw new Error(`Nothing matches ${selector} in: ${root.textContent}`);
    return found;
  };
  /** The button, link or option that says `words`. */
  const named = (words: string): HTMLElement => {
    const found = all("button, a, [role=option]").find(
      (element) => element.getAttribute("aria-label") === words || element.textContent?.includes(words),
    );
    if (!found) throw new Error(`Nothing says “${words}”: ${all("button").map((b) => b.textContent)}`);
    return found;
  };
  const text = () => one(".frame").textContent ?? "";
  return { cell, host, root, end, all, one, named, text };
}

/** A view of one state of traits.ts. */
export function mount(state: StateName, more: Partial<Traits> = {}) {
  const fake = new FakeModel({ ...STATES[state], ...more });
  return { fake, ...view(fake) };
}

/** A kernel that answers everything at once, as `answer` says. */
export function answering(fake: FakeModel, answer: Parameters<FakeModel["answers"]>[1] = {}) {
  fake.kernel = ({ id, kind, payload }: Intent) => {
    if (kind !== "poll") fake.answers(id, { payload: payloadFor(kind, payload ?? {}), ...answer });
  };
}

/** Lets what was just done be drawn and answered. */
export const settle = async () => {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
};

export function type(input: HTMLElement, text: string, init: InputEventInit = {}) {
  (input as HTMLInputElement).value = text;
  input.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true, ...init }));
}

export function press(element: HTMLElement, key: string, init: KeyboardEventInit = {}) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...init });
  element.dispatchEvent(event);
  return event;
}

export function choose(menu: HTMLElement, value: string) {
  (menu as HTMLSelectElement).value = value;
  menu.dispatchEvent(new Event("change", { bubbles: true }));
}
