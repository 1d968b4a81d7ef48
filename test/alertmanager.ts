import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertmanagerCommand } from "@rollcall/local/stack/alertmanager.ts";
import { type Child, startChild } from "@rollcall/local/tools/child.ts";
import { findTool } from "@rollcall/local/tools/find-tool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";

/** An alert as it was delivered: "AgentGone billing firing". */
export type Delivered = string;

export interface AlertmanagerUnderTest {
  readonly url: string;
  /** Each alert of each delivery, in the order in which they came. */
  readonly delivered: Delivered[];
  /** Lets alerts of an agent fire, or end, as Prometheus tells it. */
  tell(agent: string, alertname: string, state: "firing" | "resolved"): Promise<void>;
  stop(): Promise<void>;
}

const config = (receiver: string): string => `
route: { receiver: all, group_by: [alertname, agent], group_wait: 1s, group_interval: 1s, repeat_interval: 4h }
receivers:
  - name: all
    webhook_configs: [{ url: "${receiver}", send_resolved: true }]
`;

/** A real Alertmanager with intervals of a second, and somebody it delivers to. */
export async function startAlertmanager(toolsDir: string, fleet: string): Promise<AlertmanagerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-alertmanager-"));
  const delivered: Delivered[] = [];
  const receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      for (const { labels, status } of (JSON.parse(text) as Delivery).alerts)
        delivered.push(`${labels.alertname} ${labels.agent} ${status}`);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await writeFile(join(folder, "alertmanager.yml"), config(receiverUrl));
  const { url, child } = await launchAlertmanager(toolsDir, folder);
  return {
    url,
    delivered,
    tell: (agent, alertname, state) => tell(url, { fleet, agent, alertname, state }),
    async stop() {
      await child.stop();
      await new Promise((resolve) => receiver.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts an Alertmanager with the `alertmanager.yml` of a folder, in which it keeps its data too. */
export async function launchAlertmanager(toolsDir: string, folder: string): Promise<{ url: string; child: Child }> {
  const [tool, port] = await Promise.all([findTool("alertmanager", toolsDir), findFreePort()]);
  const command = alertmanagerCommand(tool, [
    `--config.file=${join(folder, "alertmanager.yml")}`,
    `--storage.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
  ]);
  const child = startChild({ name: "Alertmanager", ...command, env: tool.env, logFile: join(folder, "log") });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url);
  return { url, child };
}

interface Delivery {
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>>; readonly status: string }[];
}

async function tell(
  url: string,
  { state, ...labels }: { fleet: string; agent: string; alertname: string; state: "firing" | "resolved" },
): Promise<void> {
  const now = Date.now();
  const endsAt = new Date(state === "firing" ? now + 3_600_000 : now).toISOString();
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ labels, startsAt: new Date(now - 60_000).toISOString(), endsAt }]),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`Alertmanager refused an alert: ${response.status}`);
}

async function untilReady(url: string): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const isReady = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) })
      .then(({ ok }) => ok)
      .catch(() => false);
    if (isReady) return;
    if (performance.now() > until) throw new Error("Alertmanager did not become ready within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
