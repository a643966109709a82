import { describe, expect, test, vi } from "vitest";
import { mount, press, settle, type } from "./mount";
import { finding } from "./samples";
import { STATES } from "./traits";

describe("the deploy step", () => {
  async function read() {
    const screen = mount("deploy-ready");
    const [asked] = screen.fake.sentOf("preview_file");
    screen.fake.answers(asked?.id ?? "", { payload: { path: "package.yaml", text: "version: 1", truncated: false } });
    await settle();
    return screen;
  }

  test("lists every file with its size and shows the first", async () => {
    const { text, one } = await read();
    expect(text()).toContain("data/train.jsonl17,102 rows · 5.9 MB");
    expect(one(".text").textContent).toBe("version: 1");
  });

  test("reads the file that is chosen, and never shows one under another’s name", async () => {
    const { fake, named, one } = await read();
    named("README.md").click();
    await settle();
    expect(one(".text").textContent).toBe("");
    fake.answers(fake.sentOf("preview_file").at(-1)?.id ?? "", {
      payload: { path: "README.md", text: "# Bot", truncated: true },
    });
    await settle();
    expect(one(".text").textContent).toBe("# Bot");
    expect(one(".panel").textContent).toContain("Only the beginning is shown.");
  });

  test("writes a folder or a zip into the folder that is shown", async () => {
    const screen = await read();
    screen.named("Write package").click();
    type(screen.all("input").find(({ id }) => id === "deploy.folder") as HTMLElement, "/tmp/out");
    await settle();
    screen.fake.answers(screen.fake.sentOf("write_package")[0]?.id ?? "", { payload: { written_to: "packages/x" } });
    await settle();
    screen.named("Write zip").click();
    expect(screen.fake.sentOf("write_package").map(({ payload }) => payload)).toEqual([
      { folder: "packages", archive: false },
      { folder: "/tmp/out", archive: true },
    ]);
  });

  test("says where it was written and the one command, each to be copied", async () => {
    const written = vi.fn(async () => {});
    vi.stubGlobal("navigator", { clipboard: { writeText: written } });
    const { named, text } = mount("deploy-written");
    expect(text()).toContain("✓ Written /home/anna/notebooks/packages/support-bot-v1");
    named("Copy the command").click();
    await settle();
    expect(written).toHaveBeenCalledWith("cd packages/support-bot-v1 && sh run.sh");
    expect(text()).toContain("Copied.");
    vi.unstubAllGlobals();
  });

  test("what stands in the way is told with its fix, and nothing is written", () => {
    const { fake, named, text } = mount("deploy-blocked");
    named("Write package").click();
    expect(fake.sentOf("write_package")).toEqual([]);
    expect(text()).toContain("The rows of “support_chats” are not in this kernel.");
    named("Read them again").click();
    expect(fake.sentOf("use_dataset")[0]?.payload).toEqual({ variable: "support_chats" });
  });

  test("a name that is refused stays, with the reason", async () => {
    const { fake, all, text } = mount("deploy-ready");
    const input = all("input").find(({ id }) => id === "deploy.name") as HTMLInputElement;
    type(input, "a/b");
    press(input, "Enter");
    const refusal = finding("deploy", "error", "A name can hold no “/”.", { field: "deploy.name" });
    fake.answers(fake.sentOf("deploy_to")[0]?.id ?? "", { findings: [refusal] });
    await settle();
    expect(input.value).toBe("a/b");
    expect(text()).toContain("A name can hold no “/”.");
  });

  test("the files are read again when the package changes", async () => {
    const { fake } = await read();
    fake.writes({ _package: { ...STATES["deploy-ready"]._package, command: "x" } as never });
    expect(fake.sentOf("preview_file")).toHaveLength(2);
  });
});
