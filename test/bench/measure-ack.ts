import { type ControlStage, openControlStage, SIGNING_SECRET, type Slowable } from "../drills/control-stage.ts";
import type { BenchStack } from "./bench-stack.ts";
import { type Figure, repeat, timing } from "./figures.ts";
import { sendSigned, signCommand } from "./signed-command.ts";
import { simulatedId } from "./simulated-fleet.ts";

const WARM_UP = 20;
const SLOW_MS = 5000;
const SLOW_TIMES = 40;
const AT_ONCE = 4;

export async function measureAck(stack: BenchStack): Promise<Figure[]> {
  return [...(await acksOfStack(stack)), ...(await acksWithSlowStores())];
}

async function acksOfStack({ ports, secrets }: BenchStack): Promise<Figure[]> {
  const url = `http://127.0.0.1:${ports.control}/slack/events`;
  const why = "the request waits for a core that 31 processes of the stack share";
  const figures: Figure[] = [];
  for (const text of ["whoami", "status"]) {
    const samples = await repeat(200 + WARM_UP, () => sendSigned(url, signCommand(text, secrets.slackSigningSecret)));
    figures.push(timing({ what: `/fleet ${text}`, samples: samples.slice(WARM_UP), p99: 50, why }));
  }
  return figures;
}

async function acksWithSlowStores(): Promise<Figure[]> {
  const stage = await openControlStage(SLOW_TIMES + WARM_UP, { slowable: true });
  try {
    await repeat(WARM_UP, (index) => order(stage, SLOW_TIMES + index));
    const figures: Figure[] = [];
    for (const one of ["postgres", "redis", "slack"] as const) figures.push(await acksWith(stage, one));
    return figures;
  } finally {
    await stage.close();
  }
}

async function acksWith(stage: ControlStage, one: Slowable): Promise<Figure> {
  stage.slow(one, SLOW_MS);
  const left = Array.from({ length: SLOW_TIMES }, (_, index) => index).values();
  const samples: number[] = [];
  const lane = async () => {
    for (const index of left) samples.push(...(await repeat(1, () => order(stage, index))));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  stage.slow(one, 0);
  const why = `it waits for ${one}`;
  return timing({ what: `/fleet drill with ${one} ${SLOW_MS / 1000} s slow`, samples, p99: 1000, why });
}

const order = ({ eventsUrl }: ControlStage, index: number): Promise<string> =>
  sendSigned(eventsUrl, signCommand(`drill hang ${simulatedId(index)}`, SIGNING_SECRET));
