import { runStandIn } from "../stand-in/run-stand-in.ts";
import { readConfig } from "./config.ts";
import { createPagerDutyStandIn } from "./stand-in.ts";

await runStandIn("PagerDuty stand-in", () => {
  const config = readConfig(process.env);
  return createPagerDutyStandIn({
    port: config.PAGERDUTY_STANDIN_PORT,
    routingKey: config.PAGERDUTY_ROUTING_KEY.reveal(),
    apiToken: config.PAGERDUTY_API_TOKEN?.reveal(),
    logLevel: config.ROLLCALL_LOG_LEVEL,
    ...(config.PAGERDUTY_STANDIN_DATA === undefined ? {} : { dataFile: config.PAGERDUTY_STANDIN_DATA }),
  });
});
