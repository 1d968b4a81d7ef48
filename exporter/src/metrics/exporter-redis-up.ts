import { oneSample, selfFamily } from "../family.ts";

const ABOUT_REDIS: readonly (string | null)[] = ["starting", "unreachable", "timeout", "refused"];

export default selfFamily({
  name: "rollcall_exporter_redis_up",
  help: "1 if Redis answered the last reading, else 0",
  labels: [],
  value: {
    kind: "gauge",
    samples: ({ refresh }) => oneSample(ABOUT_REDIS.includes(refresh.problem) ? 0 : 1),
  },
});
