// What is in the base, as far as this page knows, and which edits are on their way?
import { DoorError, readBase, readRows, sendEdit } from "./doors.js";
import { same, show } from "./values.js";

/** A row as the grid holds it: its fields by id beside _id, _created, _by, _at and _tx. */
function rowOf(wire, fields, transaction) {
  const row = { _id: wire.id, _created: wire.createdTime, _by: wire.lastEditedBy, _at: wire.lastEditedAt, _tx: transaction };
  for (const field of fields) row[field.id] = wire.fields[field.id] ?? null;
  return row;
}

/** One table: its schema, and its rows once somebody asked for them. */
class Table {
  constructor(schema) {
    this.rows = new Map();
    this.gone = new Map();
    this.loading = null;
    this.complete = false;
    this.describe(schema);
  }

  describe(schema) {
    this.schema = schema;
    this.id = schema.id;
    this.name = schema.name;
    this.fields = [...schema.fields].sort((a, b) => (b.id === schema.primaryFieldId) - (a.id === schema.primaryFieldId));
    this.field = new Map(schema.fields.map((field) => [field.id, field]));
    this.primary = this.field.get(schema.primaryFieldId) ?? this.fields[0];
  }
}

/** The base: reads, applies what others did, sends edits one after another. Tells by events. */
export class Base extends EventTarget {
  constructor(id) {
    super();
    this.id = id;
    this.tables = new Map();
    this.people = [];
    this.transaction = 0;
    this.pending = new Map();
    this.held = new Map();
    this.sending = Promise.resolve();
    this.waiting = 0;
    this.own = new Set();
    this.user = "Alex";
  }

  tell(type, detail = {}) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  /** Read the schema; `anew` also where the stream begins: the rows are read after it. */
  async open({ anew = true } = {}) {
    const answer = await readBase(this.id);
    this.name = answer.name;
    this.people = answer.people ?? this.people;
    if (anew) this.transaction = answer.transaction ?? 0;
    const before = this.tables;
    this.tables = new Map(answer.tables.map((schema) => {
      const known = before.get(schema.id);
      if (known) known.describe(schema);
      return [schema.id, known ?? new Table(schema)];
    }));
    return this;
  }

  /** Read a table's rows, once; tells "rows" after each page. */
  load(tableId) {
    const table = this.tables.get(tableId);
    if (!table) return Promise.resolve();
    table.loading ??= this.#read(table).catch((error) => { table.loading = null; throw error; });
    return table.loading;
  }

