import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics, type Metrics } from "../bot/src/metrics/metrics.ts";
import { loadFamilies } from "../exporter/src/registry.ts";
import { createSupervisorMetrics } from "../local/supervisor/metrics.ts";

const PAGE = join(import.meta.dirname, "../docs/metrics.md");
const ALIASES = join(import.meta.dirname, "../alerting/rules/aliases.rules.yml");

/** A metric family as the page shows it. */
interface Row {
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly help: string;
  readonly isDetailed: boolean;
}

const HEAD = `# Metrics

What each process publishes under its \`/metrics\`, and what it means. \`npm run metrics-page\` writes this page out of the code.

- Units are in the names: \`_seconds\`, \`_bytes\`; \`_total\` only ever grows, and begins at 0 with the process that counts.
- What is not measured is absent, never 0; its age stands beside it (\`rollcall_exporter_snapshot_age_seconds\`, \`_timestamp_seconds\`).
- Agents have no \`/metrics\` of their own: their heartbeats tell (docs/protocol.md), and the exporter publishes it.
- Families marked *detailed* are shown of every agent of a fleet up to \`ROLLCALL_EXPORTER_DETAILED_AGENTS\`, of a larger one only of those in most need.
- An agent's own counts (CPU, bytes, calls, deliveries) begin at 0 with each start of it, as \`rate()\` expects. Totals of tasks and the histograms go on over
  its starts, since the exporter began.
- Percentiles: \`histogram_quantile(0.95, sum by (le) (rate(rollcall_bus_publish_to_done_seconds_bucket[5m])))\`. The buckets of the four ways of an event
  (publish → deliver → handle → done) are 19 % wide, so a percentile is wrong by less than 19 %, for times from half a millisecond to two minutes. By topic there is
  \`rollcall_bus_publish_to_handle_seconds\`, whose wider buckets are wrong by up to a factor of 2.5.
- Asked for OpenMetrics (\`Accept: application/openmetrics-text\`), the exporter adds examples with trace ids to those buckets, and the control service to all its
  histograms; Prometheus keeps them with \`--enable-feature=exemplar-storage\`. Above 10,000 series the exporter answers in the text format all the same: no example
  is worth a slow scrape.
`;

const SUPERVISOR = `The processes that it keeps, if it is used. \`npm start\` shows them on port 9465 of this machine, Compose on that of the container \`fleet\`
(\`ROLLCALL_SUPERVISOR_METRICS_PORT\`); nothing but \`GET /metrics\` is answered there. Counts begin at 0 with each start of the supervisor.`;

/** The text of the page, out of the code. */
export async function renderMetricsPage(): Promise<string> {
  const exporter = (await loadFamilies()).map(({ name, value, labels, help, rows, detailed }) => ({
    ...{ name, kind: value.kind, labels, help },
    isDetailed: detailed === true || rows?.detailed === true,
  }));
  const control = await rowsOf(createMetrics({ version: "0" }).registry);
  const supervisor = await rowsOf(createSupervisorMetrics({ version: "0" }).registry);
  return [
    HEAD,
    section("Exporter", "Fleet and bus, and the exporter itself.", exporter),
    "Beside them `rollcall_exporter_process_…` and `rollcall_exporter_nodejs_…`: CPU, memory, event loop and garbage collection of the process.\n",
    section("Control service", "Commands, HTTP, database, directory, audit log, alerts, Slack.", control),
    "Beside them `process_…` and `nodejs_…`: CPU, memory, event loop and garbage collection of the process.\n",
    section("Built-in supervisor", SUPERVISOR, supervisor),
    "Beside them `rollcall_supervisor_process_…` and `rollcall_supervisor_nodejs_…`, as of the exporter.\n",
    aliasSection(),
  ].join("\n");
}

const PROCESS_METRIC = /^rollcall_supervisor_(process|nodejs)_/;

/** The families of a prom-client registry, without those of the process. */
async function rowsOf(registry: Metrics["registry"]): Promise<Row[]> {
  const known = await registry.getMetricsAsJSON();
  return known
    .filter(({ name }) => name.startsWith("rollcall_") && !PROCESS_METRIC.test(name))
    .map(({ name, type, help }) => {
      const { labelNames = [] }: Declared = registry.getSingleMetric(name) as object;
      return { name, kind: String(type), help, labels: labelNames, isDetailed: false };
    });
}

interface Declared {
  readonly labelNames?: readonly string[];
}

function section(title: string, about: string, rows: readonly Row[]): string {
  const lines = rows
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, kind, labels, help, isDetailed }) =>
        `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${help.replaceAll("|", "\\|")}${isDetailed ? " (*detailed*)" : ""} |`,
    );
  return [`## ${title}`, "", about, "", "| Name | Type | Labels | Meaning |", "|---|---|---|---|", ...lines, ""].join(
    "\n",
  );
}

/** What others know our metrics by. */
function aliasSection(): string {
  const rules = [...readFileSync(ALIASES, "utf8").matchAll(/- record: (\S+)\n\s+expr: (.+)/g)];
  return [
    "## Other names",
    "",
    "Names that are usual elsewhere are recorded by `alerting/rules/aliases.rules.yml`. Names of business figures (`active_trials_total`, `goals_created_total`,",
    "`goals_executed_total`, `customer_signups_total`) are given by whoever counts them.",
    "",
    "| Name | Is |",
    "|---|---|",
    ...rules.map(([, name, expression]) => `| \`${name}\` | \`${expression}\` |`),
    "",
  ].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, await renderMetricsPage());
