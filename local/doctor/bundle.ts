import { execFile } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { arch, platform, release, tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { redact } from "@rollcall/core/secrets/redact.ts";
import { REPOSITORY } from "../stack/layout.ts";
import type { Finding } from "./finding.ts";
import type { Situation } from "./situation.ts";

const run = promisify(execFile);

/** Of each log its end: what went wrong last. */
const MOST_LOG_BYTES = 256 * 1024;

/**
 * Packs findings, versions, state, configuration and the ends of all logs; no secret that is known, nor what looks like one.
 * Files that are secrets as a whole are left out.
 * @returns path of the .tar.gz
 */
export async function writeBundle(situation: Situation, findings: readonly Finding[], into: string): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const name = `rollcall-support-${stamp}`;
  const scratch = mkdtempSync(join(tmpdir(), "rollcall-bundle-"));
  try {
    for (const [path, text] of contentsOf(situation, findings)) {
      const file = join(scratch, name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, redact(text, situation.secrets), { mode: 0o600 });
    }
    const target = join(into, `${name}.tar.gz`);
    await run("tar", ["-czf", target, "-C", scratch, name]);
    return target;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function contentsOf(
  { layout, settings, envFile, state, fleetFile }: Situation,
  findings: readonly Finding[],
): [path: string, text: string][] {
  const given = Object.keys(settings).filter((name) =>
    /^(ROLLCALL|SLACK|GOOGLE|PAGERDUTY|GRAFANA|ALERTMANAGER)_/.test(name),
  );
  return [
    ["findings.json", JSON.stringify(findings, null, 2)],
    ["versions.json", JSON.stringify(versions(), null, 2)],
    ["state.json", JSON.stringify(state, null, 2)],
    // Names only: what a setting holds may be a secret in the wrong place.
    [
      "settings.json",
      JSON.stringify({ envFile: existsSync(envFile), set: given.filter((name) => settings[name]).toSorted() }, null, 2),
    ],
    ...copies(fleetFile, "fleet.yaml"),
    ...["prometheus.yml", "alertmanager.yml"].flatMap((file) => copies(join(layout.config, file), `config/${file}`)),
    ...logFiles(layout.logs).flatMap((file) => copies(file, join("logs", relative(layout.logs, file)))),
  ];
}

function versions(): Record<string, unknown> {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
  return {
    rollcall: version,
    node: process.versions.node,
    system: `${platform()} ${release()} ${arch()}`,
    at: new Date().toISOString(),
  };
}

const copies = (file: string, path: string): [string, string][] => (existsSync(file) ? [[path, endOf(file)]] : []);

function logFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && basename(entry.name).includes(".log"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The last lines of a file, each whole: half a secret would not be known as one. */
function endOf(file: string): string {
  const { size } = statSync(file);
  if (size <= MOST_LOG_BYTES) return readFileSync(file, "utf8");
  const buffer = Buffer.alloc(MOST_LOG_BYTES);
  const handle = openSync(file, "r");
  readSync(handle, buffer, 0, MOST_LOG_BYTES, size - MOST_LOG_BYTES);
  closeSync(handle);
  const text = buffer.toString("utf8");
  return text.slice(text.indexOf("\n") + 1);
}
