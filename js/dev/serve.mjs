/* `npm run dev` serves the dev page on 127.0.0.1, by default at port 8123. */
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const folder = fileURLToPath(new URL(".", import.meta.url));
const page = await context({
  entryPoints: [`${folder}dev.ts`],
  bundle: true,
  format: "esm",
  outfile: `${folder}dev.js`,
  write: false,
});
const { port } = await page.serve({ servedir: folder, host: "127.0.0.1", port: Number(process.argv[2] ?? 8123) });
console.log(`http://127.0.0.1:${port}/?state=model-first&theme=dark&width=780`);
