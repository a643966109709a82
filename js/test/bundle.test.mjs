// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BUDGET_BYTES, BUNDLE } from "../build.mjs";

const text = readFileSync(BUNDLE, "utf8");

test("the bundle that ships keeps its budget", () => {
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(BUDGET_BYTES);
});

test("it is one module that imports nothing and fetches nothing", () => {
  expect(text.match(/\bimport[\s({"'*]|@import|url\(/g)).toBeNull();
  expect(text.match(/\bfetch\(|XMLHttpRequest|WebSocket/g)).toBeNull();
});

test("it gives a factory of a widget, without a page", async () => {
  const { default: widget } = await import(/* @vite-ignore */ BUNDLE);
  expect(Object.keys(widget())).toEqual(["render"]);
});
