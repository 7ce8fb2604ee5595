// What does airtable.js make of each fault: what does its caller see, what took effect?
import assert from "node:assert/strict";
import { BASE, CLIENTS, CLIENT_0, CLIENT_1, check, id, names } from "./suite.mjs";

const made = async (world, name) =>
  (await world.clients.select({ filterByFormula: `{Name}='${name}'` }).all()).length;

// The client draws its pauses, of up to 5 s, 10 s, ..., from Math.random: short ones here.
async function hastily(run) {
  const random = Math.random;
  Math.random = () => 0.005;
  try {
    return await run();
  } finally {
    Math.random = random;
  }
}

async function until(accepts) {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await accepts()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it never came");
}

check("dropped before the write: an error, and nothing written", async (world) => {
  await world.fault("drop_before", { method: "POST" });
  const error = await world.refusal(world.clients.create({ Name: "lost" }));
  assert.match(String(error), /socket hang up|ECONNRESET/);
  assert.equal(await made(world, "lost"), 0);
});

check("dropped after the write: an error, and the record is there", async (world) => {
  await world.fault("drop_after", { method: "POST" });
  const error = await world.refusal(world.clients.create({ Name: "there" }));
  assert.match(String(error), /socket hang up|ECONNRESET/);
  assert.equal(await made(world, "there"), 1);
});

check("makeRequest tells a lost connection by its name", async (world) => {
  await world.fault("drop_before");
  const error = await world.refusal(world.base.makeRequest({ path: `/${CLIENTS}` }));
  assert.deepEqual([error.error, error.statusCode], ["CONNECTION_ERROR", null]);
});

check("an answer that is late is waited for", async (world) => {
  await world.fault("delay", { seconds: 0.2 });
  const begun = Date.now();
  assert.equal((await world.clients.select().all()).length, 3);
  assert.ok(Date.now() - begun >= 195);
});

for (const [kind, count] of [["delay", 0], ["delay_after", 1]]) {
  check(`a ${kind} beyond the client's patience is given up on, and still takes effect`, async (world) => {
    await world.fault(kind, { seconds: 0.6, method: "POST" });
    const clients = world.client({ requestTimeout: 150 }).base(BASE)("Clients");
    const error = await world.refusal(clients.create({ Name: "slow" }));
    assert.match(String(error), /abort/);
    assert.equal(await made(world, "slow"), count);
    await until(async () => (await world.requests()).some((each) => each.method === "POST"));
    assert.equal(await made(world, "slow"), 1);
  });
}

check("429: the client waits, asks again, and succeeds", async (world) => {
  await world.fault("status", { status: 429, times: 2 });
  const found = await hastily(() => world.clients.select().all());
  assert.equal(found.length, 3);
  assert.deepEqual((await world.requests()).map((each) => each.status), [429, 429, 200]);
});

check("429 to a write: written once in the end", async (world) => {
  await world.fault("status", { status: 429, times: 3, method: "POST" });
  await hastily(() => world.clients.create({ Name: "patient" }));
  assert.equal(await made(world, "patient"), 1);
});

check("429 without end: the client never gives up by itself", async (world) => {
  await world.fault("status", { status: 429, times: 100_000 });
  let ended = false;
  const reading = hastily(() => world.clients.select().all()).then((found) => {
    ended = true;
    return found;
  });
  await until(async () => (await world.requests()).length >= 4);
  assert.equal(ended, false);
  await world.control("faults/clear", {});
  assert.equal((await reading).length, 3);
});

check("429 with noRetryIfRateLimited is told at once", async (world) => {
  await world.fault("status", { status: 429 });
  const clients = world.client({ noRetryIfRateLimited: true }).base(BASE)("Clients");
  const error = await world.refusal(clients.select().all());
  assert.deepEqual([error.statusCode, error.error], [429, "TOO_MANY_REQUESTS"]);
});

for (const [status, type] of [[500, "SERVER_ERROR"], [502, "SERVER_ERROR"], [503, "SERVICE_UNAVAILABLE"], [504, "SERVER_ERROR"]]) {
  check(`a burst of ${status} is told each time, then over`, async (world) => {
    await world.fault("status", { status, times: 3 });
    for (let time = 0; time < 3; time += 1) {
      const error = await world.refusal(world.clients.select().all());
      assert.deepEqual([error.statusCode, error.error], [status, type]);
    }
    assert.equal((await world.clients.select().all()).length, 3);
  });
}

check("HTML instead of JSON is an unexpected error", async (world) => {
  await world.fault("html");
  const error = await world.refusal(world.clients.select().all());
  assert.deepEqual([error.statusCode, error.error], [502, "UNEXPECTED_ERROR"]);
});

