import type { Page } from "playwright-core";
import { type GrafanaStage, KNOWN } from "../grafana-stage.ts";
import { type Figure, single } from "./figures.ts";
import { simulatedId } from "./simulated-fleet.ts";

/** Twenty streams of each of five people; the first of them has the tab, so the last viewer is not theirs. */
const VIEWERS = 100;
const CHANGES = 5;
const PATIENCE_MS = 30_000;

/** A hundred viewers of one control service, each through Grafana's proxy, one of them a browser. */
export async function measureViewers(stage: GrafanaStage, page: Page): Promise<Figure[]> {
  const viewers = await Promise.all(
    Array.from({ length: VIEWERS - 1 }, (_, index) => openViewer(stage, KNOWN[(index + 1) % KNOWN.length] as string)),
  );
  try {
    const streams: number[] = [];
    const screens: number[] = [];
    for (let change = 0; change < CHANGES; change += 1) {
      const agent = simulatedId(change);
      const seen = viewers.map((viewer) => viewer.sees(agent));
      const drawn = page.locator(`[data-agent="${agent}"]`, { hasText: "paused by" }).waitFor();
      const begun = performance.now();
      await pause(stage, agent, change);
      await Promise.all(seen);
      streams.push(performance.now() - begun);
      await drawn;
      screens.push(performance.now() - begun);
    }
    const why =
      "the service looks at its fleet of ten thousand twice a second, on the same two cores as they and their viewers";
    return [
      single({
        what: `10,000 agents: an order is sent → the last of ${VIEWERS - 1} viewers is told, the worst of ${CHANGES}`,
        ...{ value: Math.max(...streams), limit: 1000, unit: "ms", why },
      }),
      single({
        what: `the same → it is on the screen of one more, the worst of ${CHANGES}`,
        ...{ value: Math.max(...screens), limit: 1000, unit: "ms", why },
      }),
    ];
  } finally {
    for (const viewer of viewers) viewer.leave();
  }
}

async function openViewer({ client }: GrafanaStage, person: string) {
  const ending = new AbortController();
  const answer = await client.ask(person, "api/v1/live?topics=agents", { signal: ending.signal });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${person} may not follow: ${answer.status}`);
  const waiting = new Map<string, () => void>();
  const hear = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const event of eventsOf(stream))
      for (const [agent, tell] of waiting) if (event.includes(`"${agent}"`) && event.includes('"paused"')) tell();
  };
  // It is broken off when the viewer leaves.
  void hear(answer.body).catch(() => undefined);
  return {
    /** Resolves when the viewer is told that the agent is paused. */
    sees: (agent: string) =>
      new Promise<void>((resolve, reject) => {
        setTimeout(() => reject(new Error(`a viewer was not told within ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
        waiting.set(agent, resolve);
      }),
    leave: () => ending.abort(),
  };
}

async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    const events = (rest + decoder.decode(part, { stream: true })).split("\n\n");
    rest = events.pop() ?? "";
    yield* events;
  }
}

async function pause({ client }: GrafanaStage, agent: string, change: number): Promise<void> {
  const answer = await client.ask("operator", "api/v1/commands/pause", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": `bench-pause-${change}` },
    body: JSON.stringify({ input: { who: [agent] }, reason: "a bench" }),
  });
  if (answer.status !== 202) throw new Error(`the order was refused: ${answer.status} ${await answer.text()}`);
}
