import { AGENT_LABELS, fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_planned_work",
  help: "1 while the agent is gone that fell silent in a restart or maintenance, or within a minute after; the label names it. Else absent",
  labels: [...AGENT_LABELS, "work"],
  detailed: true,
  value: {
    kind: "gauge",
    samples: ({ agents }) =>
      agents.flatMap(({ labels, plannedWork }) =>
        plannedWork === null ? [] : [{ labels: [...labels, plannedWork], value: 1 }],
      ),
  },
});
