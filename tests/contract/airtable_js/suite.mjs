// What does a check of airtable.js look like, and what is it given?
import Airtable from "airtable";

export const checks = new Map();

// Declare a check: a name, and a function of the world that throws when something is wrong.
export function check(name, run) {
  if (checks.has(name)) throw new Error(`two checks are called ${name}`);
  checks.set(name, run);
}

export const BASE = "appSample00000000";
export const CLIENTS = "tblClients0000000";
export const DEALS = "tblDeals000000000";
export const KITCHEN = "tblKitchenSink000";
export const [CLIENT_0, CLIENT_1, CLIENT_2] = [0, 1, 2].map((number) => `recClient0000${number}000`);
export const DEAL_0 = "recDeal0000000000";
export const NOBODY = "recNobody00000000";
export const id = (name) => `fld${name.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 14).padEnd(14, "0")}`;

// One stand-in with the sample base, and the client as it is published: only its address is ours.
export class World {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.base = this.client().base(BASE);
    this.clients = this.base("Clients");
    this.deals = this.base("Deals");
    this.kitchen = this.base("Kitchen / sink");
    this.unhandled = [];
  }

  client(options = {}) {
    return new Airtable({ endpointUrl: this.url, apiKey: this.token, ...options });
  }

  // Behind the scenes, as a test sees it.
  async control(path, body) {
    const asked = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/_control/${path}`, asked);
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(told)}`);
    return told;
  }

  fault(kind, details = {}) {
    return this.control("faults", { kind, ...details });
  }

  edit(table, wish) {
    return this.control("edit", { base: BASE, table, user: "Robin", ...wish });
  }

  async requests() {
    return (await this.control("requests")).requests;
  }

  async edits() {
    return (await this.control("edits")).edits;
  }

  // The words of airtable.js's error, or a complaint that there was none.
  async refusal(promise) {
    try {
      await promise;
    } catch (error) {
      return error;
    }
    throw new Error("nothing was refused");
  }
}

export const names = (records, field = "Name") => records.map((record) => record.get(field));
