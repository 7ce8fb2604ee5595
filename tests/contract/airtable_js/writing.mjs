// Does airtable.js write what it is asked to: one, many, replacing, upserting, linking, deleting?
import assert from "node:assert/strict";
import { BASE, CLIENTS, CLIENT_0, CLIENT_1, CLIENT_2, DEALS, DEAL_0, check, id, names } from "./suite.mjs";

check("create one", async ({ clients }) => {
  const made = await clients.create({ Name: "New", Stage: "Won" });
  assert.deepEqual([made.get("Name"), made.get("Stage")], ["New", "Won"]);
  assert.equal((await clients.find(made.id)).get("Name"), "New");
});

check("create with a callback", async ({ clients }) => {
  const made = await new Promise((resolve, reject) => {
    clients.create({ Name: "called" }, (error, record) => (error ? reject(error) : resolve(record)));
  });
  assert.equal(made.get("Name"), "called");
});

check("create an empty record", async ({ clients }) => {
  assert.equal((await clients.create({})).get("Name"), undefined);
});

check("create ten, answered in their order", async ({ clients }) => {
  const wanted = [...Array(10).keys()].map((number) => `N${number}`);
  const made = await clients.create(wanted.map((Name) => ({ fields: { Name } })));
  assert.deepEqual(names(made), wanted);
});

check("create by field ids", async ({ clients }) => {
  const made = await clients.create([{ fields: { [id("Name")]: "by id" } }]);
  assert.equal(made[0].get("Name"), "by id");
});

check("create answers by field ids when asked", async ({ clients }) => {
  const made = await clients.create({ Name: "x" }, { returnFieldsByFieldId: true });
  assert.equal(made.fields[id("Name")], "x");
});

check("create with typecast makes options, numbers and linked records", async ({ clients, deals }) => {
  const made = await deals.create({ Title: "x", Amount: "1,200.5", Client: ["C2", "Newcomer"] }, { typecast: true });
  const linked = await Promise.all(made.get("Client").map((each) => clients.find(each)));
  assert.deepEqual([made.get("Amount"), names(linked)], [1200.5, ["C2", "Newcomer"]]);
});

check("twenty creates at once all land", async ({ clients }) => {
  await Promise.all([...Array(20).keys()].map((number) => clients.create({ Name: `P${number}` })));
  assert.equal((await clients.select({ filterByFormula: "LEFT({Name})='P'" }).all()).length, 20);
});

check("update one leaves the other cells", async ({ clients }) => {
  const changed = await clients.update(CLIENT_0, { Stage: "Won" });
  assert.deepEqual([changed.get("Name"), changed.get("Stage")], ["C0", "Won"]);
});

check("update many", async ({ clients }) => {
  const wish = [CLIENT_0, CLIENT_1].map((each, place) => ({ id: each, fields: { Name: `U${place}` } }));
  assert.deepEqual(names(await clients.update(wish)), ["U0", "U1"]);
});

check("update with typecast adds an option", async ({ clients }) => {
  await clients.update(CLIENT_0, { Stage: "Brand new" }, { typecast: true });
  assert.equal((await clients.find(CLIENT_0)).get("Stage"), "Brand new");
});

check("update many with typecast", async ({ deals }) => {
  const [changed] = await deals.update([{ id: DEAL_0, fields: { Amount: "7" } }], { typecast: true });
  assert.equal(changed.get("Amount"), 7);
});

for (const empty of [null, ""]) {
  check(`update with ${JSON.stringify(empty)} clears a cell`, async ({ clients }) => {
    assert.equal((await clients.update(CLIENT_0, { Name: empty })).get("Name"), undefined);
  });
}

check("replace one clears what is not named", async ({ clients }) => {
  const changed = await clients.replace(CLIENT_0, { Name: "only" });
  assert.deepEqual([changed.get("Name"), changed.get("Stage")], ["only", undefined]);
});

check("replace many clears what is not named", async ({ clients }) => {
  const [changed] = await clients.replace([{ id: CLIENT_0, fields: { Stage: "Lost" } }]);
  assert.deepEqual([changed.get("Name"), changed.get("Stage")], [undefined, "Lost"]);
});

check("a record saves itself", async ({ clients }) => {
  const found = await clients.create({ Name: "before" });
  found.fields = { Name: "before" };
  found.set("Name", "after");
  await found.save();
  assert.equal((await clients.find(found.id)).get("Name"), "after");
});

for (const [call, stage] of [["patchUpdate", "Lead"], ["updateFields", "Lead"], ["putUpdate", undefined], ["replaceFields", undefined]]) {
  check(`a record's ${call}`, async ({ clients }) => {
    const found = await clients.find(CLIENT_0);
    await found[call]({ Name: "changed" });
    const again = await clients.find(CLIENT_0);
    assert.deepEqual([again.get("Name"), again.get("Stage")], ["changed", stage]);
  });
}

check("destroy one", async ({ clients }) => {
  assert.equal((await clients.destroy(CLIENT_0)).id, CLIENT_0);
  assert.deepEqual(names(await clients.select().all()), ["C1", "C2"]);
});

check("destroy many", async ({ clients }) => {
  const gone = await clients.destroy([CLIENT_0, CLIENT_2]);
  assert.deepEqual(gone.map((each) => each.id), [CLIENT_0, CLIENT_2]);
  assert.deepEqual(names(await clients.select().all()), ["C1"]);
});

check("a record destroys itself", async ({ clients }) => {
  await (await clients.find(CLIENT_1)).destroy();
  assert.deepEqual(names(await clients.select().all()), ["C0", "C2"]);
});

