import { Failure } from "@rollcall/core/domain/failure.ts";
import type { App } from "./deps.ts";

/** Listens. @returns the address @throws Failure "invalid_input" if that is not possible there */
export async function listen(app: App, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const why = WORDS[(error as NodeJS.ErrnoException).code ?? ""];
    if (why === undefined) throw error;
    throw new Failure("invalid_input", `cannot listen on ${host}:${port}: ${why}`, { cause: error });
  }
}

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has this port. Set ROLLCALL_HTTP_PORT to a free one",
  EADDRNOTAVAIL: "this machine has no such address. Set ROLLCALL_HTTP_HOST to one of its own",
  EACCES: "this user may not use this port. Set ROLLCALL_HTTP_PORT to one above 1023",
  ENOTFOUND: "there is no such host. Set ROLLCALL_HTTP_HOST to an address of this machine",
};
