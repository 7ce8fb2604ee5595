// Is a cell of every type written, read back and cleared by airtable.js?
import assert from "node:assert/strict";
import { check } from "./suite.mjs";

const ADA = { id: "usrAda00000000000", email: "ada@example.com", name: "Ada" };
for (const [field, written, read = written] of [
  ["Key", "text"],
  ["Long", "two\nlines"],
  ["Mail", "a@example.com"],
  ["Link", "https://example.com/"],
  ["Phone", "+49 30 123"],
  ["Number", 12.5],
  ["Number", -0.25],
  ["Percent", 0.125],
  ["Money", 99.99],
  ["Duration", 3661],
  ["Rating", 4],
  ["Done", true],
  ["Day", "2026-02-03"],
  ["Moment", "2026-02-03T04:05:06.000Z"],
  ["Moment", "2026-02-03T04:05:06+02:00", "2026-02-03T02:05:06.000Z"],
  ["One", "red"],
  ["Many", ["b", "a"]],
  ["Person", { id: ADA.id }, ADA],
  ["People", [{ id: ADA.id }], [ADA]],
  ["Code", { text: "123", type: "ean13" }],
  ["Key", "\u{1F600} Grüße — ‮"],
]) {
  check(`a cell of ${field} holds ${JSON.stringify(written)}`, async ({ kitchen }) => {
    const made = await kitchen.create({ [field]: written });
    assert.deepEqual(made.get(field), read);
    assert.deepEqual((await kitchen.find(made.id)).get(field), read);
    assert.equal((await kitchen.update(made.id, { [field]: null })).get(field), undefined);
  });
}

check("a rich text holds its marks", async ({ kitchen }) => {
  assert.equal((await kitchen.create({ Rich: "**bold**" })).get("Rich"), "**bold**\n");
});

check("an unticked checkbox is left out", async ({ kitchen }) => {
  assert.equal((await kitchen.create({ Done: false })).get("Done"), undefined);
});

check("a record links to another of its own table", async ({ kitchen }) => {
  const first = await kitchen.create({ Key: "first" });
  const second = await kitchen.create({ Self: [first.id] });
  assert.deepEqual(second.get("Self"), [first.id]);
});

check("computed cells are there in the answer", async ({ kitchen }) => {
  const made = await kitchen.create({ Number: 21, Day: "2026-02-28" });
  assert.deepEqual([made.get("Double"), made.get("Next day"), made.get("Auto")], [42, "2026-03-01", 1]);
  assert.equal(made.get("Made"), made._rawJson.createdTime);
  assert.equal(made.get("Made by").name, "Owner");
});
