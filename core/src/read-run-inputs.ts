import { Failure } from "./domain/failure.ts";
import { plain } from "./fleet-words.ts";
import {
  type DeclaredRun,
  type RunInput,
  type RunInputValue,
  refuseRunInputs,
  takesWords,
} from "./protocol/declared-run.ts";

/**
 * Inputs of a run as people type them, `month=11 kind=short`, as the run takes them.
 * @throws Failure "invalid_input" with what is allowed
 */
export function readRunInputs(run: DeclaredRun, words: readonly string[]): Record<string, RunInputValue> {
  const pairs = words.map((word) => pairOf(word, run));
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw refusal(`${twice[0]} is given twice`, run);
  const inputs = Object.fromEntries(pairs);
  const wrong = refuseRunInputs(run, inputs);
  if (wrong !== null) throw refusal(wrong, run);
  return inputs;
}

function pairOf(word: string, run: DeclaredRun): [string, RunInputValue] {
  const at = word.indexOf("=");
  if (at < 1) throw refusal(`"${plain(word)}" is no input; an input is name=value`, run);
  const [name, text] = [word.slice(0, at), word.slice(at + 1)];
  const input = Object.hasOwn(run.inputs, name) ? run.inputs[name] : undefined;
  return [name, input === undefined ? text : readValue(text, input)];
}

/** What cannot be read as what it should be stays text, and is refused with what is allowed. */
function readValue(text: string, { kind }: RunInput): RunInputValue {
  if (kind === "number" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (kind === "flag" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function refusal(message: string, run: DeclaredRun): Failure {
  const allowed = Object.entries(run.inputs).map(
    ([name, input]) => `${name}=${takesWords(input)}${input.required ? "" : " (may be left out)"}`,
  );
  return new Failure("invalid_input", message, { allowed, next: "Nothing was done." });
}
