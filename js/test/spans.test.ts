import { expect, test } from "vitest";
import { dollars, span } from "../src/lib/spans";

test.each([
  [5, 12, "5 – 12 s"],
  [60, 145, "1 – 2.4 min"],
  [1131, 2715, "19 – 45 min"],
  [5760, 12_240, "1.6 – 3.4 h"],
  [90_000, 260_000, "1 – 3 days"],
  [250, 250, "4.2 min"],
])("from %d to %d seconds reads %s", (low, high, words) => {
  expect(span(low, high)).toBe(words);
});

test("money has its cents until it is much", () => {
  expect(dollars(0.6, 1.4)).toBe("$0.60 – $1.40");
  expect(dollars(120.4, 300.6)).toBe("$120 – $301");
});
