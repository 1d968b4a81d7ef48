import { createServer, type Server } from "node:http";
import type { Registry } from "prom-client";

interface DoorOptions {
  readonly host: string;
  readonly port: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Shows metrics to Prometheus, and nothing else to anybody: processes are started and ended by the unix socket alone.
 * A door that cannot open is told of and left shut, for agents are to start and end all the same.
 */
export function openMetricsDoor(registry: Registry, { host, port, onError }: DoorOptions): Server {
  const door = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const answer = (status: number, type: string, text: string) =>
      response.writeHead(status, { "content-type": type }).end(text);
    if (request.method !== "GET" || request.url !== "/metrics") {
      answer(404, "text/plain", "Only GET /metrics is answered here.\n");
      return;
    }
    registry.metrics().then(
      (text) => answer(200, registry.contentType, text),
      (error: unknown) => {
        onError(error);
        answer(500, "text/plain", "The metrics could not be read; the log says why.\n");
      },
    );
  });
  door.on("error", onError);
  return door.listen(port, host);
}
