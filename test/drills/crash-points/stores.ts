import type { CrashStage } from "./stage.ts";

/** The next store is killed when so many more points were reached. */
const POINTS_BETWEEN = 8;
const LATEST_MS = 2000;
const LOOK_MS = 200;

interface Killing {
  readonly stage: Pick<CrashStage, "crash">;
  readonly random: () => number;
  readonly reached: () => number;
  readonly isOver: () => boolean;
}

/** Redis and PostgreSQL die in turn, at moments that nobody knows. @returns how often each did */
export async function killStores({ stage, random, reached, isOver }: Killing) {
  const crashes = { redis: 0, postgres: 0 };
  for (let turn = 0; !isOver(); ) {
    if (reached() < turn * POINTS_BETWEEN) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, random() * LATEST_MS));
    const store = turn % 2 === 0 ? "redis" : "postgres";
    await stage.crash(store);
    crashes[store] += 1;
    turn += 1;
  }
  return crashes;
}
