import type { FastifyRequest } from "fastify";
import { type GrafanaPerson, personOf } from "./people.ts";

const COOKIE = "grafana_session";

/** The cookie that signs somebody in. @param key of somebody among PEOPLE */
export const sessionOf = (key: string): string => `${COOKIE}=${key}; Path=/; HttpOnly; SameSite=Lax`;

/** @returns null if nobody is */
export function signedIn({ headers }: Pick<FastifyRequest, "headers">): GrafanaPerson | null {
  const key = new RegExp(`(?:^|; *)${COOKIE}=([a-z]+)`).exec(headers.cookie ?? "")?.[1];
  return key === undefined ? null : personOf(key);
}
