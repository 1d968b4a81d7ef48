import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_build_info",
  help: "Always 1; its labels say what runs",
  labels: ["component", "version", "node"],
  value: {
    kind: "gauge",
    samples: ({ version }) => [{ labels: ["exporter", version, process.versions.node], value: 1 }],
  },
});
