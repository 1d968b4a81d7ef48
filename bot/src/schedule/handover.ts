import type { Publications } from "@rollcall/core/ports/publications.ts";
import { makeReport, type ReportPorts } from "@rollcall/core/reports/make-report.ts";
import { handoverDue } from "@rollcall/core/reports/report-period.ts";
import { handoverKey } from "../slack/handover-draft.ts";

/**
 * Wants the hand-over told once it is 08:30, within a quarter of an hour; told once however many control services there
 * are, for it is one row. It is made here first: what is slow to read is known when its turn in Slack comes.
 * @throws Failure "unavailable"
 */
export async function tellHandoverWhenDue(ports: ReportPorts, publications: Publications): Promise<void> {
  const at = handoverDue(ports.clock.now(), ports.zone ?? "UTC");
  if (at === null || (await publications.find(handoverKey(at))) !== null) return;
  await makeReport("handover", { ...ports, clock: { now: () => at } });
  await publications.want(handoverKey(at), 1);
}