check("truncated JSON: makeRequest says that it was invalid", async (world) => {
  await world.fault("truncate");
  const error = await world.refusal(world.base.makeRequest({ path: `/${CLIENTS}` }));
  assert.deepEqual([error.statusCode, error.error], [200, "UNEXPECTED_ERROR"]);
  assert.match(error.message, /invalid JSON/);
});

check("truncated JSON: select never answers, the client trips over it", async (world) => {
  await world.fault("truncate");
  let ended = false;
  world.clients.select().all().then(() => { ended = true; });
  await until(() => world.unhandled.length > 0);
  assert.match(world.unhandled.splice(0).join(), /TypeError/);
  assert.equal(ended, false);
});

check("a partial list looks complete", async (world) => {
  await world.fault("partial_list");
  assert.equal((await world.clients.select().all()).length, 1);
  assert.equal((await world.clients.select().all()).length, 3);
});

check("an expired iterator ends a scan", async (world) => {
  await world.fault("expire_iterators", { skip: 1 });
  const error = await world.refusal(world.clients.select({ pageSize: 1 }).all());
  assert.deepEqual([error.statusCode, error.error], [422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"]);
});

check("a pause of more than five minutes ends a scan", async (world) => {
  const error = await world.refusal(new Promise((resolve, reject) => {
    world.clients.select({ pageSize: 1 }).eachPage(
      (_, next) => world.control("clock", { seconds: 301 }).then(next),
      (problem) => (problem ? reject(problem) : resolve()),
    );
  }));
  assert.equal(error.error, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE");
});

for (const [status, type] of [[403, "NOT_AUTHORIZED"], [404, "NOT_FOUND"]]) {
  check(`a record just made answers ${status} for a while`, async (world) => {
    const { id: fresh } = await world.clients.create({ Name: "fresh" });
    await world.fault("hide_new", { path: fresh, seconds: 5, status, times: 99 });
    const error = await world.refusal(world.clients.find(fresh));
    assert.deepEqual([error.statusCode, error.error], [status, type]);
    await world.control("clock", { seconds: 6 });
    assert.equal((await world.clients.find(fresh)).get("Name"), "fresh");
  });
}

check("permission is withdrawn in the middle of a scan", async (world) => {
  await world.fault("status", { status: 403, skip: 1 });
  const error = await world.refusal(world.clients.select({ pageSize: 1 }).all());
  assert.deepEqual([error.statusCode, error.error], [403, "NOT_AUTHORIZED"]);
});

check("a field is renamed in the middle of a scan", async (world) => {
  await world.fault("schema_before", { skip: 1, base: BASE, table: CLIENTS, field: "Stage", rename: "State" });
  const found = await world.clients.select({ pageSize: 1 }).all();
  assert.deepEqual(names(found, "Stage"), ["Lead", undefined, undefined]);
  assert.deepEqual(names(found, "State"), [undefined, "Lead", "Lead"]);
});

check("a field that is asked for is removed in the middle of a scan", async (world) => {
  await world.fault("schema_before", { skip: 1, base: BASE, table: CLIENTS, field: "Stage" });
  const error = await world.refusal(world.clients.select({ pageSize: 1, fields: ["Stage"] }).all());
  assert.deepEqual([error.statusCode, error.error], [422, "UNKNOWN_FIELD_NAME"]);
});

check("a person's edit between read and write is overwritten unseen", async (world) => {
  const read = await world.clients.find(CLIENT_0);
  const update = [{ id: CLIENT_0, fields: { Name: "Robin's" } }];
  await world.fault("edit_before", { method: "PATCH", base: BASE, table: CLIENTS, edit: { user: "Robin", update } });
  const answer = await world.clients.update(CLIENT_0, { Name: "ours" });
  const log = (await world.edits()).map((each) => [each.user, each.before, each.after]);
  assert.deepEqual([read.get("Name"), answer.get("Name")], ["C0", "ours"]);
  assert.deepEqual(log, [["Robin", "C0", "Robin's"], ["Owner", "Robin's", "ours"]]);
});

check("a person's edit after the write is not in its answer", async (world) => {
  const update = [{ id: CLIENT_1, fields: { [id("Name")]: "later" } }];
  await world.fault("edit_after", { method: "PATCH", base: BASE, table: CLIENTS, edit: { user: "Robin", update } });
  assert.equal((await world.clients.update(CLIENT_1, { Name: "ours" })).get("Name"), "ours");
  assert.equal((await world.clients.find(CLIENT_1)).get("Name"), "later");
});
