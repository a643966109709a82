/* Generates src/wire.ts from the pydantic models of the protocol. `--check` only says whether it is fresh. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.PYTHON ?? "python3";
const schema = execFileSync(python, ["-m", "tools.wire_types"], { cwd: here(".."), encoding: "utf8" });

const source = await compile(JSON.parse(schema), "Wire", {
  additionalProperties: false,
  bannerComment: "/* Generated from trainpkg_widgets/wire.py and steps.py by `npm run types`. */",
  style: { printWidth: 120 },
});

const file = here("src/wire.ts");
if (!process.argv.includes("--check")) {
  writeFileSync(file, source);
} else if (readFileSync(file, "utf8") !== source) {
  console.error("src/wire.ts is not what wire.py says. Run `npm run types` and commit it.");
  process.exit(1);
}
