import { makeLogin } from "@rollcall/core/adapters/postgres/database-rights.ts";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { z } from "zod";
import { StartFailure } from "../stack/addresses.ts";
import { CONTROL_LOGIN } from "../stack/context.ts";

const settings = z.object({
  DATABASE_OWNER_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: "an address postgres://… of the owner of the schema",
  }),
  ROLLCALL_DATABASE_LOGIN: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, "letters a to z, digits and _, at most 63")
    .default(CONTROL_LOGIN),
  ROLLCALL_DATABASE_PASSWORD: z.string().min(16, "at least 16 characters").optional(),
});

/** `npm run migrate`. @returns the exit code @throws StartFailure with what is wrong, and never a password */
export async function run(
  _args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const read = settings.safeParse(environment);
  if (!read.success)
    throw new StartFailure(read.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join("\n  "));
  const { DATABASE_OWNER_URL: url, ROLLCALL_DATABASE_LOGIN: login, ROLLCALL_DATABASE_PASSWORD: password } = read.data;
  try {
    const applied = await migrate({ url, onProblem: (problem) => console.error(problem) });
    console.log(applied.length === 0 ? "The schema is up to date." : `Applied ${applied.join(", ")}.`);
    if (password === undefined) return 0;
    await makeLogin({ ownerUrl: url, login, password });
    console.log(`The control service may connect as ${login}.`);
    return 0;
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new StartFailure([error.message, error.detail.next].filter(Boolean).join(". "), { cause: error });
  }
}
