import { ensureBuilt } from "./build.ts";
import { packagePlugin } from "./package-plugin.ts";

const begin = Date.now();
const built = await ensureBuilt();
console.log(
  built ? `built in ${((Date.now() - begin) / 1000).toFixed(1)} s` : "nothing has changed since the last build",
);
if (process.argv.includes("--zip")) console.log(await packagePlugin());
