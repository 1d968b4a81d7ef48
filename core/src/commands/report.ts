import { z } from "zod";
import { defineCommand } from "../command.ts";
import { lookAction } from "../fleet-report.ts";
import { makeReport } from "../reports/make-report.ts";
import { REPORT_KINDS, type ReportKind } from "../reports/report-period.ts";

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
    return kind === undefined ? CHOICE : await makeReport(kind, ports);
  },
});

const CHOICE = {
  headline: "*Which report?*",
  context: null,
  lines: REPORT_KINDS.map((kind) => `*report ${kind}* — ${ABOUT[kind]}`),
  ...{ fields: [], sameAs: null, data: { kinds: REPORT_KINDS } },
  actions: REPORT_KINDS.map((kind) => lookAction(kind, "report", { kind })),
};
