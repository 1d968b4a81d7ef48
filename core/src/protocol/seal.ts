import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * The key one agent signs with, derived from the fleet's key and handed over at provisioning.
 * @param fleetKey the fleet's secret, at least 32 characters
 * @returns 64 hex characters
 */
export function deriveAgentKey(fleetKey: string, agent: string): string {
  return createHmac("sha256", fleetKey).update(`agent:${agent}`).digest("hex");
}

/** The password of the agent's own Redis user, derived like its key. */
export function deriveRedisPassword(fleetKey: string, agent: string): string {
  return createHmac("sha256", fleetKey).update(`redis:${agent}`).digest("hex");
}

const sign = (key: string, json: string): string => createHmac("sha256", key).update(json).digest("hex");

/** JSON with its signature in front: `v1.<64 hex>.<json>`. The signature covers the bytes, so nothing is canonicalised. */
export function seal(key: string, value: unknown): string {
  const json = JSON.stringify(value);
  return `v1.${sign(key, json)}.${json}`;
}

/** Longest sealed or signed text that is looked at; far more than the largest heartbeat or roll call has. */
export const MOST_SEALED_CHARACTERS = 256 * 1024;

/**
 * The JSON text inside a seal.
 * @returns null if the form or the signature is wrong, or it is too long
 */
export function openSeal(key: string, sealed: string): string | null {
  if (sealed.length > MOST_SEALED_CHARACTERS) return null;
  if (!sealed.startsWith("v1.") || sealed[67] !== ".") return null;
  const json = sealed.slice(68);
  const found = Buffer.from(sealed.slice(3, 67));
  const wanted = Buffer.from(sign(key, json));
  return found.length === wanted.length && timingSafeEqual(found, wanted) ? json : null;
}
