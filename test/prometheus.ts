import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startChild } from "@rollcall/local/tools/child.ts";
import { findTool } from "@rollcall/local/tools/find-tool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";

/** One series: its name, its labels, and its values, one per step; null: not measured then. */
export interface History {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
}

export interface PrometheusUnderTest {
  readonly url: string;
  stop(): Promise<void>;
}

/** A real Prometheus that remembers a history, as if it had measured it: no test has to wait an hour for it. */
export async function startPrometheus(
  toolsDir: string,
  past: { readonly from: number; readonly stepSeconds: number; readonly series: readonly History[] },
): Promise<PrometheusUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-prometheus-"));
  const [server, promtool] = await Promise.all([findTool("prometheus", toolsDir), findTool("promtool", toolsDir)]);
  const tsdb = join(folder, "tsdb");
  await writeFile(join(folder, "past.txt"), textOf(past));
  await promisify(execFile)(
    promtool.path,
    ["tsdb", "create-blocks-from", "openmetrics", join(folder, "past.txt"), tsdb],
    { env: { ...process.env, ...promtool.env }, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 },
  );
  await writeFile(join(folder, "prometheus.yml"), "global: { scrape_interval: 1h }\n");
  const port = await findFreePort();
  const child = startChild({
    name: "Prometheus",
    path: server.path,
    args: [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${tsdb}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    env: server.env,
    logFile: join(folder, "log"),
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url);
  return {
    url,
    async stop() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function textOf({
  from,
  stepSeconds,
  series,
}: {
  readonly from: number;
  readonly stepSeconds: number;
  readonly series: readonly History[];
}): string {
  const lines = series.flatMap(({ name, labels = {}, values }) => {
    const shown = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    return values.flatMap((value, step) =>
      value === null ? [] : [`${name}{${shown.join(",")}} ${value} ${from / 1000 + step * stepSeconds}`],
    );
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

async function untilReady(url: string): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const isReady = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) })
      .then(({ ok }) => ok)
      .catch(() => false);
    if (isReady) return;
    if (performance.now() > until) throw new Error("Prometheus did not become ready within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
