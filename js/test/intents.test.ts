import { beforeEach, describe, expect, test, vi } from "vitest";
import { createChannel } from "../src/intents";
import { createScope } from "../src/scope";
import { FakeModel } from "./fake-model";
import { mount, settle } from "./mount";

function channel() {
  const fake = new FakeModel();
  const scope = createScope();
  return {
    fake,
    scope,
    ...createChannel(
      fake.model,
      scope,
      () => 1500,
      () => {},
    ),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});

describe("an intent", () => {
  test("has its version, a kind, a payload and an id of its own", () => {
    const { fake, send } = channel();
    send("undo", {});
    send("go_to", { step: "config" });
    expect(fake.sent.map(({ v, kind, payload }) => [v, kind, payload])).toEqual([
      [1, "undo", {}],
      [1, "go_to", { step: "config" }],
    ]);
    expect(new Set(fake.sent.map(({ id }) => id)).size).toBe(2);
    expect(fake.sent.every(({ id }) => id.length > 0 && id.length <= 64)).toBe(true);
  });

  test("ends with one answer: a second one under its id is ignored", async () => {
    const { fake, send, pending } = channel();
    const answered = vi.fn();
    send("undo", {}).then(answered);
    expect(pending.value).toEqual(["undo"]);
    const id = fake.sent[0]?.id ?? "";
    fake.answers(id, { payload: { first: true } });
    fake.answers(id, { kind: "error" });
    await settle();
    expect(answered).toHaveBeenCalledOnce();
    expect(answered.mock.calls[0]?.[0].payload).toEqual({ first: true });
    expect(pending.value).toEqual([]);
  });

  test("is answered by what the kernel sends with its state, each view by its own", async () => {
    const { fake, send, pending } = channel();
    const answered = vi.fn();
    send("undo", {}).then(answered);
    const answer = { v: 1, kind: "result", findings: [], payload: {}, trouble: null };
    fake.emit("change:_answers");
    fake.writes({ _answers: [{ ...answer, id: "another-tab-1" }] } as never);
    expect(pending.value).toEqual(["undo"]);
    fake.writes({ _answers: [{ ...answer, id: fake.sent[0]?.id }] } as never);
    await settle();
    expect(answered).toHaveBeenCalledOnce();
  });

  test("of another tab, and what is no answer at all, is ignored", () => {
    const { fake, send, pending } = channel();
    send("undo", {});
    fake.answers("another-tab-1");
    for (const junk of [null, undefined, "text", 7, {}, { v: 2, id: fake.sent[0]?.id, kind: "result" }]) {
      fake.emit("msg:custom", junk, []);
    }
    expect(pending.value).toEqual(["undo"]);
  });
});

describe("an answer that does not come", () => {
  test("is asked for under the same id, first after the time the settings say, then every second", () => {
    const { fake, send } = channel();
    send("search", { query: "qwen" });
    vi.advanceTimersByTime(1499);
    expect(fake.sentOf("poll")).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fake.sentOf("poll")).toEqual([{ v: 1, id: fake.sent[0]?.id, kind: "poll" }]);
    vi.advanceTimersByTime(3000);
    expect(fake.sentOf("poll")).toHaveLength(4);
  });

  test("that a poll brings heals it, and polling ends", async () => {
    const { fake, send } = channel();
    const answered = vi.fn();
    fake.kernel = ({ id, kind }) => kind === "poll" && fake.answers(id);
    send("search", { query: "qwen" }).then(answered);
    vi.advanceTimersByTime(10_000);
    await settle();
    expect(answered).toHaveBeenCalledOnce();
    expect(fake.sentOf("poll")).toHaveLength(1);
  });

  test("is waited for as long as the kernel says that it is under way", () => {
    const { fake, send, silence, pending } = channel();
    fake.kernel = ({ id, kind }) => kind === "poll" && fake.answers(id, { kind: "pending" });
    send("search", { query: "qwen" });
    vi.advanceTimersByTime(120_000);
    expect(silence.value).toBe("none");
    expect(pending.value).toEqual(["search"]);
  });

  test("of an intent that got lost: it is sent again under its id, once", async () => {
    const { fake, send } = channel();
    const trouble = { code: "unknown-intent", message: "The kernel does not know this request.", hint: "" };
    const answered = vi.fn();
    fake.kernel = ({ id, kind }) => kind === "poll" && fake.answers(id, { kind: "error", trouble });
    send("undo", {}).then(answered);
    vi.advanceTimersByTime(1500);
    expect(fake.sentOf("undo").map(({ id }) => id)).toEqual([fake.sent[0]?.id, fake.sent[0]?.id]);
    vi.advanceTimersByTime(1500);
    await settle();
    expect(answered.mock.calls[0]?.[0].trouble).toEqual(trouble);
    expect(fake.sentOf("undo")).toHaveLength(2);
  });

  test("makes the kernel busy after 8 s and lost after 30 s, when asking ends", () => {
    const { fake, send, silence } = channel();
    send("undo", {});
    vi.advanceTimersByTime(7500);
    expect(silence.value).toBe("none");
    vi.advanceTimersByTime(1500);
    expect(silence.value).toBe("busy");
    vi.advanceTimersByTime(22_000);
    expect(silence.value).toBe("lost");
    const asked = fake.sent.length;
    vi.advanceTimersByTime(60_000);
    expect(fake.sent).toHaveLength(asked);
  });

  test("can be asked for again, and a late one is still taken", async () => {
    const { fake, send, silence, retry } = channel();
    const answered = vi.fn();
    send("undo", {}).then(answered);
    vi.advanceTimersByTime(40_000);
    retry();
    expect(silence.value).toBe("none");
    expect(fake.sentOf("undo").map(({ id }) => id)).toEqual([fake.sent[0]?.id, fake.sent[0]?.id]);
    vi.advanceTimersByTime(40_000);
    fake.answers(fake.sent[0]?.id ?? "");
    await settle();
    expect(answered).toHaveBeenCalledOnce();
    expect(silence.value).toBe("none");
  });

  test("is told to the person: first busy, then no answer with Retry", async () => {
    const { fake, named, text } = mount("model-searched");
    named("Continue to config").click();
    vi.advanceTimersByTime(9000);
    await settle();
    expect(text()).toContain("The kernel is busy.");
    vi.advanceTimersByTime(22_000);
    await settle();
    expect(text()).toContain("No answer from the kernel. What is shown is the last it said.");
    named("Retry").click();
    expect(fake.sentOf("go_to")).toHaveLength(2);
  });
});

describe("the end of a view", () => {
  test("ends its asking", () => {
    const { fake, scope, send } = channel();
    send("undo", {});
    scope.end();
    vi.advanceTimersByTime(60_000);
    expect(fake.sent).toHaveLength(1);
    expect(fake.listening).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
