import type { FastifyReply, FastifyRequest } from "fastify";

/** A cookie of ours. Over https its name starts with `__Host-`: no other host, no subdomain and no plain http can set it. */
export interface Cookie {
  readonly name: string;
  read(request: Pick<FastifyRequest, "headers">): string | null;
  set(reply: FastifyReply, text: string, seconds: number): void;
  clear(reply: FastifyReply): void;
}

/**
 * Cookies of the pages. All are HttpOnly. They are SameSite=Lax, so that they come along when Google sends somebody back and when
 * a link in Slack is opened; what Strict would add is done by `requireOwnOrigin` for every request that changes something.
 */
export function createCookie(name: string, publicUrl: string): Cookie {
  const isSecure = publicUrl.startsWith("https:");
  const full = isSecure ? `__Host-${name}` : name;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  return {
    name: full,
    read({ headers }) {
      const found = (headers.cookie ?? "").split(";").map((part) => part.trim().split("=", 2));
      const values = found.filter(([key]) => key === full).map(([, value]) => value ?? "");
      // Two of the same name: somebody planted one, and which of them is ours cannot be told.
      return values.length === 1 && values[0] !== "" ? (values[0] ?? null) : null;
    },
    set: (reply, text, seconds) => add(reply, `${full}=${text}; Max-Age=${seconds}; ${attributes}`),
    clear: (reply) => add(reply, `${full}=; Max-Age=0; ${attributes}`),
  };
}

/** Fastify joins several cookies by itself. */
const add = (reply: FastifyReply, line: string): void => void reply.header("set-cookie", line);
