// Which checks are there, and does the one that is asked for pass?
//
//   node run.mjs --list     prints every name, one a line
//   node run.mjs            answers each line {name, url, token} with a line {trouble}
import readline from "node:readline";
import { World, checks } from "./suite.mjs";
import "./reading.mjs";
import "./writing.mjs";
import "./cells.mjs";
import "./refusals.mjs";
import "./faults.mjs";

const LONGEST = 30_000;
let world = null;
process.on("unhandledRejection", (error) => world?.unhandled.push(String(error)));

async function trouble({ name, url, token }) {
  world = new World(url, token);
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${LONGEST} ms`)), LONGEST);
  });
  try {
    await Promise.race([checks.get(name)(world), late]);
    return world.unhandled.length ? `unhandled: ${world.unhandled}` : null;
  } catch (error) {
    return error?.stack ?? JSON.stringify(error);
  } finally {
    clearTimeout(timer);
  }
}

if (process.argv.includes("--list")) {
  console.log([...checks.keys()].join("\n"));
} else {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify({ trouble: await trouble(JSON.parse(line)) })}\n`);
  }
  process.exit();
}
