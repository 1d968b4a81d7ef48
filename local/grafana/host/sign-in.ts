/** Who is signed in, as the stand-in's server says it. */
export interface SignedIn {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly orgRole: string;
  readonly permissions: readonly string[];
  readonly pages: readonly { readonly name: string; readonly path: string; readonly defaultNav: boolean }[];
}

export interface Person {
  readonly key: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
}

export interface Booted {
  readonly user: SignedIn;
  readonly people: readonly Person[];
  readonly signedIn: string;
  readonly isDark: boolean;
  /** "de-DE" */
  readonly language: string;
}

export const askJson = async (path: string, init?: RequestInit): Promise<unknown> => (await fetch(path, init)).json();

export const signIn = (person: string): Promise<unknown> =>
  askJson("/control/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ person }),
  });
