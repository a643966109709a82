/* Builds ../trainpkg_widgets/static/{widget,later}.js. `--check` only says whether the committed ones are fresh and small. */
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const file = (name) => fileURLToPath(new URL(`../trainpkg_widgets/static/${name}`, import.meta.url));

// ipywidgets stores `_esm` once for each widget of a saved notebook, so the first file has a budget; the second, which
// the kernel sends to each view after the first paint, has one of its own.
export const FILES = {
  widget: { path: file("widget.js"), budget: 60_000 },
  later: { path: file("later.js"), budget: 100_000 },
};

const NOTICE = "/* Contains Preact, (c) 2015-present Jason Miller, MIT License. */";

const minifiedCss = {
  name: "minified css as text",
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = await build({ entryPoints: [path], bundle: true, minify: true, write: false, target: "chrome125" });
      if (css.warnings.length > 0) throw new Error("The CSS has warnings.");
      return { contents: css.outputFiles[0].text, loader: "text" };
    });
  },
};

/** In the first file: the modules of `shared`, by name. */
const sharing = (shared) => ({
  name: "what the first file shares",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^shared-modules$/ }, () => ({ path: "shared-modules", namespace: "shared" }));
    esbuild.onLoad({ filter: /.*/, namespace: "shared" }, () => ({
      contents: [
        ...shared.map((name, i) => `import * as m${i} from ${JSON.stringify(importable(name))};`),
        `export default { ${shared.map((name, i) => `${JSON.stringify(name)}: m${i}`).join(", ")} };`,
      ].join("\n"),
      resolveDir: here,
    }));
  },
});

/** In the second file: those modules are asked of the first. */
const borrowing = (shared) => ({
  name: "what the second file borrows",
  setup(esbuild) {
    esbuild.onResolve({ filter: /.*/ }, async ({ path, kind, pluginData, ...from }) => {
      if (pluginData === "resolved" || kind === "entry-point") return null;
      const found = await esbuild.resolve(path, { kind, pluginData: "resolved", ...from });
      const name = nameOf(found.path);
      return shared.includes(name) ? { path: name, external: true } : found;
    });
  },
});

/** A module's name in both files: its package, or its path under src. */
const nameOf = (path) => {
  const [, dependency] = path.match(/node_modules\/(preact(?:\/hooks)?)\//) ?? [];
  return dependency ?? relative(here, path);
};
const importable = (name) => (name.startsWith("preact") ? name : `./${name}`);

const options = (entry, ...plugins) => ({
  absWorkingDir: here,
  entryPoints: [entry],
  bundle: true,
  minify: true,
  write: false,
  target: "es2022",
  // Calls of `h` are shorter than those of the automatic runtime: 2 KB of the budget.
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["src/lib/h.ts"],
  tsconfigRaw: { compilerOptions: { jsx: "react" } },
  legalComments: "none",
  plugins: [minifiedCss, ...plugins],
});

const inputs = async (entry) => {
  const { metafile } = await build({ ...options(entry, sharing([])), format: "esm", metafile: true });
  return Object.keys(metafile.inputs).map((path) => nameOf(`${here}${path}`));
};

/** Both files as text, the same bytes on every machine: ES modules, CSS inside. */
export async function bundles() {
  const [first, second] = await Promise.all([inputs("src/index.ts"), inputs("src/later.ts")]);
  const both = first.filter((name) => second.includes(name) && /^preact|\.tsx?$/.test(name) && !name.endsWith("/h.ts"));
  const shared = [...new Set(both)].sort();
  const [widget, later] = await Promise.all([
    build({ ...options("src/index.ts", sharing(shared)), format: "esm", banner: { js: NOTICE } }),
    build({
      ...options("src/later.ts", borrowing(shared)),
      format: "cjs",
      banner: { js: "export default function(require){var module={exports:{}},exports=module.exports;" },
      footer: { js: "return module.exports}" },
    }),
  ]);
  return { widget: widget.outputFiles[0].text, later: later.outputFiles[0].text };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = await bundles();
  for (const [name, { path, budget }] of Object.entries(FILES)) {
    const text = texts[name];
    const bytes = Buffer.byteLength(text);
    console.log(`${name}.js: ${bytes} of ${budget} bytes`);
    if (!process.argv.includes("--check")) {
      writeFileSync(path, text);
    } else if (readFileSync(path, "utf8") !== text) {
      console.error(`static/${name}.js is not what js/src builds. Run \`npm run build\` and commit it.`);
      process.exitCode = 1;
    }
    if (bytes > budget) {
      console.error("That is more than its budget.");
      process.exitCode = 1;
    }
  }
}
