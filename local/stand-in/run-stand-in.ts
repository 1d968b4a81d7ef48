import type { FastifyInstance } from "fastify";

interface Running {
  readonly app: FastifyInstance;
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a stand-in as a process: one clear line if it cannot start, and an orderly end on SIGTERM and SIGINT. */
export async function runStandIn(name: string, start: () => Promise<Running>): Promise<void> {
  try {
    const { app, url, close } = await start();
    app.log.info({ url }, `${name} listens`);
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        close().then(
          () => process.exit(0),
          (error: unknown) => {
            app.log.error({ err: error }, `${name} did not end cleanly`);
            process.exit(1);
          },
        );
      });
    }
  } catch (error) {
    process.stderr.write(`${name} cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
