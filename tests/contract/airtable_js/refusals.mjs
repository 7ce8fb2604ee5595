// Does airtable.js hear every refusal as it would from Airtable: status, type, message?
import assert from "node:assert/strict";
import { BASE, CLIENTS, CLIENT_0, CLIENT_1, DEALS, NOBODY, check } from "./suite.mjs";

const DENIED = [403, "NOT_AUTHORIZED", /not authorized/];
const TEN = [422, "INVALID_RECORDS", /up to 10/];
for (const [told, act, [status, type, message]] of [
  ["a wrong key", ({ client }) => client({ apiKey: "patWrong" }).base(BASE)("Clients").select().all(),
    [401, "AUTHENTICATION_REQUIRED", /valid api key/]],
  ["a base that is none", ({ client }) => client().base("appNowhere0000000")("T").select().all(), DENIED],
  ["a base out of the token's reach", ({ client }) => client({ apiKey: "patElsewhere" }).base(BASE)("Clients").select().all(), DENIED],
  ["a scope that the token lacks", ({ client }) => client({ apiKey: "patReader" }).base(BASE)("Clients").create({}), DENIED],
  ["a table that is none", ({ base }) => base("Nothing").select().all(), DENIED],
  ["a table in the wrong case", ({ base }) => base("clients").select().all(), DENIED],
  ["a record that is none", ({ clients }) => clients.find(NOBODY), DENIED],
  ["an update of a record that is none", ({ clients }) => clients.update(NOBODY, { Name: "x" }), DENIED],
  ["a destruction of a record that is none", ({ clients }) => clients.destroy(NOBODY), DENIED],
  ["a record id with a wrong form", ({ clients }) => clients.find("recShort"), [404, "NOT_FOUND", /find/]],
  ["a base id with a wrong form", ({ client }) => client().base("appShort")("T").select().all(), [404, "NOT_FOUND", /find/]],
  ["a destruction of several, one of them none", ({ clients }) => clients.destroy([CLIENT_0, NOBODY]), [404, "NOT_FOUND", /Nobody/]],
  ["an unknown field", ({ clients }) => clients.create({ Nope: 1 }), [422, "UNKNOWN_FIELD_NAME", /Unknown field name: "Nope"/]],
  ["an unknown field in an update", ({ clients }) => clients.update(CLIENT_0, { Nope: 1 }), [422, "UNKNOWN_FIELD_NAME", /Nope/]],
  ["a value that does not fit", ({ clients }) => clients.create({ Name: 1 }), [422, "INVALID_VALUE_FOR_COLUMN", /cannot accept/]],
  ["a value for a computed field", ({ clients }) => clients.create({ "Deal count": 1 }), [422, "INVALID_VALUE_FOR_COLUMN", /computed/]],
  ["a number that is a text", ({ deals }) => deals.create({ Amount: "7" }), [422, "INVALID_VALUE_FOR_COLUMN", /Amount/]],
  ["an option that is none", ({ clients }) => clients.create({ Stage: "Brand new" }), [422, "INVALID_MULTIPLE_CHOICE_OPTIONS", /Brand new/]],
  ["a link to a record that is none", ({ deals }) => deals.create({ Client: [NOBODY] }), [422, "ROW_DOES_NOT_EXIST", /Nobody/]],
  ["eleven records to create", ({ clients }) => clients.create(Array(11).fill({ fields: {} })), TEN],
  ["eleven records to change", ({ clients }) => clients.update(Array(11).fill({ id: CLIENT_0, fields: {} })), TEN],
  ["no records to create", ({ clients }) => clients.create([]), [422, "INVALID_RECORDS", /array/]],
  ["records without fields", ({ clients }) => clients.create([{}]), TEN],
  ["the same record twice", ({ clients }) => clients.update([CLIENT_0, CLIENT_0].map((id) => ({ id, fields: {} }))), [422, "INVALID_RECORDS", /multiple times/]],
  ["a batch with a record that is none", ({ clients }) => clients.update([CLIENT_0, NOBODY].map((id) => ({ id, fields: {} }))), [422, "ROW_DOES_NOT_EXIST", /Nobody/]],
  ["an upsert on no field", ({ clients }) => clients.update([{ fields: { Name: "x" } }], { performUpsert: { fieldsToMergeOn: [] } }), [422, "INVALID_REQUEST_UNKNOWN", /./]],
  ["an upsert on an unknown field", ({ clients }) => clients.update([{ fields: { Name: "x" } }], { performUpsert: { fieldsToMergeOn: ["Nope"] } }), [422, "UNKNOWN_FIELD_NAME", /Nope/]],
  ["an upsert that finds several", ({ clients }) => clients.update([{ fields: { Stage: "Lead" } }], { performUpsert: { fieldsToMergeOn: ["Stage"] } }), [422, "INVALID_REQUEST_UNKNOWN", /match/]],
  ["a page of none", ({ clients }) => clients.select({ pageSize: 0 }).all(), [422, "INVALID_REQUEST_UNKNOWN", /./]],
  ["a page of 101", ({ clients }) => clients.select({ pageSize: 101 }).all(), [422, "INVALID_REQUEST_UNKNOWN", /./]],
  ["an unknown field to show", ({ clients }) => clients.select({ fields: ["Nope"] }).all(), [422, "UNKNOWN_FIELD_NAME", /Nope/]],
  ["an unknown field to sort by", ({ clients }) => clients.select({ sort: [{ field: "Nope" }] }).all(), [422, "UNKNOWN_FIELD_NAME", /Nope/]],
  ["a view that is none", ({ clients }) => clients.select({ view: "Nope" }).all(), [422, "VIEW_NAME_NOT_FOUND", /View Nope not found/]],
  ["a view id that is none", ({ clients }) => clients.select({ view: "viwNope0000000000" }).all(), [422, "VIEW_ID_NOT_FOUND", /not found/]],
  ["a view of another table", ({ clients }) => clients.select({ view: "viwDeals000000000" }).all(), [422, "FAILED_STATE_CHECK", /viwDeals/]],
  ["a formula that is none", ({ clients }) => clients.select({ filterByFormula: "OR(" }).all(), [422, "INVALID_FILTER_BY_FORMULA", /Please check/]],
  ["a formula about an unknown field", ({ clients }) => clients.select({ filterByFormula: "{Nope}=1" }).all(), [422, "INVALID_FILTER_BY_FORMULA", /Unknown field names: nope/]],
  ["texts without a time zone", ({ clients }) => clients.select({ cellFormat: "string" }).all(), [422, "INVALID_REQUEST_UNKNOWN", /timeZone/]],
  ["an offset that is none", ({ base }) => base.makeRequest({ path: `/${DEALS}`, qs: { offset: "nonsense" } }), [422, "INVALID_OFFSET_VALUE", /nonsense/]],
  ["a body that is too large", ({ clients }) => clients.create({ Name: "x".repeat(11_000_000) }), [413, "REQUEST_TOO_LARGE", /too large/]],
  ["a cell that is too long", ({ kitchen }) => kitchen.create({ Long: "x".repeat(100_001) }), [422, "INVALID_VALUE_FOR_COLUMN", /Long/]],
  ["a route that is none", ({ base }) => base.makeRequest({ path: `/${CLIENTS}/${CLIENT_0}/wishes` }), [404, "NOT_FOUND", /find/]],
]) {
  check(`refused: ${told}`, async (world) => {
    const before = await world.control("save");
    const given = Object.assign(Object.create(world), { client: world.client.bind(world) });
    const error = await world.refusal(act(given));
    assert.deepEqual([error.statusCode, error.error], [status, type]);
    assert.match(error.message, message);
    assert.deepEqual(await world.control("save"), before);
  });
}

for (const [name, parameters] of [
  ["a pageSize that is a text", { pageSize: "9" }],
  ["a direction that is none", { sort: [{ field: "Name", direction: "up" }] }],
]) {
  check(`${name} is refused by the client before it is sent`, async (world) => {
    assert.throws(() => world.clients.select(parameters), /invalid parameters/);
    assert.deepEqual(await world.requests(), []);
  });
}

check("one bad record refuses the whole batch", async (world) => {
  const wish = [{ id: CLIENT_0, fields: { Name: "changed", Stage: "Fresh" } }, { id: CLIENT_1, fields: { Deals: [1] } }];
  await world.refusal(world.clients.update(wish, { typecast: true }));
  assert.equal((await world.clients.find(CLIENT_0)).get("Name"), "C0");
  assert.deepEqual(await world.edits(), []);
});
