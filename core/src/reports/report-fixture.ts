import { lookAt } from "../command-fixture.ts";
import type { MeasuredPeriod, PeriodFigures } from "../domain/period-figures.ts";
import { OPERATOR } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { PastAlert, PastOperation, PeriodRecords } from "../ports/period-records.ts";

const FIGURES: PeriodFigures = {
  ...{ coveredSeconds: 86_000, working: 0.99623, handled: 345_000, failed: 345, p95Seconds: 0.038, deadLetters: 3 },
  lowest: [{ agent: "order-validator", working: 0.982 }],
};
const MEASURED: MeasuredPeriod = {
  ...{ figures: FIGURES, from: 1_799_913_600_000, to: 1_800_000_000_000 },
  before: { ...FIGURES, working: 0.999, handled: null, failed: null, p95Seconds: null },
  panels: [{ title: "Events", unit: "per second", thresholds: [], lines: [{ name: "handled", points: [] }] }],
};

/** A fleet in memory with a past in memory; the moment of a report is `fleet.now`. */
export class ReportStage {
  readonly fleet = new FakeFleet("billing", "image-creator");
  alerts: readonly PastAlert[] = [];
  operations: readonly PastOperation[] = [];
  restarts: Awaited<ReturnType<PeriodRecords["restarts"]>> = [];
  refusals: Awaited<ReturnType<PeriodRecords["refusals"]>> = [];

  constructor() {
    const records: PeriodRecords = {
      alerts: async ({ to }) => {
        const rows = this.alerts.filter(({ openedAt }) => openedAt < to);
        return { rows, total: rows.length };
      },
      operations: async () => ({ rows: this.operations, total: this.operations.length }),
      restarts: async () => this.restarts,
      refusals: async () => this.refusals,
    };
    Object.assign(this.fleet.ports, { records });
  }

  /** Prometheus has measured, from now on. */
  measures(more: Partial<PeriodFigures> = {}): void {
    const measured = { ...MEASURED, figures: { ...FIGURES, ...more } };
    Object.assign(this.fleet.ports, { figures: { period: async () => measured } });
  }

  /** @param kind none: the word without one */
  report(kind?: string) {
    return lookAt(this.fleet, { name: "report", input: kind === undefined ? {} : { kind } });
  }

  anAlert(more: Partial<PastAlert> = {}): PastAlert {
    const { now } = this.fleet;
    return {
      ...{ id: "inc-7", alertname: "AgentNotWorking", criticality: "P1", agents: ["order-validator"] },
      ...{ openedAt: now - 600_000, resolvedAt: now - 559_000 },
      ...{ acknowledgedBy: { id: OPERATOR.id, name: "as it was" }, acknowledgedAt: now - 581_000 },
      ...more,
    };
  }

  anOperation(more: Partial<PastOperation> = {}): PastOperation {
    const { now } = this.fleet;
    return {
      ...{ id: "op-487", command: "restart", ending: "recovered", agents: ["order-validator"], agentCount: 1 },
      ...{ actor: { id: OPERATOR.id, name: "as it was" }, createdAt: now - 580_000 },
      ...{ startedAt: now - 580_000, endedAt: now - 561_000 },
      ...more,
    };
  }
}
