import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { COUNTED, checkCoverage } from "./coverage.ts";

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
  const run = (projects: readonly string[], isAside = false) =>
    runProjects({ root, scratch, projects, filters, totals, isAside });
  // Those that wait leave the cores to those that work; the stack of the last ones has both cores to itself.
  await Promise.all([run(["core", "unit"]), run(["waiting"], true).then(() => run(["plugin"], true))]);
  await run(["end-to-end"]);
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
  /** Something else is on the screen meanwhile: it is told when it is over. */
  readonly isAside: boolean;
}

async function runProjects(run: ProjectsRun): Promise<void> {
  const { root, scratch, filters, totals, isAside } = run;
  const report = reportOf(run);
  const child = spawn(join(root, "node_modules/.bin/vitest"), argumentsOf(run), {
    cwd: root,
    stdio: isAside ? "pipe" : "inherit",
    // The processes of the end-to-end stack write their own coverage, which is added to that of the unit tests.
    env: { ...process.env, ROLLCALL_STACK_COVERAGE: filters.length > 0 ? "" : join(scratch, "processes") },
  });
  const code = await endOf(child);
  const found = JSON.parse(await readFile(report, "utf8").catch(() => "{}")) as Record<string, number>;
  totals.passed += found.numPassedTests ?? 0;
  totals.failed += found.numFailedTests ?? 0;
  totals.skipped += (found.numPendingTests ?? 0) + (found.numTodoTests ?? 0);
  // A file that does not load, or a failed set-up, fails no single test.
  if (code !== 0 && (found.numFailedTests ?? 0) === 0) totals.failed += 1;
}

/** A run is called as its last project. */
const nameOf = ({ projects }: ProjectsRun): string => projects.at(-1) ?? "";
const reportOf = (run: ProjectsRun): string => join(run.scratch, `${nameOf(run)}.json`);

function argumentsOf(run: ProjectsRun): string[] {
  const { scratch, projects, filters } = run;
  const name = nameOf(run);
  // Two shared cores: CI runs a failed test once more, and the report names it. At a desk nothing is run twice.
  const retry = process.env.CI === "true" ? ["--retry=1"] : [];
  // Of the plugin's files none counts; of the end-to-end tests the processes of their stack do.
  const isCounted = filters.length === 0 && COUNTED.includes(name);
  return [
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    ...["--passWithNoTests", "--reporter=default", "--reporter=json", `--outputFile.json=${reportOf(run)}`],
    ...retry,
    ...(isCounted ? ["--coverage", `--coverage.reportsDirectory=${join(scratch, name)}`] : []),
    ...filters,
  ];
}

/** What it says that is not on the screen already is shown at its end. @returns its exit code */
async function endOf(child: ChildProcess): Promise<number> {
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (part: Buffer) => {
      said += part.toString();
    });
  const code = await new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? 1)));
  process.stdout.write(said);
  return code;
}
