// Prints the validator's report of each file named, as one JSON object by file name.
import { readFile } from "node:fs/promises";
import { validateBytes } from "gltf-validator";

const reports = {};
for (const path of process.argv.slice(2)) {
  const bytes = new Uint8Array(await readFile(path));
  reports[path] = await validateBytes(bytes, { maxIssues: 100 });
}
console.log(JSON.stringify(reports));
