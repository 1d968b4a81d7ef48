import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { type ControlStage, openControlStage, SIGNING_SECRET } from "../drills/control-stage.ts";
import { atLeast, durationText, type Figure, plain, timing } from "./figures.ts";
import { sendSigned, signCommand } from "./signed-command.ts";
import { simulatedId } from "./simulated-fleet.ts";

/** One person follows at most 20 streams. */
const PEOPLE = 5;
const VIEWERS_OF_ONE = 20;
const CHANGES = 10;
const SECONDS = 10;
const READERS = 50;
const MIXED_A_SECOND = 300;
const ORDERS_A_SECOND = 50;
const WHY = "the control service, its stores, the simulated agents and those who ask share the cores of one machine";

const tokens = Array.from({ length: PEOPLE }, () => `rc_${randomBytes(32).toString("base64url")}`);

export async function measureLoad(): Promise<Figure[]> {
  const orders = ORDERS_A_SECOND * SECONDS;
  const stage = await openControlStage(orders + CHANGES, { access: { people: [operator, ...viewers()] } });
  const agent = new Agent({ keepAlive: true, maxSockets: READERS });
  const get = (path: string) => ask(agent, { url: `${stage.url}/api/v1${path}`, token: tokens[0] as string });
  try {
    return [
      ...(await readFigures(get)),
      ...(await mixedFigures(get)),
      ...(await orderFigures(stage, orders)),
      await viewersFigure(stage, orders),
    ];
  } finally {
    agent.destroy();
    await stage.close();
  }
}

const operator = {
  ...{ id: "operator", name: "Operator", role: "operator" },
  slack: [{ team: "T0LOCAL", user: "U0OPERATOR" }],
};

function viewers(): object[] {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  return tokens.map((token, index) => ({
    ...{ id: `viewer-${index}`, name: `Viewer ${index}`, role: "viewer" },
    tokens: [
      {
        ...{ id: `viewer-${index}`, expires, scopes: ["*"] },
        sha256: createHash("sha256").update(token).digest("hex"),
      },
    ],
  }));
}

interface Asked {
  readonly url: string;
  readonly token: string;
}

/** Without fetch, which takes longer to ask than the service does to answer. @returns the status of the answer */
function ask(agent: Agent, { url, token }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const asked = request(url, { agent, headers, timeout: 30_000 }, (response) => {
      response.resume();
      response.once("error", reject);
      response.once("end", () => resolve(response.statusCode ?? 0));
    });
    asked.once("timeout", () => asked.destroy(new Error(`${url} did not answer in 30 s`)));
    asked.once("error", reject);
    asked.end();
  });
}

type Get = (path: string) => Promise<number>;

/** As many as it can answer. */
async function readFigures(get: Get): Promise<Figure[]> {
  const end = performance.now() + SECONDS * 1000;
  const samples: number[] = [];
  const reader = async (): Promise<void> => {
    while (performance.now() < end) {
      const begun = performance.now();
      const status = await get(`/agents/${simulatedId(0)}`);
      if (status !== 200) throw new Error(`a read was answered ${status}`);
      samples.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return [
    atLeast({ what: "reads of one agent", value: samples.length / SECONDS, limit: 5000, unit: "a second", why: WHY }),
    timing({ what: `one of them, ${READERS} at once`, samples, p99: 200, why: WHY }),
  ];
}

const MIXED = ["/operations", "/incidents", "/commands", `/agents/${simulatedId(1)}`, "/agents?limit=50"];

async function mixedFigures(get: Get): Promise<Figure[]> {
  let refused = 0;
  const samples = await atRate(MIXED_A_SECOND, async (index) => {
    if ((await get(MIXED[index % MIXED.length] as string)) !== 200) refused += 1;
  });
  return [
    timing({ what: `${MIXED_A_SECOND} mixed reads a second`, samples, p99: 200, why: WHY }),
    plain("of them refused", `${refused} of ${samples.length}`),
  ];
}

async function orderFigures(stage: ControlStage, orders: number): Promise<Figure[]> {
  const samples = await atRate(ORDERS_A_SECOND, async (index) => {
    await sendSigned(stage.eventsUrl, signCommand(`drill hang ${simulatedId(index)}`, SIGNING_SECRET));
  });
  const begun = performance.now();
  let effects = 0;
  while (effects < orders && performance.now() - begun < 60_000) {
    effects = (await stage.fleet.drills()).effects;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const after = durationText(performance.now() - begun);
  return [
    timing({ what: `${ORDERS_A_SECOND} orders a second, each accepted and recorded`, samples, p99: 1000, why: WHY }),
    plain("of them had their one effect", `${effects} of ${orders}, the last ${after} after the last was accepted`),
  ];
}

/** From the answer to an order until each of 100 streams has told of it. */
async function viewersFigure(stage: ControlStage, from: number): Promise<Figure> {
  const ending = new AbortController();
  const [earliest = "", ...others] = tokens.flatMap((token) => Array.from({ length: VIEWERS_OF_ONE }, () => token));
  const open = (token: string): Promise<Stream> => follow(stage.url, token, ending.signal);
  // The first look learns how things are and tells no change: an order that has ended before it would never be told.
  const first = await open(earliest);
  await first.until("first-look");
  const streams = [first, ...(await Promise.all(others.map(open)))];
  const samples: number[] = [];
  try {
    for (let change = 0; change < CHANGES; change += 1) {
      const agent = simulatedId(from + change);
      const heard = streams.map((stream) => stream.until(agent));
      const sent = sendSigned(stage.eventsUrl, signCommand(`drill hang ${agent}`, SIGNING_SECRET));
      await sent;
      const begun = performance.now();
      await Promise.all(heard.map(async (one) => samples.push(Math.max(0, (await one) - begun))));
    }
    const what = `an accepted order until it is told to each of ${streams.length} viewers`;
    return timing({ what, samples, p99: 1000, why: WHY });
  } finally {
    ending.abort();
  }
}

interface Stream {
  /** @returns when the stream told of the word first, on the monotonic clock */
  until(word: string): Promise<number>;
}

async function follow(url: string, token: string, signal: AbortSignal): Promise<Stream> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/v1/live?topics=operations`, { headers, signal });
  if (!response.ok) throw new Error(`/live answered ${response.status}: ${await response.text()}`);
  const waiting = new Map<string, (at: number) => void>();
  // A piece may end within the word.
  let text = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text = text.slice(-100) + decoder.decode(part as Uint8Array, { stream: true });
      for (const [word, told] of waiting) if (text.includes(word)) told(performance.now());
    }
  })().catch(() => undefined);
  return {
    until: (word) => {
      if (text.includes(word)) return Promise.resolve(performance.now());
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      waiting.set(word, resolve);
      const timer = setTimeout(() => reject(new Error(`a viewer was not told of ${word} in 30 s`)), 30_000);
      return promise.finally(() => {
        waiting.delete(word);
        clearTimeout(timer);
      });
    },
  };
}

/** Begins so many a second, whether those before have ended or not. @returns milliseconds of each, from when it was due */
async function atRate(rate: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const begun = performance.now();
  const under: Promise<number>[] = [];
  for (let index = 0; index < rate * SECONDS; index += 1) {
    const due = begun + (index * 1000) / rate;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    under.push(work(index).then(() => performance.now() - due));
  }
  return Promise.all(under);
}
