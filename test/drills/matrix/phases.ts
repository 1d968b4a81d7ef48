import { setTimeout as wait } from "node:timers/promises";
import type { Knowledge } from "./rights-by-design.ts";
import type { MatrixStage } from "./stage.ts";

/** A state of the directory that the control service is brought into. */
export interface Phase {
  readonly name: string;
  readonly knowledge: Knowledge;
  reach(stage: MatrixStage): Promise<void>;
}

const FRESH: Knowledge = { ageMinutes: 0, held: false, answers: true, blocksRead: true };
const AWAY: Knowledge = { ...FRESH, answers: false };

/** In this order: each goes on from what the one before left. */
export const PHASES: readonly Phase[] = [
  { name: "fresh", knowledge: FRESH, reach: (stage) => untilMetric(stage, isOfAge(0)) },
  {
    name: "2 min old, Google is away",
    knowledge: { ...AWAY, ageMinutes: 2 },
    async reach(stage) {
      await stage.google.fail({ kind: "error", count: 1_000_000, reason: "backendError" });
      // A reading that was under way may still make it young again.
      await wait(3000);
      await makeOld(stage, 2);
    },
  },
  { name: "6 min old", knowledge: { ...AWAY, ageMinutes: 6 }, reach: (stage) => makeOld(stage, 6) },
  { name: "16 min old", knowledge: { ...AWAY, ageMinutes: 16 }, reach: (stage) => makeOld(stage, 16) },
  {
    name: "held",
    knowledge: { ...AWAY, held: true },
    async reach(stage) {
      await makeOld(stage, 0);
      await stage.sql(
        `insert into directory_generations (state, digest, held_because, first_read_at, last_read_at)
         values ('held', 'of a matrix', 'it shrank from 12 to 3 people', clock_timestamp(), clock_timestamp())`,
      );
      await untilMetric(stage, (text) => /^rollcall_directory_held 1$/m.test(text));
    },
  },
  {
    name: "never read",
    knowledge: { ...AWAY, ageMinutes: null },
    async reach(stage) {
      await stage.sql("delete from directory_generations");
      await untilMetric(stage, (text) => !/^rollcall_directory_read_timestamp_seconds /m.test(text));
    },
  },
];

async function makeOld(stage: MatrixStage, minutes: number): Promise<void> {
  await stage.sql(
    `update directory_generations set last_read_at = clock_timestamp() - $1::int * interval '1 minute' where state = 'in-force'`,
    [minutes],
  );
  await untilMetric(stage, isOfAge(minutes));
}

const isOfAge =
  (minutes: number) =>
  (text: string): boolean => {
    const found = /^rollcall_directory_read_timestamp_seconds (\S+)$/m.exec(text)?.[1];
    const ageMinutes = (Date.now() / 1000 - Number(found)) / 60;
    return found !== undefined && ageMinutes >= minutes - 0.1 && ageMinutes < minutes + 1;
  };

async function untilMetric({ control }: MatrixStage, holds: (metrics: string) => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const response = await fetch(`${control.url}/metrics`, { signal: AbortSignal.timeout(5000) });
    if (holds(await response.text())) return;
    await wait(200);
  }
  throw new Error("the control service does not say in its metrics that the directory is as it was made");
}
