// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FILES } from "../build.mjs";

const text = (name) => readFileSync(FILES[name].path, "utf8");

test.each(Object.entries(FILES))("%s.js, as it ships, keeps its budget", (name, { budget }) => {
  expect(Buffer.byteLength(text(name))).toBeLessThanOrEqual(budget);
});

test.each(Object.keys(FILES))("%s.js imports no other file and fetches nothing", (name) => {
  expect(text(name).match(/\bimport[\s{"'*]|@import|url\((?!#)/g)).toBeNull();
  expect(text(name).match(/\bfetch\(|XMLHttpRequest|WebSocket/g)).toBeNull();
});

test("widget.js gives a factory of a widget, without a page", async () => {
  const { default: widget } = await import(/* @vite-ignore */ FILES.widget.path);
  expect(Object.keys(widget())).toEqual(["render"]);
});

test("later.js gives a screen for each step after the first, made with the modules of widget.js alone", async () => {
  const { default: run } = await import(/* @vite-ignore */ FILES.later.path);
  const asked = [];
  // What is lent may be called, extended, or be a list: whatever is asked of it is there, and is such a thing again.
  const lent = new Proxy(function lent() {}, {
    get(of, key) {
      if (key === Symbol.toPrimitive) return () => "";
      return key === "prototype" ? of.prototype : key === Symbol.iterator ? [][key] : lent;
    },
    apply: () => lent,
  });
  const { screens, styles } = run((name) => {
    asked.push(name);
    return lent;
  });
  expect(Object.keys(screens)).toEqual(["config", "dataset", "deploy"]);
  expect(styles).toContain(".");
  expect(asked).toContain("preact");
  const lends = text("widget");
  for (const name of asked)
    expect(
      [`"${name}":`, `{${name}:`, `,${name}:`].some((key) => lends.includes(key)),
      name,
    ).toBe(true);
});
