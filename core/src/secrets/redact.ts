/** What stands in the place of a secret. */
export const SHOWN = "[secret]";

/** Shorter values are parts of ordinary words: blanking them would make logs unreadable and prove that they were guessed. */
const LEAST_CHARACTERS = 6;
/** Words that stand in every line; a password that is one of them is refused in production, and cannot be kept out of text. */
const ORDINARY = new Set(["rollcall", "postgres", "control", "exporter", "default", "password", "secret", "localhost"]);

const known = new Set<string>();
let search: RegExp | null = null;

/** Keeps a value out of every text that goes through `redact`; of an address its password, which its host must not hide. */
export function keepOutOfText(value: string): void {
  for (const part of secretPartsOf(value)) {
    if (part.length < LEAST_CHARACTERS || ORDINARY.has(part.toLowerCase())) continue;
    for (const form of formsOf(part)) known.add(form);
  }
  search = null;
}

/**
 * The text without any secret that was loaded, and without what looks like one. A line of JSON stays JSON.
 * @param more values to take out that were not loaded by this process
 */
export function redact(text: string, more: readonly string[] = []): string {
  search ??= searchFor([...known]);
  const values = more.length === 0 ? search : searchFor([...known, ...more.flatMap(formsOf)]);
  // One pass: what stands in the place of a secret is not searched again.
  let clean = text.replaceAll(values, SHOWN);
  for (const [form, shown] of FORMS) clean = clean.replaceAll(form, shown);
  return clean;
}

function secretPartsOf(value: string): string[] {
  if (!value.includes("://") || !URL.canParse(value)) return [value];
  const url = new URL(value);
  const inQuery = [...url.searchParams].flatMap(([name, part]) => (/pass|secret|token/i.test(name) ? [part] : []));
  return [url.password, decoded(url.password), ...inQuery];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As it is, as it stands inside a JSON text, and as it stands in an address. */
const formsOf = (value: string): string[] => [
  ...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]),
];

/** Longest first, so that none is left because a part of it went before. */
function searchFor(values: readonly string[]): RegExp {
  const sorted = values.filter((value) => value !== "").toSorted((a, b) => b.length - a.length);
  return new RegExp(sorted.map((value) => value.replaceAll(/[.*+?^$()[\]{}|\\/-]/g, "\\$&")).join("|") || "(?!)", "g");
}

/** What secrets of known makers look like. None of them takes a quote, so that JSON stays whole. */
const FORMS: readonly (readonly [form: RegExp, shown: string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^"]{0,20000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|(?="|$))/g,
    SHOWN,
  ],
  // Slack's and our own tokens keep their first letters: they say which kind leaked.
  [/\b(rc_|xox[a-z]-|xapp-)[\w-]{6,}/g, `$1${SHOWN}`],
  // Google: access tokens, refresh tokens, client secrets. HashiCorp Vault: tokens.
  [/\b(ya29\.|1\/\/0|GOCSPX-|hv[sb]\.)[\w-]{6,}/g, `$1${SHOWN}`],
  // A JSON Web Token begins with {" in base64.
  [/\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*/g, SHOWN],
  [/(authorization\\?["']?\s*[:=]\s*\\?["']?(?:bearer|basic)\s+)[^\s"',\\]+/gi, `$1${SHOWN}`],
  [/\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}/gi, `$1${SHOWN}`],
  [/(:\/\/[^\s:/@"]*:)[^\s@/"]+@/g, `$1${SHOWN}@`],
  [/(hooks\.slack\.com\/(?:services|commands|actions|workflows)\/)[\w/-]+/g, `$1${SHOWN}`],
  [
    /([?&](?:ticket|(?:access_|refresh_|id_)?token|code|code_verifier|(?:client_)?secret|password)=)[^\s&"'\\]+/gi,
    `$1${SHOWN}`,
  ],
];