  async #read(table) {
    let offset;
    do {
      const page = await readRows(this.id, table.id, offset);
      const added = [];
      for (const wire of page.rows) {
        if ((table.gone.get(wire.id) ?? -1) > (page.transaction ?? 0) || table.rows.has(wire.id)) continue;
        const row = rowOf(wire, table.fields, page.transaction ?? 0);
        table.rows.set(row._id, row);
        added.push(row);
      }
      offset = page.next;
      table.complete = !offset;
      this.tell("loaded", { table, added, complete: table.complete });
    } while (offset);
  }

  /** The schema changed: where the fields stayed the same, only names and options are read again. */
  async reread() {
    const shape = () => JSON.stringify([...this.tables.values()].filter((table) => table.loading)
      .map((table) => [table.id, table.schema.primaryFieldId, table.schema.fields.map((field) => [field.id, field.type])]));
    const before = shape();
    await this.open({ anew: false });
    if (shape() === before) this.tell("schema"); else await this.forget();
  }

  /** Forget all rows and read the loaded tables again: the stream lost its place, or the schema changed. */
  async forget() {
    const loaded = [...this.tables.values()].filter((table) => table.loading);
    await this.open();
    for (const table of loaded) {
      table.rows.clear();
      table.gone.clear();
      table.loading = null;
      table.complete = false;
    }
    this.tell("reset");
    await Promise.all(loaded.filter((table) => this.tables.has(table.id)).map((table) => this.load(table.id)));
  }

  nameOf(tableId, recordId) {
    const table = this.tables.get(tableId);
    const row = table?.rows.get(recordId);
    if (!row) return undefined;
    return show(table.primary, row[table.primary.id], this.names) || "Unnamed record";
  }

  names = (tableId, recordId) => this.nameOf(tableId, recordId);

  find = (tableId, name) => {
    const wanted = name.trim().toLowerCase();
    const found = [];
    for (const id of this.tables.get(tableId)?.rows.keys() ?? []) {
      if (this.nameOf(tableId, id).toLowerCase() === wanted) found.push(id);
    }
    return found;
  };

  /** Take whole rows, from the stream or from an answer. */
  apply(tableId, wires, deleted, transaction, { user = "", at = "", answer = false } = {}) {
    // What our own edits answer may overtake the stream: only the stream says how far it came.
    if (!answer) this.transaction = Math.max(this.transaction, transaction);
    const table = this.tables.get(tableId);
    if (!table?.loading) return;
    const own = answer || this.own.has(transaction) || (user === this.user && this.waiting > 0);
    const added = [];
    const changed = [];
    for (const wire of wires) {
      const row = table.rows.get(wire.id);
      const next = rowOf(wire, table.fields, transaction);
      if (!row) {
        if ((table.gone.get(wire.id) ?? -1) > transaction) continue;
        table.rows.set(next._id, next);
        added.push(next);
      } else if (transaction >= row._tx) {
        changed.push(...this.#merge(table, row, next, answer));
      }
    }
    const removed = deleted.filter((id) => {
      table.gone.set(id, transaction);
      return table.rows.delete(id);
    });
    this.tell("rows", { table, added, changed, removed, user, at, own });
  }

  #merge(table, row, next, answer) {
    const cells = [];
    for (const field of table.fields) {
      const key = `${row._id} ${field.id}`;
      if (!answer && this.pending.has(key)) {
        this.held.set(key, { value: next[field.id], transaction: next._tx });
        continue;
      }
      if (same(row[field.id], next[field.id])) continue;
      cells.push({ row, field, before: row[field.id] });
      row[field.id] = next[field.id];
    }
    Object.assign(row, { _by: next._by, _at: next._at, _tx: next._tx });
    return cells.length ? cells : [{ row, field: null, before: null }];
  }

  #set(table, updates) {
    const changed = [];
    for (const { id, fields } of updates) {
      const row = table.rows.get(id);
      if (!row) continue;
      for (const [fieldId, value] of Object.entries(fields)) {
        changed.push({ row, field: table.field.get(fieldId), before: row[fieldId] });
        row[fieldId] = value;
      }
    }
    this.tell("rows", { table, added: [], changed, removed: [], user: this.user, at: "", own: true });
  }

  /** Cells whose edits have arrived take what others made of them meanwhile. */
  #release(table, updates, transaction) {
    for (const { id, fields } of updates) {
      for (const fieldId of Object.keys(fields)) {
        const key = `${id} ${fieldId}`;
        const held = this.held.get(key);
        if (!held || this.pending.has(key)) continue;
        this.held.delete(key);
        if (held.transaction > transaction) this.#set(table, [{ id, fields: { [fieldId]: held.value } }]);
      }
    }
  }

  #hold(updates, by) {
    for (const { id, fields } of updates) {
      for (const fieldId of Object.keys(fields)) {
        const key = `${id} ${fieldId}`;
        const left = (this.pending.get(key) ?? 0) + by;
        if (left > 0) this.pending.set(key, left); else this.pending.delete(key);
      }
    }
  }

  /**
   * Make an edit: shown at once, sent in its turn. Answers {rows, entry}; the entry says what to
   * do to undo it. A refusal puts the cells back and is thrown.
   */
  edit(tableId, { create = [], update = [], remove = [], typecast = false }) {
    const table = this.tables.get(tableId);
    const before = update.map(({ id, fields }) => {
      const row = table.rows.get(id) ?? {};
      return { id, fields: Object.fromEntries(Object.keys(fields).map((fieldId) => [fieldId, row[fieldId] ?? null])) };
    });
    this.#set(table, update);
    this.#hold(update, 1);
    this.waiting += 1;
    this.tell("sending");
    const work = this.sending.then(() => this.#send(table, { create, update, remove, typecast }, before));
    this.sending = work.catch(() => undefined);
    return work;
  }

  async #send(table, { create, update, remove, typecast }, before) {
    const deleted = remove.map((id) => table.rows.get(id)).filter(Boolean)
      .map((row) => ({ id: row._id, fields: writable(table, row) }));
    try {
      const answer = await this.#patiently(table, { user: this.user, create, update, delete: remove, typecast });
      this.own.add(answer.transaction);
      this.#hold(update, -1);
      this.apply(table.id, answer.rows, remove, answer.transaction, { user: this.user, answer: true });
      this.#release(table, update, answer.transaction);
      const created = answer.rows.slice(0, create.length);
      const after = update.map(({ id, fields }) => ({ id, fields: Object.fromEntries(
        Object.keys(fields).map((fieldId) => [fieldId, table.rows.get(id)?.[fieldId] ?? null])) }));
      const entry = { table: table.id, before, after, deleted,
        created: created.map((wire, index) => ({ id: wire.id, fields: create[index].fields })) };
      this.#done();
      return { rows: created, entry };
    } catch (error) {
      this.#hold(update, -1);
      const back = before.map(({ id, fields }, index) => ({ id, fields: Object.fromEntries(
        Object.entries(fields).filter(([fieldId]) => same(table.rows.get(id)?.[fieldId], update[index].fields[fieldId]))) }));
      this.#set(table, back);
      this.#release(table, update, 0);
      this.#done(error);
      throw error;
    }
  }

  /** Send an edit; one without creates may be sent again when the server was not reached. */
  async #patiently(table, edit) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await sendEdit(this.id, table.id, edit);
      } catch (error) {
        if (!(error instanceof DoorError) || !error.unreached || edit.create.length || attempt >= 30) throw error;
        this.tell("unreached", { error });
        await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 500 * 2 ** attempt)));
      }
    }
  }

  #done(error = null) {
    this.waiting -= 1;
    this.tell("sent", { error, waiting: this.waiting });
  }
}

/** Answer the cells of a row that can be written back. */
function writable(table, row) {
  return Object.fromEntries(table.fields
    .filter((field) => row[field.id] !== null && !NOT_WRITTEN.has(field.type))
    .map((field) => [field.id, row[field.id]]));
}

const NOT_WRITTEN = new Set(["formula", "rollup", "count", "lookup", "multipleLookupValues", "autoNumber", "createdTime",
  "lastModifiedTime", "createdBy", "lastModifiedBy", "button", "externalSyncSource", "aiText", "multipleAttachments"]);
