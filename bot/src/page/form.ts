import { Failure } from "@rollcall/core/domain/failure.ts";
import type { App } from "../http/deps.ts";

const MOST_BYTES = 8 * 1024;

/** Takes forms of pages in this scope; elsewhere only JSON is taken. */
export function readForm(scope: App): void {
  scope.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: MOST_BYTES },
    (_request, body, done) => {
      const fields: Record<string, string> = Object.create(null);
      for (const [name, value] of new URLSearchParams(String(body))) {
        if (name in fields) return done(new Failure("invalid_input", `${name.slice(0, 60)} stands twice in the form`));
        fields[name] = value;
      }
      done(null, { ...fields });
    },
  );
}
