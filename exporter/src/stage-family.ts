import { STAGE_BOUNDS_SECONDS, type Stage } from "@rollcall/core/protocol/figures.ts";
import { type Family, fleetFamily } from "./family.ts";

// Six digits: a bound that is written 0.001 % off moves no percentile that anybody could tell.
const BOUNDS = STAGE_BOUNDS_SECONDS.map((bound) => Number(bound.toPrecision(6)));

/** A histogram of one way of the events of the whole fleet. It is not by topic: 72 buckets for each would be too many. */
export const stageFamily = ({ name, help, stage }: { name: string; help: string; stage: Stage }): Family =>
  fleetFamily({
    name,
    help,
    labels: ["fleet"],
    value: {
      kind: "histogram",
      bounds: BOUNDS,
      samples: ({ fleet, stages }) => {
        const { counts, sumSeconds: sum, exemplars } = stages[stage];
        return [{ labels: [fleet], counts, sum, exemplars }];
      },
    },
  });
