import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Finding, fine, mend, reasonOf, skipped } from "./finding.ts";
import type { Situation } from "./situation.ts";

const PATIENCE_MS = 4000;

type Json = Readonly<Record<string, unknown>>;

const ask = (port: number, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) });

/** The stack as a whole, its control service and its exporter. */
export async function checkProcesses({ state, isRunning, ports }: Situation): Promise<Finding[]> {
  if (!isRunning || state === null) return [skipped("stack", "does not run (npm start)")];
  const down = state.processes.filter((row) => row.state !== "running").map(({ name }) => name);
  const restless = state.processes.filter(({ restarts }) => restarts > 2).map(({ name }) => name);
  return [
    down.length === 0
      ? fine("stack", `${state.phase}, ${state.processes.length} processes beside the agents`)
      : mend("stack", `${down.join(", ")} not running`, "See npm run status and the log of each."),
    ...restless.map((name) => mend("stack", `${name} was started again and again`, "See its log for why it ends.")),
    await controlFinding(ports.control),
    await exporterFinding(ports.exporter),
  ];
}

async function controlFinding(port: number): Promise<Finding> {
  try {
    const response = await ask(port, "/ready");
    if (response.ok) return fine("control service", "ready");
    const why = (await response.text()).replaceAll(/\s+/g, " ").slice(0, 200);
    return mend("control service", `not ready: ${why}`, "Mend what it names.");
  } catch (error) {
    return mend("control service", `does not answer: ${reasonOf(error)}`, "See its log in the data folder.");
  }
}

async function exporterFinding(port: number): Promise<Finding> {
  try {
    const text = await (await ask(port, "/metrics")).text();
    const rungs = text.split("\nrollcall_agent_rung{").length - 1;
    if (rungs > 0) return fine("exporter", `measures ${rungs} agents`);
    return mend("exporter", "shows no agent", "See its log: it cannot read the bus, or the fleet is not published.");
  } catch (error) {
    return mend("exporter", `does not answer: ${reasonOf(error)}`, "See its log in the data folder.");
  }
}

/** The filled-in configuration fits the template's jobs and these ports, and Prometheus reaches its targets. */
export async function checkPrometheus({ layout, ports, isRunning }: Situation): Promise<Finding[]> {
  const targets = [ports.exporter, ports.control].map((port) => `127.0.0.1:${port}`);
  const written = checkConfig(layout.config, {
    file: "prometheus.yml",
    mustName: [...targets, `127.0.0.1:${ports.alertmanager}`],
  });
  if (!isRunning) return [written, skipped("Prometheus", "the stack does not run")];
  try {
    const { data } = (await (await ask(ports.prometheus, "/api/v1/targets?state=active")).json()) as {
      data: { activeTargets: { scrapeUrl: string; health: string; lastError: string }[] };
    };
    const sick = data.activeTargets.filter(({ health }) => health === "down");
    if (sick.length === 0) return [written, fine("Prometheus", `reaches ${data.activeTargets.length} targets`)];
    const which = sick.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`).join("; ");
    return [written, mend("Prometheus", `cannot scrape ${which}`, "Start what does not answer; see npm run status.")];
  } catch (error) {
    return [written, mend("Prometheus", `does not answer: ${reasonOf(error)}`, "See its log in the data folder.")];
  }
}

/** Its configuration, whether it took it, and whether Prometheus sends to it. */
export async function checkAlertmanager({ layout, ports, isRunning }: Situation): Promise<Finding[]> {
  const webhook = `http://127.0.0.1:${ports.control}/webhooks/alertmanager`;
  const written = checkConfig(layout.config, { file: "alertmanager.yml", mustName: [webhook] });
  if (!isRunning) return [written, skipped("Alertmanager", "the stack does not run")];
  try {
    const status = (await (await ask(ports.alertmanager, "/api/v2/status")).json()) as Json;
    const isTaken = String((status.config as Json | undefined)?.original).includes(webhook);
    const known = (await (await ask(ports.prometheus, "/api/v1/alertmanagers")).json()) as {
      data: { activeAlertmanagers: unknown[] };
    };
    if (!isTaken)
      return [
        written,
        mend(
          "Alertmanager",
          "sends elsewhere than to the control service",
          "npm stop and npm start write its configuration anew.",
        ),
      ];
    if (known.data.activeAlertmanagers.length === 0)
      return [
        written,
        mend("Alertmanager", "Prometheus knows of none", "npm stop and npm start write its configuration anew."),
      ];
    return [written, fine("Alertmanager", "sends to the control service, Prometheus sends to it")];
  } catch (error) {
    return [written, mend("Alertmanager", `does not answer: ${reasonOf(error)}`, "See its log in the data folder.")];
  }
}

function checkConfig(folder: string, { file, mustName }: { file: string; mustName: readonly string[] }): Finding {
  const path = join(folder, file);
  if (!existsSync(path)) return skipped(file, "written by the first start");
  const again = "npm stop and npm start write it anew.";
  const text = readFileSync(path, "utf8");
  try {
    parse(text);
  } catch (error) {
    return mend(file, `is no YAML: ${reasonOf(error)}`, again);
  }
  const hole = /\$\{[A-Z_]+\}/.exec(text.replaceAll(/^\s*#.*$/gm, ""))?.[0];
  if (hole !== undefined) return mend(file, `${hole} was not filled in`, again);
  const missing = mustName.filter((name) => !text.includes(name));
  if (missing.length > 0) return mend(file, `does not name ${missing.join(", ")}`, again);
  return fine(file, "filled in for these ports");
}
