import { runStandIn } from "../stand-in/run-stand-in.ts";
import { readConfig } from "./config.ts";
import { createSlackStandIn } from "./stand-in.ts";

await runStandIn("Slack stand-in", () => {
  const config = readConfig(process.env);
  return createSlackStandIn({
    port: config.SLACK_STANDIN_PORT,
    signingSecret: config.SLACK_SIGNING_SECRET.reveal(),
    botToken: config.SLACK_BOT_TOKEN.reveal(),
    ...(config.SLACK_APP_TOKEN === undefined ? {} : { appToken: config.SLACK_APP_TOKEN.reveal() }),
    requestUrl: config.SLACK_REQUEST_URL,
    logLevel: config.ROLLCALL_LOG_LEVEL,
    ...(config.SLACK_STANDIN_DATA === undefined ? {} : { dataFile: config.SLACK_STANDIN_DATA }),
  });
});
