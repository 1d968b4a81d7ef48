import { buildPages } from "./build.ts";

await buildPages();
