import { percentile } from "../bench/figures.ts";
import { type ControlPair, onceEach, openControlPair, restartUnderWay } from "../faults/control-pair.ts";
import { eventually } from "../store-fixture.ts";
import type { KeptControl } from "./crash-points/control.ts";
import { wishFor } from "./crash-points/wishes.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";

const AGENT = "shipping";
/** The setting that a control service has if nobody says otherwise; other drills have a shorter one. */
const USUAL = { ROLLCALL_LEASE_SECONDS: "6" };
const MOST_SECONDS = 15;

interface Kill {
  /** From the end of the one to the moment in which the other one holds its operation. */
  readonly seconds: number;
  readonly ending: string | null;
  readonly hadOneEffect: boolean;
}

/** How soon a control service that is killed in the middle of a restart is replaced by the one beside it. */
export const takeoverDrill = (size: { kills: number }): Drill => ({
  name: "takeover",
  about: `a control service is killed in the middle of a restart, ${size.kills} times: the other one goes on with it within 15 s`,
  options: ["kills"],
  withOptions: ({ kills = size.kills }) => takeoverDrill({ kills }),
  async run(say) {
    say("Redis, PostgreSQL, two control services and an agent start …");
    const pair = await openControlPair([AGENT]);
    try {
      const [first] = await pair.start(USUAL);
      await pair.ended(await pair.tell(wishFor("start", [AGENT]), first), first);
      const kills: Kill[] = [];
      for (let round = 1; round <= size.kills; round += 1) {
        const [asked] = round === 1 ? [first] : await pair.start(USUAL);
        const kill = await killExecutor(pair, asked);
        kills.push(kill);
        say(`${round} of ${size.kills}: taken over after ${kill.seconds.toFixed(1)} s, ${kill.ending}`);
      }
      return outcomesOf(kills);
    } finally {
      await pair.close();
    }
  },
});

async function killExecutor(pair: ControlPair, asked: KeptControl): Promise<Kill> {
  const operation = await restartUnderWay(pair, AGENT, asked);
  const { executor, other } = await pair.executorOf(operation);
  const killedAt = performance.now();
  await executor.close("SIGKILL");
  await eventually(async () => (await pair.executorOf(operation)).executor === other, 120_000);
  const seconds = (performance.now() - killedAt) / 1000;
  const ended = await pair.ended(operation, other);
  const effects = (await pair.effects(operation)).toSorted();
  return {
    seconds,
    ending: ended?.ending ?? null,
    hadOneEffect: effects.join() === onceEach(operation, AGENT).join(),
  };
}

function outcomesOf(kills: readonly Kill[]): Outcome[] {
  const seconds = kills.map((kill) => kill.seconds);
  const [median, most] = [percentile(seconds, 0.5), Math.max(...seconds)];
  const recovered = kills.filter(({ ending }) => ending === "recovered").length;
  const once = kills.filter(({ hadOneEffect }) => hadOneEffect).length;
  return [
    outcome(
      `taken over within ${MOST_SECONDS} s`,
      `p50 ${median.toFixed(1)} s, max ${most.toFixed(1)} s, of ${kills.length}`,
      most <= MOST_SECONDS,
    ),
    outcome("the restarts end well", `${recovered} of ${kills.length}`, recovered === kills.length),
    outcome("each has one effect", `${once} of ${kills.length}`, once === kills.length),
  ];
}
