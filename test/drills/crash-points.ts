import { randomInt } from "node:crypto";
import { runCourse } from "./crash-points/course.ts";
import { describeCourse, judgeCourse } from "./crash-points/judge.ts";
import { openCrashStage } from "./crash-points/stage.ts";
import { openTracer } from "./crash-points/tracer.ts";
import type { Drill } from "./drill.ts";

interface Extent {
  readonly points: number;
  /** Of the sample fleet, none of them P0. */
  readonly agents: readonly string[];
  /** The same seed draws the same orders and points; drawn itself if left out. */
  readonly seed?: number;
  /** Nothing is asked for after this, however many points are left. */
  readonly minutes: number;
}

/** Control service and agents die at sampled output calls, the stores die now and then; what was promised is counted. */
export const crashPointsDrill = (extent: Extent): Drill => ({
  name: "crash-points",
  about:
    "three control services with their workers, a third of all points, and agents die at points spread over all their output calls: one effect each, none lost",
  options: ["points", "seed"],
  withOptions: (options) => crashPointsDrill({ ...extent, ...options }),
  async run(say) {
    const { points, minutes, agents, seed = randomInt(1_000_000) } = extent;
    say(`seed ${seed}; --seed ${seed} draws the same orders and points again`);
    const stage = await openCrashStage({ agents });
    try {
      const tracer = await openTracer(stage.folder, stage.toolsDir);
      const endAt = Date.now() + minutes * 60_000;
      const course = await runCourse({ stage, tracer, say, points, seed, endAt });
      return [...describeCourse(course, points), ...(await judgeCourse(stage, course))];
    } finally {
      await stage.close();
    }
  },
});