check("an upsert changes what it finds and creates the rest", async ({ clients }) => {
  const wish = [{ fields: { Name: "C1", Stage: "Won" } }, { fields: { Name: "C9" } }];
  const [found, made] = await clients.update(wish, { performUpsert: { fieldsToMergeOn: ["Name"] } });
  assert.deepEqual([found.id, found.get("Stage"), made.get("Name")], [CLIENT_1, "Won", "C9"]);
});

check("an upsert on two fields", async ({ clients }) => {
  const wish = [{ fields: { Name: "C1", Stage: "Lead", "Hub ID": "h" } }, { fields: { Name: "C1", Stage: "Won" } }];
  const [found, made] = await clients.update(wish, { performUpsert: { fieldsToMergeOn: ["Name", "Stage"] } });
  assert.deepEqual([found.id, made.get("Stage")], [CLIENT_1, "Won"]);
  assert.notEqual(made.id, CLIENT_1);
});

check("an upsert that replaces", async ({ clients }) => {
  const [found] = await clients.replace([{ fields: { Name: "C1" } }], { performUpsert: { fieldsToMergeOn: ["Name"] } });
  assert.deepEqual([found.id, found.get("Stage")], [CLIENT_1, undefined]);
});

check("an upsert with typecast", async ({ deals }) => {
  const wish = [{ fields: { Title: "D0", Amount: "3" } }];
  const [found] = await deals.update(wish, { performUpsert: { fieldsToMergeOn: ["Title"] }, typecast: true });
  assert.deepEqual([found.id, found.get("Amount")], [DEAL_0, 3]);
});

check("an upsert tells what it created", async ({ base }) => {
  const body = { performUpsert: { fieldsToMergeOn: ["Name"] }, records: [{ fields: { Name: "C1" } }, { fields: { Name: "C9" } }] };
  const answer = await base.makeRequest({ method: "PATCH", path: `/${CLIENTS}`, body });
  assert.deepEqual(answer.body.updatedRecords, [CLIENT_1]);
  assert.equal(answer.body.createdRecords.length, 1);
});

check("a link is there from both sides", async ({ clients, deals }) => {
  const made = await deals.create({ Title: "linked", Client: [CLIENT_1] });
  assert.ok((await clients.find(CLIENT_1)).get("Deals").includes(made.id));
});

check("a link that is taken away is gone from both sides", async ({ clients, deals }) => {
  await deals.update(DEAL_0, { Client: [] });
  assert.equal((await deals.find(DEAL_0)).get("Client"), undefined);
  assert.ok(!(await clients.find(CLIENT_0)).get("Deals").includes(DEAL_0));
});

check("a single link is what people see; the other side may add to it", async ({ clients, deals }) => {
  const deals1 = (await clients.find(CLIENT_1)).get("Deals");
  await clients.update(CLIENT_1, { Deals: [...deals1, DEAL_0] });
  assert.deepEqual((await deals.find(DEAL_0)).get("Client"), [CLIENT_0, CLIENT_1]);
});

check("a destroyed record leaves the link cells", async ({ clients, deals }) => {
  await clients.destroy(CLIENT_0);
  assert.equal((await deals.find(DEAL_0)).get("Client"), undefined);
});

check("counts, totals and lookups follow a write", async ({ clients, deals }) => {
  const before = await clients.find(CLIENT_1);
  const made = await deals.create({ Title: "more", Amount: 1000, Client: [CLIENT_1] });
  const after = await clients.find(CLIENT_1);
  assert.equal(after.get("Deal count"), before.get("Deal count") + 1);
  assert.equal(after.get("Total"), before.get("Total") + 1000);
  assert.deepEqual(made.get("Client stage"), ["Lead"]);
});

check("an attachment by address is kept by its id beside another, and taken away", async ({ kitchen }) => {
  const made = await kitchen.create({ Files: [{ url: "https://example.com/a.png", filename: "a.png" }] });
  const [file] = made.get("Files");
  assert.equal(file.filename, "a.png");
  const more = await kitchen.update(made.id, { Files: [{ id: file.id }, { url: "https://example.com/b.txt" }] });
  assert.deepEqual(more.get("Files").map((each) => each.filename), ["a.png", "b.txt"]);
  assert.equal(more.get("Files")[0].id, file.id);
  assert.equal((await kitchen.update(made.id, { Files: [] })).get("Files"), undefined);
});

check("what is written stands in the log under its author", async (world) => {
  await world.clients.update(CLIENT_0, { Name: "logged" });
  const [edit] = await world.edits();
  assert.deepEqual([edit.user, edit.before, edit.after], ["Owner", "C0", "logged"]);
});

check("makeRequest writes by itself", async ({ base }) => {
  const answer = await base.makeRequest({ method: "POST", path: `/${DEALS}`, body: { fields: { Title: "raw" } } });
  assert.deepEqual([answer.statusCode, answer.body.fields.Title], [200, "raw"]);
});

check("comments are written, read, changed and taken back", async ({ base }) => {
  const path = `/${CLIENTS}/${CLIENT_0}/comments`;
  const made = (await base.makeRequest({ method: "POST", path, body: { text: "one" } })).body;
  await base.makeRequest({ method: "PATCH", path: `${path}/${made.id}`, body: { text: "two" } });
  assert.deepEqual((await base.makeRequest({ path })).body.comments.map((each) => each.text), ["two"]);
  await base.makeRequest({ method: "DELETE", path: `${path}/${made.id}` });
  assert.deepEqual((await base.makeRequest({ path })).body.comments, []);
});

check("two bases do not mix", async (world) => {
  const error = await world.refusal(world.client().base("appElsewhere00000")("Clients").find(CLIENT_0));
  assert.equal(error.statusCode, 403);
  assert.equal(world.base.getId(), BASE);
});
