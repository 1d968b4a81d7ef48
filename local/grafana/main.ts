import { runStandIn } from "../stand-in/run-stand-in.ts";
import { buildAside } from "./build-aside.ts";
import { readConfig } from "./config.ts";
import { createGrafanaStandIn } from "./stand-in.ts";

await runStandIn("Grafana stand-in", () => {
  const config = readConfig(process.env);
  return createGrafanaStandIn({
    port: config.GRAFANA_STANDIN_PORT,
    upstream: config.GRAFANA_STANDIN_UPSTREAM,
    ...(config.GRAFANA_STANDIN_PROMETHEUS === undefined ? {} : { prometheus: config.GRAFANA_STANDIN_PROMETHEUS }),
    pluginSecret: config.GRAFANA_PLUGIN_SECRET.reveal(),
    logLevel: config.ROLLCALL_LOG_LEVEL,
    built: buildAside(),
  });
});
