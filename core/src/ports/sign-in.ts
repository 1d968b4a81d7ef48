/** Who an identity provider says somebody is. */
export interface SignedIn {
  /** Never given to anybody else: Google's `sub`. */
  readonly google: string;
  /** For people to read; not identity. */
  readonly mail: string;
  readonly name: string | null;
  /** With what can be asked whether the account still stands; null if none was given. */
  readonly grant: string | null;
}

/** Sign-in by Google: authorization code, PKCE, state and nonce. */
export interface SignIn {
  /** Where the browser is sent. @throws Failure "unavailable" */
  addressFor(attempt: { state: string; nonce: string; challenge: string }): Promise<string>;
  /** @throws Failure "unauthenticated" for whatever is not exactly right, with what as its rule; "unavailable" */
  redeem(answer: { code: string; nonce: string; verifier: string }): Promise<SignedIn>;
  /** @returns null: the account, or what it had agreed to, has ended @throws Failure "unavailable" */
  confirm(grant: string, google: string): Promise<{ grant: string | null } | null>;
}
