import { describe, expect, test } from "vitest";
import { personNamed } from "./name-person.ts";
import type { Person } from "./ports/directory.ts";

const personOf = ([id = "", name = "", mail = "", user = ""]: readonly string[]): Person => ({
  ...{ id, name, mails: [mail], slack: [{ team: "T1", user }], role: "operator" },
});
const OLGA = personOf(["10001", "Olga Novak", "olga@example.test", "U0OLGA"]);
const ADAM = personOf(["10002", "Adam", "a.smith@example.test", "U0ADAM"]);
const OTHER_ADAM = personOf(["10003", "Adam Smith", "adam@other.test", "U0OTHER"]);
const GONE: Person = { id: "10004", name: "Gus", mails: ["gus@example.test"], slack: [], role: null };
const ALL = [OLGA, ADAM, OTHER_ADAM, GONE];

const directory = {
  byId: (id: string) => ALL.find((one) => one.id === id) ?? null,
  byMail: (mail: string) => ALL.find(({ mails }) => mails.includes(mail)) ?? null,
  withRole: () => [OLGA, ADAM, OTHER_ADAM],
};

describe("a person is named", () => {
  test.each([
    ["10001", OLGA],
    ["olga@example.test", OLGA],
    ["@olga", OLGA],
    ["@Olga-Novak", OLGA],
    ["olga.novak", OLGA],
    ["<@U0OLGA>", OLGA],
    ["<@U0OLGA|adam>", OLGA],
    ["@U0ADAM", ADAM],
    ["@a.smith", ADAM],
    ["gus@example.test", GONE],
    ["@10004", GONE],
  ])("by %s", (words, person) => {
    expect(personNamed(words, directory)).toBe(person);
  });

  test("and never guessed: of two that fit neither is taken", () => {
    expect(() => personNamed("@adam", directory)).toThrow('"adam" fits 10002, 10003. Nothing was done.');
  });

  test.each(["@olg", "olga@example.tes", "@U0OLG", "", "@", "nobody"])("and nobody is %j", (words) => {
    expect(() => personNamed(words, directory)).toThrow("is nobody here");
  });
});
