/* Builds ../trainpkg_widgets/static/widget.js. `--check` only says whether the committed one is fresh and small enough. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// ipywidgets stores `_esm` once for each widget of a saved notebook, so the bundle has a budget.
export const BUDGET_BYTES = 60_000;
export const BUNDLE = fileURLToPath(new URL("../trainpkg_widgets/static/widget.js", import.meta.url));

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

/** The bundle as text: one ES module, CSS inside, the same bytes on every machine. */
export async function bundle() {
  const built = await build({
    absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
    entryPoints: ["src/index.ts"],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    // Calls of `h` are shorter than those of the automatic runtime: 2 KB of the budget.
    jsxFactory: "h",
    jsxFragment: "Fragment",
    inject: ["src/lib/h.ts"],
    tsconfigRaw: { compilerOptions: { jsx: "react" } },
    legalComments: "none",
    banner: { js: "/* Contains Preact, (c) 2015-present Jason Miller, MIT License. */" },
    plugins: [minifiedCss],
  });
  return built.outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await bundle();
  const bytes = Buffer.byteLength(text);
  if (bytes > BUDGET_BYTES) {
    console.error(`widget.js has ${bytes} bytes, its budget is ${BUDGET_BYTES}.`);
    process.exit(1);
  }
  if (!process.argv.includes("--check")) {
    writeFileSync(BUNDLE, text);
  } else if (readFileSync(BUNDLE, "utf8") !== text) {
    console.error("static/widget.js is not what js/src builds. Run `npm run build` and commit it.");
    process.exit(1);
  }
  console.log(`widget.js: ${bytes} of ${BUDGET_BYTES} bytes`);
}
