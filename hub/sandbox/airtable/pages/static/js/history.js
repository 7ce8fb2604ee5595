// What did this person do, and how is it taken back? An undo skips cells that changed since.
import { plural } from "./dom.js";
import { same } from "./values.js";

export class History extends EventTarget {
  constructor(base) {
    super();
    this.base = base;
    this.done = [];
    this.undone = [];
    this.steps = Promise.resolve();
    this.edits = 0;
  }

  /** Do an edit and remember it. Answers the base's answer. */
  async edit(tableId, edit, label) {
    const slot = { label, entry: null, work: null };
    this.done.push(slot);
    if (this.done.length > 200) this.done.shift();
    this.undone.length = 0;
    this.edits += 1;
    slot.work = this.base.edit(tableId, edit);
    this.#tell();
    try {
      const answer = await slot.work;
      slot.entry = answer.entry;
      return answer;
    } catch (error) {
      this.done = this.done.filter((other) => other !== slot);
      throw error;
    } finally {
      this.#tell();
    }
  }

  undo() { return this.#inTurn(() => this.#step(this.done, this.undone, "before")); }

  redo() { return this.#inTurn(() => this.#step(this.undone, this.done, "after")); }

  /** Steps go one after another, however fast the keys are pressed. */
  #inTurn(step) {
    const turn = this.steps.then(step);
    this.steps = turn.catch(() => undefined);
    return turn;
  }

  async #step(from, to, side) {
    const slot = from.pop();
    if (!slot) return "";
    this.#tell();
    const edits = this.edits;
    try {
      await slot.work;
      const { entry } = slot;
      const table = this.base.tables.get(entry.table);
      const backwards = side === "before";
      const wanted = backwards ? entry.before : entry.after;
      const expected = backwards ? entry.after : entry.before;
      let skipped = 0;
      const update = wanted.map(({ id, fields }, index) => ({ id, fields: Object.fromEntries(
        Object.entries(fields).filter(([fieldId]) => {
          const row = table.rows.get(id);
          const still = row && same(row[fieldId], expected[index].fields[fieldId]);
          if (!still) skipped += 1;
          return still;
        })) })).filter(({ fields }) => Object.keys(fields).length > 0);
      const create = (backwards ? entry.deleted : entry.created).filter(({ id }) => !table.rows.has(id));
      const remove = (backwards ? entry.created : entry.deleted).map(({ id }) => id).filter((id) => table.rows.has(id));
      if (create.length || update.length || remove.length) {
        slot.work = this.base.edit(entry.table, { create, update, remove });
        await slot.work;
      }
      if (side === "after" || edits === this.edits) to.push(slot);
      const note = skipped ? `; ${plural(skipped, "cell")} changed since and stayed` : "";
      return `${backwards ? "Undone" : "Done again"}: ${slot.label}${note}`;
    } catch (error) {
      throw new Error(`${side === "before" ? "Undo" : "Redo"} of “${slot.label}” was refused. ${error.message}`);
    } finally {
      this.#tell();
    }
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}
