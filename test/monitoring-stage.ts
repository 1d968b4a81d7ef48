import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertmanagerCommand } from "@rollcall/local/stack/alertmanager.ts";
import { renderInto, renderRules } from "@rollcall/local/stack/render-template.ts";
import { type Child, startChild } from "@rollcall/local/tools/child.ts";
import { findTool, type Tool } from "@rollcall/local/tools/find-tool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";

/** One alert as Alertmanager tells it to a webhook. */
export interface ToldAlert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
}

/** What came to the webhook, and when by the clock of this machine. */
export interface Told {
  readonly at: number;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly ToldAlert[];
}

interface StageOptions {
  readonly toolsDir: string;
  /** Every interval of the shipped configuration at a second. */
  readonly quick: boolean;
}

const SHIPPED = join(import.meta.dirname, "../alerting");

/** A real Prometheus and a real Alertmanager with the shipped rules and configuration, and whoever they tell. */
export class MonitoringStage {
  readonly told: Told[] = [];
  readonly ports = { exporter: 0, control: 0, prometheus: 0, alertmanager: 0, receiver: 0 };
  readonly #folder = mkdtempSync(join(tmpdir(), "rollcall-monitoring-"));
  readonly #options: StageOptions;
  readonly #running = new Map<"prometheus" | "alertmanager", Child>();
  #receiver: Server | null = null;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  get alertmanagerUrl(): string {
    return `http://127.0.0.1:${this.ports.alertmanager}`;
  }

  /** Starts both, and the receiver; resolves when they are ready. */
  async open(): Promise<void> {
    for (const name of Object.keys(this.ports) as (keyof MonitoringStage["ports"])[])
      this.ports[name] = await findFreePort();
    this.#writeConfig();
    await this.#receive();
    await Promise.all([this.start("alertmanager"), this.start("prometheus")]);
  }

  async start(name: "prometheus" | "alertmanager"): Promise<void> {
    const tool = await findTool(name, this.#options.toolsDir);
    const command = name === "prometheus" ? this.#prometheus(tool) : this.#alertmanager(tool);
    const logFile = join(this.#folder, `${name}.log`);
    this.#running.set(name, startChild({ name, ...command, env: tool.env, cwd: this.#folder, logFile }));
    await this.#untilReady(this.ports[name]);
  }

  async stop(name: "prometheus" | "alertmanager"): Promise<void> {
    await this.#running.get(name)?.stop();
    this.#running.delete(name);
  }

  async close(): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.stop(name);
    this.#receiver?.closeAllConnections();
    await new Promise((resolve) => this.#receiver?.close(resolve) ?? resolve(null));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Values that a query finds now. */
  async query(expression: string): Promise<number[]> {
    const url = `http://127.0.0.1:${this.ports.prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.map(({ value }) => Number(value[1]));
  }

  /** How many alerts Prometheus has given to Alertmanager. */
  async sentByPrometheus(): Promise<number> {
    const url = `http://127.0.0.1:${this.ports.prometheus}/metrics`;
    const text = await (await fetch(url, { signal: AbortSignal.timeout(2000) })).text();
    const counts = text.matchAll(/^prometheus_notifications_sent_total\{.*\} (\S+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** What Alertmanager holds of an agent. */
  async heldOf(agent: string): Promise<{ labels: Record<string, string>; endsAt: string }[]> {
    const url = `${this.alertmanagerUrl}/api/v2/alerts?filter=agent%3D${agent}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return (await response.json()) as Awaited<ReturnType<MonitoringStage["heldOf"]>>;
  }

  /** What was told of an agent, in order. */
  toldOf(agent: string): Told[] {
    return this.told.filter(({ alerts }) => alerts.some(({ labels }) => labels.agent === agent));
  }

  #prometheus(tool: Tool) {
    const args = [
      `--config.file=${join(this.#folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(this.#folder, "prometheus")}`,
      `--web.listen-address=127.0.0.1:${this.ports.prometheus}`,
      "--enable-feature=exemplar-storage",
    ];
    return { path: tool.path, args };
  }

  #alertmanager(tool: Tool) {
    return alertmanagerCommand(tool, [
      `--config.file=${join(this.#folder, "alertmanager.yml")}`,
      `--storage.path=${join(this.#folder, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${this.ports.alertmanager}`,
      "--cluster.listen-address=",
    ]);
  }

  #writeConfig(): void {
    const rules = join(this.#folder, "rules");
    mkdirSync(rules);
    const secret = join(this.#folder, "secret");
    writeFileSync(secret, "0123456789abcdef0123456789abcdef");
    const receiver = `http://127.0.0.1:${this.ports.receiver}`;
    const values = {
      EXPORTER_TARGET: `127.0.0.1:${this.ports.exporter}`,
      CONTROL_TARGET: `127.0.0.1:${this.ports.control}`,
      SUPERVISOR_TARGET: `127.0.0.1:${this.ports.receiver}`,
      ALERTMANAGER_TARGET: `127.0.0.1:${this.ports.alertmanager}`,
      ...{
        RULES_DIR: rules,
        RUNBOOK_URL: "http://127.0.0.1/runbooks",
        EXTERNAL_URL: "http://127.0.0.1",
        GRAFANA_APP_URL: "http://127.0.0.1/a/rollcall-fleet-app",
      },
      ...{ WEBHOOK_URL: `${receiver}/webhook`, PAGERDUTY_URL: `${receiver}/pagerduty` },
      ...{ WEBHOOK_TOKEN_FILE: secret, PAGERDUTY_ROUTING_KEY_FILE: secret },
    };
    renderRules(join(SHIPPED, "rules"), rules, values);
    const files = readdirSync(rules).map((file) => join(rules, file));
    for (const file of ["prometheus.yml", "alertmanager.yml"])
      files.push(renderInto(this.#folder, join(SHIPPED, file), values));
    if (!this.#options.quick) return;
    const pace = /^(\s*(?:scrape_\w+|evaluation_interval|for|group_wait|group_interval): )\d+s$/gm;
    for (const file of files) writeFileSync(file, readFileSync(file, "utf8").replaceAll(pace, "$11s"));
  }

  async #receive(): Promise<void> {
    const receiver = createServer((request, response) => {
      void this.#take(request).then(() =>
        response.writeHead(request.url === "/pagerduty" ? 202 : 200, { "content-type": "application/json" }).end("{}"),
      );
    });
    this.#receiver = receiver;
    await new Promise<void>((resolve) => receiver.listen(this.ports.receiver, "127.0.0.1", resolve));
  }

  async #take(request: IncomingMessage): Promise<void> {
    const at = Date.now();
    let text = "";
    for await (const piece of request) text += piece;
    if (request.url === "/webhook") this.told.push({ ...(JSON.parse(text) as Omit<Told, "at">), at });
  }

  async #untilReady(port: number): Promise<void> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const isReady = await fetch(`http://127.0.0.1:${port}/-/ready`, { signal: AbortSignal.timeout(2000) })
        .then(({ ok }) => ok)
        .catch(() => false);
      if (isReady) return;
      if (performance.now() > deadline) throw new Error(`nothing is ready at port ${port} within 60 s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
