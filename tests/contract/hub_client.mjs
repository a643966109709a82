// Runs @huggingface/hub: a call a line on stdin, its result a line on stdout.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// The package is a development dependency of js/, which is no parent of this folder.
const require = createRequire(new URL("../../js/package.json", import.meta.url));
const hub = require("@huggingface/hub");

async function all(entries) {
	const found = [];
	for await (const entry of entries) found.push(entry);
	return found;
}

async function file(common, repo, path, revision) {
	const blob = await hub.downloadFile({ ...common, repo, path, revision });
	// It answers null for a file that is not there.
	if (blob === null) throw Object.assign(new Error(`no ${path}`), { name: "NoFile", statusCode: 404 });
	return Buffer.from(await blob.arrayBuffer());
}

const calls = {
	async list(common, { search, author, tags, task, fields, ...asked }) {
		const rows = await all(
			hub.listModels({
				...common,
				...asked,
				search: { query: search, owner: author, task, tags },
				additionalFields: (fields ?? []).filter((field) => !["gated", "downloads"].includes(field)),
			}),
		);
		return rows.map((row) => ({ id: row.name, gated: row.gated, downloads: row.downloads }));
	},
	async model(common, { id, revision }) {
		const additionalFields = ["sha", "safetensors"];
		const info = await hub.modelInfo({ ...common, name: id, revision, additionalFields });
		const { sha, gated, downloads, safetensors } = info;
		return { id: info.name, sha, gated, downloads, parameters: safetensors?.parameters ?? null };
	},
	async config(common, { id, revision }) {
		return JSON.parse(await file(common, id, "config.json", revision));
	},
	async download(common, { id, path }) {
		return createHash("sha256").update(await file(common, id, path)).digest("hex");
	},
	async weights(common, { id }) {
		const read = await hub.parseSafetensorsMetadata({ ...common, repo: id, computeParametersCount: true });
		return read.parameterCount;
	},
	async tree(common, { id }) {
		const entries = await all(hub.listFiles({ ...common, repo: id, recursive: true }));
		return Object.fromEntries(entries.filter((entry) => entry.type === "file").map(({ path, size }) => [path, size]));
	},
	async whoami(common) {
		return (await hub.whoAmI(common)).name;
	},
};

for await (const line of createInterface({ input: process.stdin })) {
	const { call, endpoint, token, ...asked } = JSON.parse(line);
	const common = { hubUrl: endpoint, ...(token ? { accessToken: token } : {}) };
	let answer;
	try {
		answer = { result: await calls[call](common, asked) };
	} catch (error) {
		const kinds = [error.name, error.constructor.name];
		answer = { kinds, status: error.statusCode ?? null, message: error.message };
	}
	console.log(JSON.stringify(answer));
}
