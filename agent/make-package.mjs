// Makes dist/package: the SDK as plain JavaScript with types, and the part of core that it needs beside it.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";

const agent = import.meta.dirname;
const core = join(agent, "../core");
const out = join(agent, "dist/package");
const SPECIFIER = /(?<=(?:from|import)\s*\(?\s*")[^"]+\.ts(?=")/g;

/** Where a source file lies in the package, without its ending. */
const placeOf = (file) => {
  const room = file.startsWith(join(core, "src/")) ? "core" : "agent";
  return join(out, room, relative(join(room === "core" ? core : agent, "src"), file)).replace(/\.ts$/, "");
};
const declarationsOf = (file) => {
  const room = file.startsWith(join(core, "src/")) ? core : agent;
  return join(room, "dist", relative(room, file)).replace(/\.ts$/, ".d.ts");
};
const resolve = (specifier, file) =>
  specifier.startsWith("@rollcall/core/")
    ? join(core, "src", specifier.slice("@rollcall/core/".length))
    : join(dirname(file), specifier);

/** The same text with its imports pointing to where their files lie in the package. */
const rewrite = (text, file) =>
  text.replaceAll(SPECIFIER, (specifier) => {
    // With its ending, or a file and a folder of one name are the same place.
    const path = relative(dirname(placeOf(file)), `${placeOf(resolve(specifier, file))}.js`);
    return path.startsWith(".") ? path : `./${path}`;
  });

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

rmSync(out, { recursive: true, force: true });
const done = new Set();
const waiting = [join(agent, "src/index.ts")];
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (done.has(file)) continue;
  done.add(file);
  const declarations = readFileSync(declarationsOf(file), "utf8").replace(/^\/\/# sourceMappingURL.*$/m, "");
  const script = stripTypeScriptTypes(readFileSync(file, "utf8"));
  write(`${placeOf(file)}.js`, rewrite(script, file));
  write(`${placeOf(file)}.d.ts`, rewrite(declarations, file));
  for (const text of [script, declarations])
    for (const [specifier] of text.matchAll(SPECIFIER)) waiting.push(resolve(specifier, file));
}
copyFileSync(join(agent, "../LICENSE"), join(out, "LICENSE"));
