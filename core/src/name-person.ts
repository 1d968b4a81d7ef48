import { Failure } from "./domain/failure.ts";
import { listed, nearest, oneOf, plain } from "./fleet-words.ts";
import type { Directory, Person } from "./ports/directory.ts";

/**
 * The person whom words name: an id, a mail address, `@name`, or a Slack user. Never a guess: who is blocked or lifted is
 * exactly who was named.
 * @throws Failure "not_found" with who was near, "invalid_input" if several fit
 */
export function personNamed(words: string, directory: Pick<Directory, "byId" | "byMail" | "withRole">): Person {
  const typed = words.trim();
  const name = typed.replace(/^<@([A-Z0-9]+)(?:\|[^<>]*)?>$/, "$1").replace(/^@/, "");
  const exact = directory.byId(name) ?? (name.includes("@") ? directory.byMail(name) : null);
  if (exact !== null) return exact;
  const people = directory.withRole("viewer");
  const fitting = people.filter((person) => fits(person, name));
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) throw nobody(name, people);
  const ids = fitting.map(({ id }) => id);
  throw new Failure("invalid_input", `"${plain(name)}" fits ${listed(ids)}. Nothing was done.`, {
    ...{ found: name.slice(0, 200), allowed: ids, next: "Name one of them by the id." },
  });
}

function nobody(name: string, people: readonly Person[]): Failure {
  const near = nearest(
    name,
    people.flatMap((person) => shortNames(person).slice(0, 1)),
    0.6,
  );
  const meant = near.length === 0 ? "An id, a mail address or @name is needed." : `Meant ${oneOf(near)}?`;
  const detail = { found: name.slice(0, 200), allowed: near };
  return new Failure("not_found", `"${plain(name)}" is nobody here. ${meant} Nothing was done.`, detail);
}

const fits = (person: Person, name: string): boolean =>
  person.slack.some(({ user }) => user === name) || shortNames(person).includes(name.toLowerCase());

/** The id, then what stands before the @ of each mail address, then the name written as one word. */
function shortNames({ id, mails, name }: Person): string[] {
  const locals = mails.map((mail) => mail.slice(0, mail.lastIndexOf("@")).toLowerCase());
  const words = name.toLowerCase().split(/\s+/);
  return [id, ...locals, words.join("-"), words.join("."), words.join("")];
}
