import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOM } from "./build.ts";
import { englishTexts, localeFile } from "./texts.ts";

const file = localeFile("en-US");
writeFileSync(join(ROOM, file), `${JSON.stringify(englishTexts(), null, 2)}\n`);
console.log(`${file} is what the sources say`);
