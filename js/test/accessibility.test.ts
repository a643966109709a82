import axe from "axe-core";
import { expect, test } from "vitest";
import { mount } from "./mount";
import { STATES, type StateName } from "./traits";

// Colours and sizes need a layout: tools/screens.py runs the whole of axe in a browser.
const rules = { "color-contrast": { enabled: false }, "target-size": { enabled: false } };

test.each(Object.keys(STATES) as StateName[])("axe finds nothing in %s", async (state) => {
  const { host } = mount(state);
  const { violations, passes } = await axe.run(host, { rules });
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  expect(passes.length).toBeGreaterThan(3);
});
