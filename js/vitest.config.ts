import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    {
      name: "css as text, as build.mjs has it",
      enforce: "pre",
      resolveId: (id) => (id.endsWith(".css") ? `\0${id}.text` : null),
      load: (id) => (id.startsWith("\0") && id.endsWith(".css.text") ? 'export default ""' : null),
    },
  ],
  test: {
    environment: "happy-dom",
    include: ["test/*.test.{ts,mjs}"],
    setupFiles: ["test/screens-at-once.ts"],
    maxWorkers: 1,
  },
});
