import type { Stack } from "../stack.ts";
import { shownPath } from "./layout.ts";

/** Addresses of a ready stack and three things to try, as lines for a person. */
export function readyLines({ addresses, layout }: Stack, seconds: number): string[] {
  const { slack, google, pagerduty, grafana } = addresses;
  const cells: [string, string][] = [
    [slack === null ? "Slack" : "Slack, stand-in", slack ?? "the workspace of your token"],
    ["Control service, API", `${addresses.control}/docs`],
    ["Prometheus", addresses.prometheus],
    [google === null ? "Google" : "Google, stand-in", google ?? "the Workspace of your account"],
    [pagerduty === null ? "PagerDuty" : "PagerDuty, stand-in", pagerduty ?? "the service of your key"],
    [grafana === null ? "Grafana" : "Grafana, stand-in", grafana ?? "the one of your settings"],
    ["Exporter", `${addresses.exporter}/metrics`],
    ["Alertmanager", addresses.alertmanager],
    ["Logs", shownPath(layout.logs)],
  ];
  return [
    `Ready in ${Math.round(seconds)} s. Only this machine can reach these addresses.`,
    ...inColumns(cells, 3),
    ...thingsToTry(slack),
  ];
}

function inColumns(cells: readonly [string, string][], columns: number): string[] {
  const widths = Array.from({ length: columns }, (_, column) => {
    const own = cells.filter((_, index) => index % columns === column);
    return [0, 1].map((part) => Math.max(...own.map((cell) => (cell[part] as string).length)));
  });
  const rows: string[] = [];
  for (let first = 0; first < cells.length; first += columns) {
    const row = cells.slice(first, first + columns).map(([name, value], column) => {
      const [nameWidth = 0, valueWidth = 0] = widths[column] as number[];
      return `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}`;
    });
    rows.push(`  ${row.join("   ").trimEnd()}`);
  }
  return rows;
}

function thingsToTry(slack: string | null): string[] {
  const open = slack === null ? "in Slack, type" : `open ${slack}, type`;
  const things: [string, string][] = [
    [`${open}  /fleet roll-call`, "22 agents prove that they work"],
    [
      "type  /fleet drill hang order-validator",
      'within a minute a card says "alive but not consuming": press Restart, watch five stages',
    ],
    [
      'type  /fleet restart @content, then be "Second admin"',
      "a plan, a second person, and the refusal if you approve your own",
    ],
  ];
  const width = Math.max(...things.map(([what]) => what.length));
  return things.map(
    ([what, result], index) => `${index === 0 ? "Try:" : "    "}  ${index + 1}  ${what.padEnd(width)}   ${result}`,
  );
}
