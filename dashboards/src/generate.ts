import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BOARDS, boardFile } from "./boards.ts";

const folder = join(import.meta.dirname, "../boards");

for (const board of BOARDS) {
  await writeFile(join(folder, `${boardFile(board)}.json`), `${JSON.stringify(board, null, 2)}\n`);
}
process.stdout.write(`${BOARDS.length} dashboards are written to dashboards/boards/\n`);
