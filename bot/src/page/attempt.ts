import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { SIGN_IN_SECONDS } from "@rollcall/core/ports/sessions.ts";

/** A sign-in that was begun in one browser. */
export interface Attempt {
  /** What its browser keeps in a cookie; all else follows from it, so nothing is stored before Google has said who it is. */
  readonly text: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Of the verifier, for Google. */
  readonly challenge: string;
}

const TEXT = /^([A-Za-z0-9_-]{43})\.(\d{10})$/;

/** A new one. @param now ms since the epoch */
export function beginAttempt(now: number): Attempt {
  return attemptOf(`${randomBytes(32).toString("base64url")}.${Math.floor(now / 1000)}`);
}

/** The one that this browser began, if Google's answer belongs to it and it is not too old. */
export function resumeAttempt(text: string | null, state: string | undefined, now: number): Attempt | null {
  const [, , begun] = TEXT.exec(text ?? "") ?? [];
  if (text === null || begun === undefined || state === undefined) return null;
  const ageSeconds = now / 1000 - Number(begun);
  if (ageSeconds > SIGN_IN_SECONDS || ageSeconds < -60) return null;
  const attempt = attemptOf(text);
  return isSame(attempt.state, state) ? attempt : null;
}

function attemptOf(text: string): Attempt {
  const verifier = derive(text, "verifier");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  return { text, state: derive(text, "state"), nonce: derive(text, "nonce"), verifier, challenge };
}

/** From one of them the others cannot be found. */
const derive = (text: string, use: string): string => createHash("sha256").update(`${use} ${text}`).digest("base64url");

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
