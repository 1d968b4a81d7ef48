import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderTemplate } from "@rollcall/local/stack/render-template.ts";
import { type Child, startChild } from "@rollcall/local/tools/child.ts";
import { unpackDebianPackages } from "@rollcall/local/tools/debian-packages.ts";
import { findTool } from "@rollcall/local/tools/find-tool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { FakeFleet } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "remote-write-test";
const template = join(import.meta.dirname, "../../alerting/prometheus.yml");

let folder: string;
let fleet: FakeFleet;
let exporter: Exporter;
let children: Child[] = [];
const urls = { prometheus: "", victoria: "" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-remote-write-"));
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  await fleet.clear();
  await fleet.publish({ agents, topics });
  exporter = await startTestExporter(inject("redisUrl"), FLEET);
  await fleet.beat("billing");
  await eventually(exporter, (found) => expect(found.series("rollcall_fleet_agents_expected")).toHaveLength(1));
  const victoria = await startVictoriaMetrics();
  children = [victoria, await startPrometheus()];
  // The first run downloads 30 MB.
}, 180_000);
afterAll(async () => {
  for (const child of children) await child.stop();
  await exporter.stop();
  await fleet.clear();
  fleet.close();
  await rm(folder, { recursive: true, force: true });
});

/** Debian's package, unpacked and installed nowhere. */
async function startVictoriaMetrics(): Promise<Child> {
  const packageName = "victoria-metrics";
  const { bin } = await unpackDebianPackages([packageName], join(inject("toolsDir"), packageName));
  const address = `127.0.0.1:${await findFreePort()}`;
  urls.victoria = `http://${address}`;
  return startChild({
    ...{ name: packageName, path: join(bin, packageName), logFile: join(folder, "victoria.log") },
    args: [`-httpListenAddr=${address}`, `-storageDataPath=${join(folder, "victoria")}`, "-search.latencyOffset=0s"],
  });
}

/** With the shipped configuration, and the lines that docs/scale.md says. */
async function startPrometheus(): Promise<Child> {
  const tool = await findTool("prometheus", inject("toolsDir"));
  const address = `127.0.0.1:${await findFreePort()}`;
  urls.prometheus = `http://${address}`;
  const nobody = "127.0.0.1:1";
  const target = exporter.url.replace("http://", "");
  const targets = {
    EXPORTER_TARGET: target,
    CONTROL_TARGET: nobody,
    SUPERVISOR_TARGET: nobody,
    ALERTMANAGER_TARGET: nobody,
  };
  const shipped = renderTemplate(template, { ...targets, RULES_DIR: join(folder, "rules") });
  await mkdir(join(folder, "rules"));
  const file = join(folder, "prometheus.yml");
  await writeFile(file, `${shipped}\nremote_write:\n  - url: ${urls.victoria}/api/v1/write\n`);
  return startChild({
    ...{ name: "Prometheus", path: tool.path, env: tool.env, logFile: join(folder, "prometheus.log") },
    args: [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, "tsdb")}`, `--web.listen-address=${address}`],
  });
}

/** Series and values that a server answers with, in an order that does not matter. */
async function ask(url: string, query: string): Promise<string[]> {
  const address = `${url}/api/v1/query?query=${encodeURIComponent(query)}`;
  const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => JSON.stringify([Object.entries(metric).sort(), value[1]])).toSorted();
}

describe("Prometheus with the shipped configuration and remote_write to VictoriaMetrics", () => {
  test.each([
    ['rollcall_agent_rung{agent="billing"}', 1],
    ["rollcall_fleet_agents", 5],
    ["rollcall_bus_publish_to_handle_seconds_bucket", 32],
  ])("has the same series and values there: %s", { timeout: 60_000 }, async (query, count) => {
    await vi.waitFor(
      async () => {
        const [here, there] = await Promise.all([ask(urls.prometheus, query), ask(urls.victoria, query)]);
        expect(here).toHaveLength(count);
        expect(there).toEqual(here);
      },
      { timeout: 50_000, interval: 250 },
    );
  });
});
