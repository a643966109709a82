/**
 * In tests the steps after the first are there at once, and what changes is drawn in a microtask. Loading the built file
 * is tested in bundle.test.mjs and in a browser.
 */

import { vi } from "vitest";
import type { LaterScreens } from "../src/later-screens";

vi.mock("../src/later-screens", async () => {
  const later = await import("../src/later");
  return { loadScreens: (_: unknown, take: (given: LaterScreens) => void) => Promise.resolve(take(later)) };
});

class AtOnce {
  readonly port1 = { onmessage: () => {}, close: () => {} };
  readonly port2 = { postMessage: () => queueMicrotask(() => this.port1.onmessage()) };
}
// Not stubGlobal: a test that takes back its own stubs would take back this one too.
globalThis.MessageChannel = AtOnce as unknown as typeof MessageChannel;
