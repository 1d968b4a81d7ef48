import type { Exemplar } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import {
  FIRST_STAGE_BUCKET,
  LAST_STAGE_BUCKET,
  STAGES,
  type Stage,
  type StageTotals as StageReport,
  stageBucketOf,
} from "@rollcall/core/protocol/figures.ts";
import type { Heartbeat } from "@rollcall/core/protocol.ts";

/** How long the events of the whole fleet took on one way. */
export interface StageView {
  /** One count per bucket, not summed up; the last is +Inf. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
  /** By bucket: the newest event of a trace that agents told of. */
  readonly exemplars: readonly (Exemplar | null)[];
}

interface Totals {
  readonly counts: number[];
  sumSeconds: number;
  readonly exemplars: (Exemplar | null)[];
}

type Reports = Readonly<Partial<Record<Stage, StageReport>>>;

const BUCKETS = LAST_STAGE_BUCKET - FIRST_STAGE_BUCKET + 1;

/** Adds up by differences what agents tell of their stages, as `EpochTotals` does with their tasks. */
export class StageTotals {
  readonly #agents = new Map<string, { readonly epoch: number; readonly counter: number; readonly stages: Reports }>();
  readonly #totals: Readonly<Record<Stage, Totals>> = {
    ...{ deliver: newTotals(), wait: newTotals(), handle: newTotals(), total: newTotals() },
  };
  readonly #beganAt: number;

  /** @param beganAt Redis time in ms of the exporter's first reading */
  constructor(beganAt: number) {
    this.#beganAt = beganAt;
  }

  add({ agent, epoch, counter, startedAt, figures }: Heartbeat): void {
    if (figures === undefined) return;
    const known = this.#agents.get(agent);
    if (known?.epoch === epoch && known.counter === counter) return; // The very beat that was added last.
    const isSame = known?.epoch === epoch;
    // What an agent had counted before this exporter began is not counted again: it was when it happened.
    const isOld = known === undefined && startedAt < this.#beganAt;
    const base = isSame ? known.stages : isOld ? figures.stages : {};
    for (const stage of STAGES) this.#addStage(stage, figures.stages[stage], base[stage]);
    this.#agents.set(agent, { epoch, counter, stages: figures.stages });
  }

  /** Forgets agents that are expected no more; how long their events took stays. */
  keepOnly(agents: ReadonlySet<string>): void {
    for (const id of this.#agents.keys()) if (!agents.has(id)) this.#agents.delete(id);
  }

  view(): Readonly<Record<Stage, StageView>> {
    const viewOf = (stage: Stage): StageView => {
      const { counts, sumSeconds, exemplars } = this.#totals[stage];
      return { counts: [...counts], sumSeconds, exemplars: [...exemplars] };
    };
    return { deliver: viewOf("deliver"), wait: viewOf("wait"), handle: viewOf("handle"), total: viewOf("total") };
  }

  #addStage(stage: Stage, now: StageReport | undefined, before: StageReport | undefined): void {
    const totals = this.#totals[stage];
    if (now === undefined) return;
    for (const [index, count] of now.counts.entries()) {
      const bucket = now.first + index;
      const earlier = before?.counts[bucket - before.first] ?? 0;
      // A count that went back within one epoch is a fault of the agent; it counts as no change.
      totals.counts[bucket - FIRST_STAGE_BUCKET] =
        (totals.counts[bucket - FIRST_STAGE_BUCKET] ?? 0) + Math.max(0, count - earlier);
    }
    totals.sumSeconds += Math.max(0, now.sumSeconds - (before?.sumSeconds ?? 0));
    if (now.slowest !== undefined && before !== now) keepExemplar(totals, now.slowest);
  }
}

const newTotals = (): Totals => ({
  counts: new Array<number>(BUCKETS).fill(0),
  sumSeconds: 0,
  exemplars: new Array<Exemplar | null>(BUCKETS).fill(null),
});

function keepExemplar({ exemplars }: Totals, { seconds, traceId, at }: NonNullable<StageReport["slowest"]>): void {
  const index = stageBucketOf(seconds) - FIRST_STAGE_BUCKET;
  const known = exemplars[index] ?? null;
  if (known === null || known.at <= at) exemplars[index] = { labels: { trace_id: traceId }, value: seconds, at };
}
