import pg from "pg";
import { percentile } from "../bench/figures.ts";
import { type SignedCommand, sendSigned, signCommand } from "../bench/signed-command.ts";
import { simulatedId } from "../bench/simulated-fleet.ts";
import { type ControlStage, openControlStage, SIGNING_SECRET } from "./control-stage.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";

const REPLAYS = 50;
const ROUNDS = 5;
const COPIES_AT_ONCE = REPLAYS / ROUNDS;
const STALE_SECONDS = 300;
/** Requests whose copies are on their way at the same time. */
const LANES = 4;

/** @param requests how many distinct ones; each is for an agent of its own */
export const replayDrill = (requests: number): Drill => ({
  name: "replay",
  about: `${requests.toLocaleString("en-US")} distinct signed Slack requests, each sent again ${REPLAYS} times: as many effects as requests`,
  async run(say) {
    say("a control service with its own stores starts …");
    const stage = await openControlStage(requests);
    try {
      return await replay(stage, { requests, say });
    } finally {
      await stage.close();
    }
  },
});

interface Plan {
  readonly requests: number;
  readonly say: (sentence: string) => void;
}

async function replay(stage: ControlStage, { requests, say }: Plan): Promise<Outcome[]> {
  const begun = performance.now();
  const signed = Array.from({ length: requests }, (_, index) =>
    signCommand(`drill hang ${simulatedId(index)}`, SIGNING_SECRET),
  );
  const sent: Sent = { took: [], stale: 0, problems: [] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    // The first round holds the original too, so that copies race for the acceptance.
    await sendRound(stage, signed, { copies: COPIES_AT_ONCE + (round === 1 ? 1 : 0), sent });
    say(`round ${round}/${ROUNDS}: ${sent.took.length.toLocaleString("en-US")} sent, ${elapsed(begun)}`);
  }
  const found = await untilEnded(stage);
  const drills = await stage.fleet.drills();
  const { took, stale, problems } = sent;
  say(
    `${(took.length / ((performance.now() - begun) / 1000)).toFixed(0)} requests/s; answer p50 ${percentile(took, 0.5).toFixed(0)} ms, ` +
      `p99 ${percentile(took, 0.99).toFixed(0)} ms under that load; all in ${elapsed(begun)}`,
  );
  say(`${drills.deliveries - drills.effects} orders were delivered once more after a fault, and absorbed by a ledger`);
  if (stale > 0) say(`${stale.toLocaleString("en-US")} copies were refused: signed more than five minutes before`);
  const wanted = requests * (REPLAYS + 1);
  const answered = took.length + stale;
  return [
    outcome(`${wanted.toLocaleString("en-US")} requests answered`, problems[0] ?? answered, answered === wanted),
    outcome("as many operations as distinct requests", found.operations, found.operations === requests),
    outcome("as many audited intents", found.intents, found.intents === requests),
    outcome("as many effects at agents, by their ledgers", drills.effects, drills.effects === requests),
    outcome("each at an agent of its own", drills.agents, drills.agents === requests),
    outcome("every operation ended well", found.done, found.done === requests),
  ];
}

const elapsed = (begun: number): string => `${((performance.now() - begun) / 1000).toFixed(0)} s`;

interface Sent {
  readonly took: number[];
  /** Copies refused because they were signed more than five minutes before: so does Slack want it. */
  stale: number;
  readonly problems: string[];
}

interface Round {
  readonly copies: number;
  readonly sent: Sent;
}

async function sendRound(
  stage: ControlStage,
  signed: readonly SignedCommand[],
  { copies, sent }: Round,
): Promise<void> {
  const left = signed.values();
  const lane = async () => {
    for (const request of left) await Promise.all(Array.from({ length: copies }, () => sendOnce(stage, request, sent)));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function sendOnce({ eventsUrl }: ControlStage, request: SignedCommand, sent: Sent): Promise<void> {
  const begun = performance.now();
  try {
    await sendSigned(eventsUrl, request);
    sent.took.push(performance.now() - begun);
  } catch (error) {
    const { message } = error as Error;
    const ageSeconds = Date.now() / 1000 - Number(request.headers["x-slack-request-timestamp"]);
    if (ageSeconds > STALE_SECONDS && message.includes(" answered 401")) sent.stale += 1;
    else sent.problems.push(message);
  }
}

interface Stored {
  readonly operations: number;
  readonly done: number;
  readonly intents: number;
}

/** What PostgreSQL holds once no operation runs any more. */
async function untilEnded({ databaseUrl }: ControlStage): Promise<Stored> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { rows } = await client.query<Stored & { running: number }>(
        `select count(*)::int as operations,
           count(*) filter (where state <> 'ended')::int as running,
           count(*) filter (where ending = 'done')::int as done,
           (select count(*)::int from audit_rows where event = 'intent') as intents
         from operations`,
      );
      const [found] = rows;
      if (found !== undefined && (found.running === 0 || Date.now() > deadline)) return found;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    await client.end();
  }
}
