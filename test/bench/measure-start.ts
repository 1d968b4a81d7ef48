import type { BenchStack } from "./bench-stack.ts";
import { type Figure, single } from "./figures.ts";

export async function measureStart(stack: BenchStack): Promise<Figure[]> {
  const laterSeconds = await stack.startAgain();
  const status = await stack.statusLine();
  const gigabytes = Number(/([\d.]+) GB/.exec(status)?.[1]);
  const why = "the programs of 22 agents start at once on few cores";
  return [
    single({ what: "first start", value: stack.firstStartSeconds, limit: 45, unit: "s", why }),
    single({ what: "later start", value: laterSeconds, limit: 12, unit: "s", why }),
    single({
      what: `memory (${status.split(",")[0]})`,
      value: gigabytes,
      limit: 3.5,
      unit: "GB",
      why: "see the status",
    }),
  ];
}
