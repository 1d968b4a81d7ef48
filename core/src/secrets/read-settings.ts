import { z } from "zod";
import { RotatingSecret } from "./rotating-secret.ts";
import { Secret } from "./secret.ts";
import { COMMAND_SUFFIX, type Environment, FILE_SUFFIX, findSecret, type SourceOptions } from "./sources.ts";
import { weaknessOf } from "./weakness.ts";

interface SecretRule {
  /** Characters that it has at least in production. */
  readonly least: number;
  readonly kind: "text" | "address" | "rotating" | "document";
}
const rules = z.registry<SecretRule>();

/** Setting that refuses weak secrets and files of secrets that others can read. */
export const PRODUCTION = "ROLLCALL_PRODUCTION";

/** The setting `ROLLCALL_PRODUCTION`; a process that reads secrets declares it. */
export const production = z
  .enum(["true", "false"])
  .default("false")
  .transform((word) => word === "true")
  .describe(
    "true: the process does not start with secrets that are samples, short, easy to guess or readable by others",
  );

/**
 * A setting that is a secret; it may come from NAME, NAME_FILE or NAME_COMMAND.
 * @param least characters
 * @param form what it must look like, with words for it
 */
export function secretText(least: number, form?: readonly [pattern: RegExp, what: string]) {
  const text = z.string().min(least, `at least ${least} characters`);
  const formed = form === undefined ? text : text.regex(form[0], form[1]);
  return formed.transform((value) => new Secret(value)).register(rules, { least, kind: "text" });
}

/** A setting that is two secrets while it is being changed: `NEW OLD until 2026-12-01T12:00:00Z`. */
export function rotatingSecret(least: number) {
  return z
    .string()
    .transform((text, context) => {
      const read = RotatingSecret.read(text, least);
      if (read instanceof RotatingSecret) return read;
      context.addIssue({ code: "custom", message: read.problem });
      return z.NEVER;
    })
    .register(rules, { least, kind: "rotating" });
}

/** An address with credentials in it: as secret as a password. */
export function secretAddress(...schemes: string[]) {
  return z
    .url()
    .refine(
      (text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)),
      `an address ${schemes.join(":// or ")}://…`,
    )
    .transform((text) => new Secret(text))
    .register(rules, { least: 12, kind: "address" });
}

/** A setting that is a document with a key in it, made by a program: it has sources like any secret, but is no password to be judged. */
export const secretDocument = () =>
  z
    .string()
    .transform((text) => new Secret(text))
    .register(rules, { least: 0, kind: "document" });

/** Names of the settings that are secrets. */
export const secretNames = (schema: z.ZodObject): string[] =>
  Object.entries(schema.shape).flatMap(([name, field]) => (ruleOf(field) === null ? [] : [name]));

/** Names of those of which two are accepted for a while. */
export const rotatingNames = (schema: z.ZodObject): string[] =>
  Object.entries(schema.shape).flatMap(([name, field]) => (ruleOf(field)?.kind === "rotating" ? [name] : []));

/** A rotating secret from a text, as strict as a start would be. */
export function readRotating(
  text: string,
  { schema, name, isProduction }: { schema: z.ZodObject; name: string; isProduction: boolean },
): RotatingSecret | { readonly problem: string } {
  const rule = ruleOf(schema.shape[name]);
  if (rule === null) return { problem: "is no secret" };
  const weakness = isProduction ? textWeakness(text, rule) : null;
  return weakness === null ? RotatingSecret.read(text, rule.least) : { problem: weakness };
}

/** What `.optional()` and `.default()` wrap is looked through. */
function ruleOf(field: unknown): SecretRule | null {
  let schema = field as z.ZodType | undefined;
  while (schema !== undefined) {
    const rule = rules.get(schema);
    if (rule !== undefined) return rule;
    schema = (schema.def as { innerType?: z.ZodType }).innerType;
  }
  return null;
}

/** The settings, frozen; or every problem at once, one line each. A problem repeats no value. */
export type ReadSettings<Schema extends z.ZodObject> =
  | { readonly settings: Readonly<z.output<Schema>> }
  | { readonly problems: readonly string[] };

