import { z } from "zod";
import { defineCommand, type Ports } from "../command.ts";
import { lookAction } from "../fleet-report.ts";
import { figureFields } from "../reports/figure-words.ts";
import { type Gathered, gatherReport } from "../reports/gather-report.ts";
import { tellHandover } from "../reports/hand-over.ts";
import { parkedLines, waitingLines } from "../reports/parked.ts";
import { reportChart } from "../reports/report-chart.ts";
import { reportData } from "../reports/report-data.ts";
import { REPORT_KINDS, type ReportKind } from "../reports/report-period.ts";
import { tellSummary } from "../reports/summary.ts";

const input = z.strictObject({
  kind: z.enum(REPORT_KINDS).optional().describe("daily, weekly, monthly, or handover"),
});

const ABOUT: Readonly<Record<ReportKind, string>> = {
  daily: "the last 24 hours",
  weekly: "the last 7 days",
  monthly: "the last 30 days",
  handover: "since 08:30, to be pasted: what rang, who did what, what is parked, minutes awake",
};

export default defineCommand({
  name: "report",
  aliases: [],
  kind: "read",
  summary: "Show a day, a week, a month or a hand-over: alerts, work, what is parked",
  role: "viewer",
  danger: 0,
  input,
  words: ["kind"],
  examples: ["report daily", "report weekly", "report monthly", "report handover"],
  async run(raw, { ports }) {
    const { kind } = input.parse(raw);
    if (kind === undefined) return CHOICE;
    const found = await gatherReport(kind, ports);
    const chart = reportChart(found);
    const told = kind === "handover" ? await handOver(found, ports) : tellSummary(found, kind);
    return {
      ...told,
      ...{ fields: figureFields(found.measurement), actions: [lookAction("Who did what", "history", {})] },
      sameAs: `same as /fleet report ${kind}`,
      data: reportData(found),
      ...(chart === null ? {} : { picture: { chart, path: `/api/v1/reports/${kind}?format=png` } }),
    };
  },
});

const CHOICE = {
  headline: "*Which report?*",
  context: null,
  lines: REPORT_KINDS.map((kind) => `*report ${kind}* — ${ABOUT[kind]}`),
  ...{ fields: [], sameAs: null, data: { kinds: REPORT_KINDS } },
  actions: REPORT_KINDS.map((kind) => lookAction(kind, "report", { kind })),
};

async function handOver(found: Gathered, ports: Ports) {
  const [parked, waiting] = await Promise.all([parkedLines(ports), waitingLines(ports)]);
  return tellHandover(found, { parked, waiting });
}
