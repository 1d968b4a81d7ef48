import { selfFamily } from "../family.ts";
import { READ_PROBLEMS } from "../read-problem.ts";

export default selfFamily({
  name: "rollcall_exporter_not_measuring",
  help: "1 for the reason why the series of agents and bus are absent, else 0",
  labels: ["reason"],
  value: {
    kind: "gauge",
    samples: ({ refresh: { snapshot, problem } }) =>
      ["starting", ...READ_PROBLEMS].map((reason) => ({
        labels: [reason],
        value: snapshot === null && problem === reason ? 1 : 0,
      })),
  },
});
