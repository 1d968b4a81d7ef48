import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../tools/child.ts";
import type { Tool } from "../tools/find-tool.ts";
import { alertmanagerCommand } from "./alertmanager.ts";
import { markOf, type StackContext } from "./context.ts";
import type { KeptProcess } from "./keeper.ts";
import { REPOSITORY } from "./layout.ts";
import { grafanaAppUrl, logFileOf, pagerdutyRoutingKey, pagerdutyUrl, runbookUrl } from "./programs.ts";
import { renderInto, renderRules } from "./render-template.ts";

/** Fills in the shipped configuration of Prometheus and Alertmanager for this stack. */
export function writeMonitoringConfig(context: StackContext): void {
  const { layout, ports, secrets } = context;
  const webhookToken = join(layout.config, "webhook-token");
  const routingKey = join(layout.config, "pagerduty-routing-key");
  writeFileSync(webhookToken, secrets.alertmanagerToken, { mode: 0o600 });
  writeFileSync(routingKey, pagerdutyRoutingKey(context), { mode: 0o600 });
  const rules = join(layout.config, "rules");
  const values = {
    EXPORTER_TARGET: `127.0.0.1:${ports.exporter}`,
    CONTROL_TARGET: `127.0.0.1:${ports.control}`,
    SUPERVISOR_TARGET: `127.0.0.1:${ports.supervisor}`,
    ALERTMANAGER_TARGET: `127.0.0.1:${ports.alertmanager}`,
    WEBHOOK_URL: `http://127.0.0.1:${ports.control}/webhooks/alertmanager`,
    WEBHOOK_TOKEN_FILE: webhookToken,
    PAGERDUTY_URL: pagerdutyUrl(context),
    PAGERDUTY_ROUTING_KEY_FILE: routingKey,
    EXTERNAL_URL: `http://127.0.0.1:${ports.control}`,
    GRAFANA_APP_URL: grafanaAppUrl(context),
    RUNBOOK_URL: runbookUrl(context),
    RULES_DIR: rules,
  };
  const shipped = join(REPOSITORY, "alerting");
  renderInto(layout.config, join(shipped, "prometheus.yml"), values);
  renderInto(layout.config, join(shipped, "alertmanager.yml"), values);
  renderRules(join(shipped, "rules"), rules, values);
}

export function prometheusProcess(context: StackContext, tool: Tool): KeptProcess {
  const { layout, ports } = context;
  return startsWith(context, { name: "Prometheus", port: ports.prometheus, tool }, () => ({
    path: tool.path,
    args: [
      `--config.file=${join(layout.config, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(layout.root, "prometheus")}`,
      // A machine of one person: two days show the last night, and 1 GB is where it ends at the latest.
      "--storage.tsdb.retention.time=2d",
      "--storage.tsdb.retention.size=1GB",
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      "--web.enable-lifecycle",
      // Examples with trace ids, which exporter and control service show with their histograms.
      "--enable-feature=exemplar-storage",
    ],
  }));
}

export function alertmanagerProcess(context: StackContext, tool: Tool): KeptProcess {
  const { layout, ports } = context;
  return startsWith(context, { name: "Alertmanager", port: ports.alertmanager, tool }, () =>
    alertmanagerCommand(tool, [
      `--config.file=${join(layout.config, "alertmanager.yml")}`,
      `--storage.path=${join(layout.root, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      // Empty: no cluster port is opened.
      "--cluster.listen-address=",
    ]),
  );
}

interface Server {
  readonly name: "Prometheus" | "Alertmanager";
  readonly port: number;
  readonly tool: Tool;
}

function startsWith(
  context: StackContext,
  { name, port, tool }: Server,
  command: () => { path: string; args: readonly string[] },
): KeptProcess {
  return {
    name,
    port,
    start: async () =>
      startChild({
        name,
        ...command(),
        cwd: context.layout.root,
        env: { ...tool.env, ...markOf(context) },
        ownGroup: true,
        logFile: logFileOf(context, name),
      }),
  };
}
