import { createServer, type Server } from "node:net";

/**
 * Takes the lock of one stack. The kernel frees it when we end, however we end, so it is never stale.
 * @param id `Layout.id`
 * @returns null if somebody else has it
 */
export function takeLock(id: string): Promise<{ release: () => Promise<void> } | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    // A name that starts with a zero byte is in Linux' abstract namespace: no file, nothing to clean up.
    server.listen(`\0rollcall-${id}`, () => resolve({ release: () => closed(server) }));
  });
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
