import { fastifyWebsocket } from "@fastify/websocket";
import type { LogTail } from "../live/log-tail.ts";
import type { App, AppDeps } from "./deps.ts";
import { registerLiveSocket } from "./live.ts";
import { registerLogSocket } from "./logs-stream.ts";
import { MESSAGE_BYTES } from "./outlets.ts";

/** What can be followed over a WebSocket. */
export function registerSockets(api: App, deps: AppDeps, tail: LogTail): void {
  void api.register(async (scope) => {
    await scope.register(fastifyWebsocket, { options: { maxPayload: MESSAGE_BYTES } });
    registerLiveSocket(scope as App, deps);
    registerLogSocket(scope as App, deps, tail);
  });
}
