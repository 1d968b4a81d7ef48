import { runStandIn } from "../stand-in/run-stand-in.ts";
import { readConfig } from "./config.ts";
import { createGoogleStandIn } from "./stand-in.ts";

await runStandIn("Google stand-in", () => {
  const config = readConfig(process.env);
  return createGoogleStandIn({
    port: config.GOOGLE_STANDIN_PORT,
    serviceAccount: { email: config.GOOGLE_STANDIN_SERVICE_ACCOUNT, publicKey: config.GOOGLE_STANDIN_PUBLIC_KEY },
    client: {
      id: config.GOOGLE_CLIENT_ID,
      secret: config.GOOGLE_CLIENT_SECRET.reveal(),
      redirectUris: config.GOOGLE_STANDIN_REDIRECT_URIS,
    },
    logLevel: config.ROLLCALL_LOG_LEVEL,
    ...(config.GOOGLE_STANDIN_DATA === undefined ? {} : { dataFile: config.GOOGLE_STANDIN_DATA }),
  });
});
