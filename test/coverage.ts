import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Rooms and the share of their lines that the tests must run (design: 85 %). */
const LINE_ROOMS = ["core", "agent", "bot", "exporter", "local"] as const;
const LINE_SHARE = 0.85;
/** Runs of vitest whose coverage is added up; the first one has every branch that is asked for. */
export const COUNTED: readonly string[] = ["unit", "waiting"];
/** Files of which the tests must take every branch. */
const EVERY_BRANCH = ["core/src/policy.ts", "core/src/run-command.ts", "core/src/adapters/postgres/audit-log.ts"];

interface Position {
  readonly line: number;
  readonly column: number;
}
interface FileCoverage {
  readonly path: string;
  readonly statementMap: Record<string, { start: Position }>;
  readonly s: Record<string, number>;
  readonly branchMap: Record<string, { loc: { start: Position } }>;
  readonly b: Record<string, number[]>;
}
interface RawFunction {
  readonly ranges: { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
}

/**
 * Compares the coverage of the unit tests, and of the processes of the end-to-end stack, with what is asked.
 * @returns one sentence for each shortfall
 */
export async function checkCoverage(root: string, scratch: string): Promise<string[]> {
  const files = await readTestCoverage(scratch);
  const processes = await readProcessCoverage(join(scratch, "processes"));
  return [...(await lineShortfalls(root, files, processes)), ...branchShortfalls(root, files)];
}

async function readTestCoverage(scratch: string): Promise<Map<string, FileCoverage[]>> {
  const files = new Map<string, FileCoverage[]>();
  for (const run of COUNTED) {
    const path = join(scratch, run, "coverage-final.json");
    if (!existsSync(path)) continue;
    const found = JSON.parse(await readFile(path, "utf8")) as Record<string, FileCoverage>;
    for (const file of Object.values(found)) files.set(file.path, [...(files.get(file.path) ?? []), file]);
  }
  return files;
}

// Node strips types by blanking them, so the offsets of a running process are those of the source file.
async function readProcessCoverage(folder: string): Promise<Map<string, RawFunction[][]>> {
  const files = new Map<string, RawFunction[][]>();
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const { result } = JSON.parse(await readFile(join(folder, name), "utf8")) as {
      result: { url: string; functions: RawFunction[] }[];
    };
    for (const { url, functions } of result) {
      if (!url.startsWith("file://") || !url.endsWith(".ts") || url.includes("/node_modules/")) continue;
      const path = fileURLToPath(url);
      files.set(path, [...(files.get(path) ?? []), functions]);
    }
  }
  return files;
}

async function lineShortfalls(
  root: string,
  files: Map<string, FileCoverage[]>,
  processes: Map<string, RawFunction[][]>,
): Promise<string[]> {
  const complaints: string[] = [];
  for (const room of LINE_ROOMS) {
    let total = 0;
    let covered = 0;
    for (const [path, tests] of files) {
      if (!relative(root, path).startsWith(`${room}/`)) continue;
      const lines = mergeLines(tests, processes.get(path) ?? [], await readFile(path, "utf8"));
      total += lines.size;
      covered += [...lines.values()].filter(Boolean).length;
    }
    const share = total === 0 ? 1 : covered / total;
    console.log(`coverage: ${room} ${(share * 100).toFixed(1)} % of ${total} lines`);
    if (share < LINE_SHARE)
      complaints.push(
        `${room} has ${(share * 100).toFixed(1)} % of its lines covered, ${LINE_SHARE * 100} % are asked`,
      );
  }
  return complaints;
}

function mergeLines(
  tests: readonly FileCoverage[],
  runs: readonly RawFunction[][],
  source: string,
): Map<number, boolean> {
  const starts = lineStarts(source);
  const lines = new Map<number, boolean>();
  for (const file of tests) {
    for (const [id, { start }] of Object.entries(file.statementMap)) {
      const offset = (starts[start.line - 1] ?? 0) + start.column;
      const ran = (file.s[id] ?? 0) > 0 || runs.some((functions) => hasRun(functions, offset));
      lines.set(start.line, ran || lines.get(start.line) === true);
    }
  }
  return lines;
}

/** The innermost range around the offset decides. */
function hasRun(functions: readonly RawFunction[], offset: number): boolean {
  let best: { size: number; count: number } | null = null;
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      const size = endOffset - startOffset;
      if (startOffset <= offset && offset < endOffset && (best === null || size <= best.size)) best = { size, count };
    }
  }
  return best !== null && best.count > 0;
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let index = source.indexOf("\n"); index !== -1; index = source.indexOf("\n", index + 1)) starts.push(index + 1);
  return starts;
}

function branchShortfalls(root: string, files: Map<string, FileCoverage[]>): string[] {
  const complaints: string[] = [];
  for (const name of EVERY_BRANCH) {
    const file = files.get(join(root, name))?.[0];
    if (file === undefined) {
      complaints.push(`${name} is not covered at all`);
      continue;
    }
    for (const [id, counts] of Object.entries(file.b)) {
      if (counts.some((count) => count === 0))
        complaints.push(`${name}:${file.branchMap[id]?.loc.start.line} has a branch that no test takes`);
    }
  }
  return complaints;
}
