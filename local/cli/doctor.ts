import { join } from "node:path";
import { redact } from "@rollcall/core/secrets/redact.ts";
import { writeBundle } from "../doctor/bundle.ts";
import { checkGoogle } from "../doctor/check-google.ts";
import { checkAlertmanager, checkProcesses, checkPrometheus } from "../doctor/check-services.ts";
import { checkDisk, checkFiles, checkPorts, checkSettings } from "../doctor/check-settings.ts";
import { checkAppToken, checkSlack } from "../doctor/check-slack.ts";
import { checkPostgres, checkRedis } from "../doctor/check-stores.ts";
import type { Check, Finding } from "../doctor/finding.ts";
import { readSituation, type Situation } from "../doctor/situation.ts";
import { REPOSITORY, shownPath } from "../stack/layout.ts";

const CHECKS: readonly Check<Situation>[] = [
  ...[checkSettings, checkFiles, checkDisk, checkPorts, checkAppToken, checkProcesses],
  ...[checkRedis, checkPostgres, checkSlack, checkGoogle, checkPrometheus, checkAlertmanager],
];
const SIGNS = { fine: "✓", mend: "✗", skipped: "–" } as const;

/** `npm run doctor`. @returns 0 only if there is nothing to mend */
export async function run(
  args: readonly string[],
  { environment = process.env, envFile = join(REPOSITORY, ".env") } = {},
): Promise<number> {
  const unknown = args.find((arg) => arg !== "--bundle");
  if (unknown !== undefined) {
    console.error(`✗ Unknown option ${unknown}. Allowed: --bundle, --help.`);
    return 1;
  }
  const situation = readSituation(envFile, environment);
  const findings = (await Promise.all(CHECKS.map((check) => check(situation)))).flat();
  for (const line of findings.flatMap(linesOf)) console.log(redact(line, situation.secrets));
  if (args.includes("--bundle")) {
    const file = await writeBundle(situation, findings, process.cwd());
    console.log(`support bundle without secrets: ${shownPath(file)}`);
  }
  const count = (state: Finding["state"]): number => findings.filter((finding) => finding.state === state).length;
  const left = count("skipped") === 0 ? "" : `, ${count("skipped")} skipped`;
  console.log(`doctor: ${count("fine")} fine, ${count("mend")} to mend${left}`);
  return count("mend") === 0 ? 0 : 1;
}

function linesOf({ name, state, found, mend }: Finding): string[] {
  const line = `${SIGNS[state]} ${name}: ${found}`;
  return mend === undefined ? [line] : [line, `    → ${mend}`];
}
