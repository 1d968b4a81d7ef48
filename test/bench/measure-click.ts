import { openControlStage, SIGNING_SECRET } from "../drills/control-stage.ts";
import { type Figure, timing } from "./figures.ts";
import { sendSigned, signPress } from "./signed-command.ts";
import { simulatedId } from "./simulated-fleet.ts";

const TIMES = 120;
const WARM_UP = 20;

export async function measureClick(): Promise<Figure[]> {
  const stage = await openControlStage(TIMES);
  try {
    const samples: number[] = [];
    for (let index = 0; index < TIMES; index += 1) {
      const agent = simulatedId(index);
      const acted = stage.fleet.acted(agent);
      const sentAt = performance.timeOrigin + performance.now();
      const order = { command: "drill", input: { fault: "hang", id: agent } };
      await sendSigned(stage.eventsUrl, signPress(order, SIGNING_SECRET));
      samples.push((await acted) - sentAt);
    }
    const why = "PostgreSQL writes the order to the disk twice before it is sent, and a worker is woken up for it";
    return [
      timing({
        what: "a signed press of a button is sent → effect at the agent",
        samples: samples.slice(WARM_UP),
        p99: 150,
        why,
      }),
    ];
  } finally {
    await stage.close();
  }
}
