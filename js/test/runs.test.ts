import { describe, expect, test } from "vitest";
import { mount, press, settle, type } from "./mount";
import { failed, stopped, training } from "./runs";
import { finding } from "./samples";

describe("a run", () => {
  test("tells how far it is, how long it takes still, and what it measured beside what was estimated", () => {
    const { text } = mount("deploy-running");
    expect(text()).toContain("Step 418 of 1,125");
    expect(text()).toContain("37 % · 58 min left");
    expect(text()).toContain("2,140");
    expect(text()).toContain("11.1");
    expect(text()).toContain("GiB GPU peak, estimated 11.3");
    expect(text()).toContain("1.7e-4");
  });

  test("has its loss curve in words and in numbers too", () => {
    const { root, text } = mount("deploy-running");
    const image = root.querySelector("svg[role=img]");
    expect(image?.getAttribute("aria-label")).toBe(
      "Training loss from 2.4 at step 10 to 1.42 at step 400. Held-back loss from 1.92 at step 200 to 1.52 at step 400.",
    );
    expect(root.querySelectorAll(".curve tbody tr").length).toBeGreaterThan(5);
    expect(root.querySelectorAll(".curve tbody tr").length).toBeLessThan(16);
    expect(text()).toContain("held back");
  });

  test("is stopped with its checkpoint first, and ended without only by a second, other button", async () => {
    const { fake, named } = mount("deploy-running");
    named("Stop and save").click();
    expect(fake.sentOf("stop_run")[0]?.payload).toEqual({});
    fake.writes({ _run: { ...training, status: "stopping", words: "Saving a checkpoint" } });
    fake.answers(fake.sentOf("stop_run")[0]?.id ?? "", {});
    await settle();
    named("End it without saving").click();
    expect(fake.sentOf("stop_run")[1]?.payload).toEqual({ now: true });
  });

  test("that is stopped says where it can go on from, and goes on", () => {
    const { fake, named, text } = mount("deploy-running", { _run: stopped });
    expect(text()).toContain("can go on from checkpoint-418");
    named("Resume").click();
    expect(fake.sentOf("resume_run")[0]?.payload).toEqual({ id: stopped.id });
  });

  test("that failed says why, with the fix", () => {
    const { fake, named, text } = mount("deploy-failed");
    expect(text()).toContain("The run needed more memory than there is.");
    named("2 rows at a time").click();
    expect(fake.sentOf("configure")[0]?.payload).toEqual({ changes: { batch_size: 2, accumulation: 8 } });
  });

  test("keeps the place of its curve before there is one", () => {
    const { root, text } = mount("deploy-starting");
    expect(root.querySelector(".curve.empty")).not.toBeNull();
    expect(text()).toContain("Making its environment");
  });

  test("shows its log when asked, and reads on as it goes", async () => {
    const { fake, named, text } = mount("deploy-running");
    named("Show the log").click();
    fake.answers(fake.sentOf("read_log")[0]?.id ?? "", { payload: { text: "a line", path: "/log.txt" } });
    await settle();
    expect(text()).toContain("a line");
    fake.writes({ _run: { ...training, step: 419 } });
    await settle();
    expect(fake.sentOf("read_log").length).toBe(2);
    named("Hide the log").click();
    await settle();
    fake.writes({ _run: { ...training, step: 420 } });
    expect(fake.sentOf("read_log").length).toBe(2);
  });

  test("can't be launched twice at a time", () => {
    const { fake, named } = mount("deploy-running");
    named("Launch").click();
    expect(fake.sentOf("launch")).toEqual([]);
  });
});

describe("launching", () => {
  test("writes into the folder that is typed, and starts", () => {
    const { fake, named } = mount("deploy-ready");
    named("Launch").click();
    expect(fake.sentOf("launch")[0]?.payload).toEqual({ folder: "packages" });
  });

  test("each launcher says what it needs and has its own choices", async () => {
    const { fake, all, text, named } = mount("deploy-ready");
    expect(text()).toContain("GPUs to use");
    const menu = all("select").find(({ id }) => id === "deploy.launcher") as HTMLSelectElement;
    menu.value = "hf_jobs";
    menu.dispatchEvent(new Event("change"));
    expect(fake.sentOf("deploy_to")[0]?.payload).toEqual({ launcher: "hf_jobs" });
    const deploy = fake.get("deploy") as unknown as object;
    fake.writes({ deploy: { ...deploy, launcher: "hf_jobs" } as never });
    await settle();
    expect(text()).toContain("Hardware");
    const [asked] = fake.sentOf("plan_launch");
    fake.answers(asked?.id ?? "", {
      payload: { plan: { flavor: "t4-small", hours: 1, why: "$0.40 an hour today", command: "hf jobs uv run" } },
    });
    await settle();
    expect(text()).toContain("t4-small");
    expect(text()).toContain("hf jobs uv run");
    named("Push to the Hub").click();
    expect(fake.sentOf("push_package")[0]?.payload).toEqual({ folder: "packages" });
  });
});

describe("a failed run", () => {
  test("is told aloud", async () => {
    const { fake, text } = mount("deploy-running");
    fake.writes({ _run: failed });
    await settle();
    expect(text()).toContain("Failed");
  });
});

describe("pushing", () => {
  test("that is refused says why beside its button, until somebody tries again", async () => {
    const { fake, named, all } = mount("deploy-ready");
    named("Push to the Hub").click();
    const id = fake.sentOf("push_package")[0]?.id ?? "";
    fake.answers(id, { kind: "error", trouble: { code: "cannot-launch", message: "Set HF_TOKEN.", hint: "" } });
    // What is known may change at the same time, as where the package was written meanwhile.
    fake.writes({ findings: [] });
    await settle();
    const place = all(".finding").find((one) => one.textContent?.includes("Set HF_TOKEN."));
    expect(place?.parentElement?.contains(named("Push to the Hub"))).toBe(true);
    named("Push to the Hub").click();
    await settle();
    expect(all(".finding").filter((one) => one.textContent?.includes("HF_TOKEN"))).toEqual([]);
  });
});

describe("a launch that can't start here", () => {
  test("is not what is offered first", () => {
    const stop = finding("deploy", "warning", "No GPU.", { field: "deploy.launcher", code: "no-gpu-here" });
    expect(mount("deploy-ready").named("Launch").className).toBe("btn go");
    expect(mount("deploy-ready", { findings: [stop] }).named("Launch").className).toBe("btn");
  });
});

describe("a name that was refused", () => {
  test("holds what would act under the one before it, which is said", async () => {
    const { fake, named, all, text } = mount("deploy-ready");
    const input = all("input").find(({ id }) => id === "deploy.name") as HTMLInputElement;
    const before = input.value;
    type(input, "no name!");
    press(input, "Enter");
    const refusal = finding("deploy", "error", "This is no name.", { field: "deploy.name" });
    fake.answers(fake.sentOf("deploy_to")[0]?.id ?? "", { findings: [refusal] });
    await settle();
    expect(text()).toContain(`Still ${before}.`);
    for (const button of ["Write package", "Write zip", "Launch", "Push to the Hub"]) {
      expect(named(button).getAttribute("title")).toBe("The name is not accepted yet.");
      named(button).click();
    }
    expect(fake.sentOf("write_package")).toEqual([]);
    press(input, "Escape");
    await settle();
    expect(named("Write package").getAttribute("title")).toBeFalsy();
  });
});
