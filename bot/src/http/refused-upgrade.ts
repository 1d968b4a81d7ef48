import type { App } from "./deps.ts";

/**
 * Ends the connection of an upgrade that was answered with plain HTTP. Node hands such a socket over and never looks at it
 * again: it would stay open for good, and the end of the service would wait for it.
 */
export function endRefusedUpgrades(app: App): void {
  app.addHook("onResponse", async (request, reply) => {
    if (request.headers.upgrade !== undefined && reply.raw.headersSent) request.raw.socket.destroySoon();
  });
}