/** Reads the settings of a process from its environment, secrets also from files and programs. */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
  options: Pick<SourceOptions, "commandTimeoutMs"> = {},
): ReadSettings<Schema> {
  const isProduction = environment[PRODUCTION] === "true";
  const secrets = secretNames(schema);
  const found = new Map(
    secrets.map((name) => [name, findSecret(name, environment, { ...options, production: isProduction, secrets })]),
  );
  for (const { warning } of found.values()) if (warning !== undefined) process.emitWarning(warning, "SecretWarning");
  const given = { ...withoutSources(environment, secrets), ...valuesOf(found) };
  const parsed = schema.safeParse(given);
  const bySource = new Map(
    [...found].flatMap(([name, { problem }]) => (problem === undefined ? [] : [[name, problem]])),
  );
  const byForm = parsed.success ? new Map<string, string>() : formProblems(parsed.error, { schema, given });
  const weak = isProduction ? weakSecrets(schema, given) : new Map<string, string>();
  // One line per setting: a secret whose file cannot be read is not told that it is not set, too.
  const problems = [...new Map([...weak, ...byForm, ...bySource]).values()];
  if (parsed.success && problems.length === 0) return { settings: Object.freeze(parsed.data) };
  return { problems };
}

const valuesOf = (found: ReadonlyMap<string, { value?: string }>): Record<string, string> =>
  Object.fromEntries([...found].flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])));

/** An empty variable is what `NAME=` in a file gives: the same as not set. */
const withoutSources = (environment: Environment, secrets: readonly string[]): Record<string, string | undefined> => {
  const sources = secrets.flatMap((name) => [name, name + FILE_SUFFIX, name + COMMAND_SUFFIX]);
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => value !== undefined && value !== "" && !sources.includes(name),
    ),
  );
};

interface Given {
  readonly schema: z.ZodObject;
  readonly given: Readonly<Record<string, unknown>>;
}

function formProblems(error: z.ZodError, { schema, given }: Given): Map<string, string> {
  // The first issue of each: what is no address at all is not told that its scheme is wrong too.
  const issues = new Map(error.issues.toReversed().map((issue) => [String(issue.path[0]), issue.message]));
  return new Map(
    [...issues].toReversed().map(([name, message]) => {
      // What was found is not shown: it may be a secret in the wrong place.
      const what = name in given ? `is not allowed: ${message}` : "is not set";
      const field = schema.shape[name] as z.ZodType | undefined;
      return [name, `${name} ${what}. ${field?.description ?? ""}`.trim()];
    }),
  );
}

function weakSecrets(schema: z.ZodObject, given: Readonly<Record<string, unknown>>): Map<string, string> {
  const weak = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const name of secretNames(schema)) {
    const text = given[name];
    if (typeof text !== "string") continue;
    const rule = ruleOf(schema.shape[name]) as SecretRule;
    if (rule.kind === "document") continue;
    const why = rule.kind === "address" ? addressWeakness(text, rule) : textWeakness(text, rule);
    const twin = seen.get(text);
    seen.set(text, name);
    const sameAs = twin === undefined ? null : `is the same as ${twin}: each needs its own`;
    const problem = why ?? sameAs;
    if (problem !== null) weak.set(name, `${name} ${problem}. ${PRODUCTION}=true takes no such secret`);
  }
  return weak;
}

const textWeakness = (text: string, { kind, least }: SecretRule): string | null =>
  (kind === "rotating" ? RotatingSecret.partsOf(text).slice(0, 2) : [text])
    .map((part) => weaknessOf(part ?? "", least))
    .find((why) => why !== null) ?? null;

function addressWeakness(text: string, { least }: SecretRule): string | null {
  if (!URL.canParse(text)) return null;
  const { password, searchParams } = new URL(text);
  if (password !== "") {
    const why = weaknessOf(decodeURIComponent(password), least);
    return why === null ? null : `: its password ${why}`;
  }
  // A client's certificate proves as much as a password.
  return searchParams.has("sslcert") ? null : "has no password";
}
