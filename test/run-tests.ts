import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkCoverage } from "./coverage.ts";

/** Projects that run side by side, and then those of the next one; only the first run counts coverage. */
const RUNS = [["core", "unit"], ["plugin"], ["end-to-end"]] as const;

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs all tests and checks the coverage.
 * @param filters parts of paths; with any of them the coverage is not checked
 * @returns the exit code
 */
export async function runTests(root: string, filters: readonly string[]): Promise<number> {
  const scratch = join(root, "coverage");
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for (const projects of RUNS) await runProjects({ root, scratch, projects, filters, totals });
  const complaints = filters.length > 0 ? [] : await checkCoverage(root, scratch);
  for (const complaint of complaints) console.error(`coverage: ${complaint}`);
  totals.failed += complaints.length;
  console.log(
    `${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`,
  );
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

interface ProjectsRun {
  readonly root: string;
  readonly scratch: string;
  readonly projects: readonly string[];
  readonly filters: readonly string[];
  readonly totals: Totals;
}

async function runProjects({ root, scratch, projects, filters, totals }: ProjectsRun): Promise<void> {
  const name = projects.at(-1) ?? "";
  const report = join(scratch, `${name}.json`);
  // Two shared cores: CI runs a failed test once more, and the report names it. At a desk nothing is run twice.
  const retry = process.env.CI === "true" ? ["--retry=1"] : [];
  // Of the plugin's files none counts; of the end-to-end tests the processes of their stack do.
  const isCounted = filters.length === 0 && name === "unit";
  const coverage = isCounted ? ["--coverage", `--coverage.reportsDirectory=${join(scratch, name)}`] : [];
  const child = spawn(
    join(root, "node_modules/.bin/vitest"),
    [
      "run",
      ...projects.flatMap((project) => ["--project", project]),
      "--passWithNoTests",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...retry,
      ...coverage,
      ...filters,
    ],
    // The processes of the end-to-end stack write their own coverage, which is added to that of the unit tests.
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, ROLLCALL_STACK_COVERAGE: filters.length > 0 ? "" : join(scratch, "processes") },
    },
  );
  const code = await new Promise<number>((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
  const found = JSON.parse(await readFile(report, "utf8").catch(() => "{}")) as Record<string, number>;
  totals.passed += found.numPassedTests ?? 0;
  totals.failed += found.numFailedTests ?? 0;
  totals.skipped += (found.numPendingTests ?? 0) + (found.numTodoTests ?? 0);
  // A file that does not load, or a failed set-up, fails no single test.
  if (code !== 0 && (found.numFailedTests ?? 0) === 0) totals.failed += 1;
}
