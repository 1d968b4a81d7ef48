import type { Ports } from "../command.ts";
import type { Report } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { figureFields } from "./figure-words.ts";
import { gatherReport, type Sources } from "./gather-report.ts";
import { tellHandover } from "./hand-over.ts";
import { parkedLines, waitingLines } from "./parked.ts";
import { reportChart } from "./report-chart.ts";
import { reportData } from "./report-data.ts";
import type { ReportKind } from "./report-period.ts";
import { tellSummary } from "./summary.ts";

/** What a report is made from; a hand-over looks at what is parked and what waits, too. */
export type ReportPorts = Sources &
  Pick<Ports, "maintenance" | "freezes" | "silences" | "askedSilences" | "requests" | "operations">;

/** A report in words, with its picture and its data. @throws Failure "unavailable" */
export async function makeReport(
  kind: ReportKind,
  ports: ReportPorts,
): Promise<Report & { readonly data: ReturnType<typeof reportData> }> {
  const found = await gatherReport(kind, ports);
  const chart = reportChart(found);
  const told = kind === "handover" ? tellHandover(found, await leftOver(ports)) : tellSummary(found, kind);
  return {
    ...told,
    ...{ fields: figureFields(found.measurement), actions: [lookAction("Who did what", "history", {})] },
    sameAs: `same as /fleet report ${kind}`,
    data: reportData(found),
    ...(chart === null ? {} : { picture: { chart, path: `/api/v1/reports/${kind}?format=png` } }),
  };
}

async function leftOver(ports: ReportPorts) {
  const [parked, waiting] = await Promise.all([parkedLines(ports), waitingLines(ports)]);
  return { parked, waiting };
}
