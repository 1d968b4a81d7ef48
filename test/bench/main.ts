import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchStack, startBenchStack } from "./bench-stack.ts";
import { BENCHES, type Bench } from "./benches.ts";
import type { Figure } from "./figures.ts";
import { describeLoad, describeMachine, describeServers, describeSpeed, untilAtRest } from "./machine.ts";
import { renderPage, type Section } from "./page.ts";

const PAGE = "docs/benchmarks.md";
const root = join(import.meta.dirname, "../..");
const HELP = `npm run bench              every benchmark, about 10 minutes; writes ${PAGE}
npm run bench -- <name>    one or some of: ${BENCHES.map(({ name }) => name).join(", ")}; the other sections of the page stay

Most run against a whole stack of their own in a temporary folder, which is removed. Exit 0 if everything could be
measured, also where a target is missed: the page says by how much and why.`;

const names = process.argv.slice(2);
process.exitCode = await main();

async function main(): Promise<number> {
  if (names.includes("--help") || names.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(`✗ There is no ${unknown.join(", ")}. There are: ${BENCHES.map(({ name }) => name).join(", ")}.`);
    return 1;
  }
  const chosen = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));
  const begun = performance.now();
  const { figures, failed } = await measureAll(chosen);
  const missed = figures.filter((figure) => figure.missed !== null).length;
  const seconds = Math.round((performance.now() - begun) / 1000);
  const not = failed === 0 ? "" : `, ${failed} not measured`;
  console.log(`bench: ${figures.length} figures, ${missed} targets missed${not}, ${PAGE} written, ${seconds} s`);
  return failed === 0 ? 0 : 1;
}

async function measureAll(chosen: readonly Bench[]): Promise<{ figures: Figure[]; failed: number }> {
  console.log("a stack of its own starts …");
  const stack = await startBenchStack();
  const forget = (exitCode: number) => void stack.remove().then(() => process.exit(exitCode));
  process.once("SIGINT", () => forget(130)).once("SIGTERM", () => forget(130));
  process.once("uncaughtException", (error) => {
    console.error("✗ a bench broke:", error);
    forget(1);
  });
  const figures: Figure[] = [];
  let failed = 0;
  try {
    const servers = await describeServers({ redis: stack.redisUrl, database: stack.databaseUrl });
    for (const [index, bench] of chosen.entries()) {
      console.log(`${index + 1}/${chosen.length} ${bench.name} …`);
      try {
        const section = await measure(bench, stack, servers);
        write(section);
        figures.push(...section.figures);
      } catch (error) {
        failed += 1;
        console.error(`✗ ${bench.name}: ${(error as Error).message}`);
      }
    }
    return { figures, failed };
  } finally {
    await stack.remove();
  }
}

async function measure(
  { name, about, isAlone, measure: run }: Bench,
  stack: BenchStack,
  servers: string,
): Promise<Section> {
  await untilAtRest();
  const before = `${describeLoad()} before, ${await describeSpeed(stack.redisUrl)}`;
  if (isAlone) {
    await stack.remove();
    await untilAtRest();
  }
  const figures = await run(stack);
  for (const { what, measured, missed } of figures)
    console.log(`  ${what}: ${measured}${missed === null ? "" : `  ✗ ${missed}`}`);
  const command = `npm run bench${names.length === 0 ? "" : ` -- ${names.join(" ")}`}`;
  const date = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return { name, about, figures, origin: `${date}, \`${command}\`, ${before}; ${servers}.` };
}

function write(section: Section): void {
  const file = join(root, PAGE);
  const head = [
    "# Benchmarks",
    "",
    "`npm run bench` writes this page; all that a figure needs runs on one machine. With a load above the number of",
    "cores before a section, others worked on the machine at the same time (or the section before it did): processor times stay true,",
    "waiting times grow by as much as there is to wait for. What the machine could do just then stands below each section, to compare",
    "it with one of another day.",
    "",
    `Machine: ${describeMachine()}.`,
  ].join("\n");
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  writeFileSync(file, renderPage(before, { head, sections: [section], order: BENCHES.map(({ name }) => name) }));
}
