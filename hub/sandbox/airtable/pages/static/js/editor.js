// How is a cell edited in place? An editor lies over the cell, not in it: what others change
// meanwhile is drawn beneath, and the clash is said instead of overwriting either side.
import { h, icon } from "./dom.js";
import { ChoiceList } from "./choice_list.js";
import { parse } from "./parse.js";
import { editText, editorOf, same, show } from "./values.js";

export class Editor extends EventTarget {
  /** `place` is the layer over the grid; `save(id, field, value)` sends; `links(row, field)` opens the picker. */
  constructor({ place, base, save, links, say }) {
    super();
    Object.assign(this, { place, base, save, links, say });
    this.open = null;
    window.addEventListener("resize", () => this.follow());
  }

  get busy() { return this.open !== null; }

  /** Edit a cell; `typed` is the key that began it and replaces the value. */
  begin(grid, { id, field: fieldId }, typed = null) {
    if (this.open) this.finish();
    const field = grid.table.field.get(fieldId);
    const row = grid.table.rows.get(id);
    const kind = editorOf(field);
    if (!kind) { this.say(`${grid.tooltip(fieldId)}.`, "idle"); return; }
    if (kind === "checkbox") { this.save(id, field, row[fieldId] ? null : true); return; }
    if (kind === "links") { this.links(grid, row, field, typed ?? ""); return; }
    grid.selection.reveal();
    const open = { grid, id, field, row, kind, base: row[fieldId], note: h("div", { class: "editor-note", hidden: true }) };
    this.open = open;
    this.#make(open, typed);
    open.box = h("div", { class: `editor editor-${kind}`, data: { kind } }, open.control, open.extra ?? null, open.note);
    this.place.append(open.box);
    open.onscroll = () => this.follow();
    grid.holder.addEventListener("scroll", open.onscroll, { passive: true });
    this.follow();
    open.control.focus();
    if (open.control.select && typed === null && kind !== "long") open.control.select();
    else open.control.setSelectionRange?.(open.control.value.length, open.control.value.length);
    open.list?.show();
  }

  #make(open, typed) {
    const { field, kind, row } = open;
    const label = `${field.name}, ${this.base.nameOf(open.grid.table.id, row._id) ?? ""}`;
    const text = typed ?? editText(field, row[field.id]);
    const listed = kind === "select" || kind === "selects";
    open.control = kind === "long"
      ? h("textarea", { class: "editor-control", "aria-label": label, rows: "5", value: text })
      : h("input", { class: "editor-control", type: "text", "aria-label": label, autocomplete: "off", spellcheck: "false",
        value: listed ? typed ?? "" : text, inputmode: open.grid.table && ["number", "currency", "percent"].includes(field.type) ? "decimal" : null });
    open.control.addEventListener("keydown", (event) => this.#key(event));
    open.control.addEventListener("blur", () => setTimeout(() => this.#left(open)));
    open.control.addEventListener("input", () => this.#note(open, ""));
    if (listed) {
      open.list = new ChoiceList({ field, value: row[field.id], control: open.control, many: kind === "selects",
        chosen: () => { if (kind === "select") this.finish({ move: [1, 0] }); } });
      open.extra = open.list.element;
    }
    if (kind === "date") this.#calendar(open);
  }

  #calendar(open) {
    const picker = h("input", { type: "date", class: "editor-picker", tabindex: "-1", "aria-hidden": true,
      value: /^\d{4}-\d\d-\d\d/.exec(open.control.value)?.[0] ?? "" });
    picker.addEventListener("change", () => {
      const time = open.field.type === "dateTime" ? / \d.*$/.exec(open.control.value)?.[0] ?? " 00:00" : "";
      open.control.value = picker.value + time;
      open.control.focus();
    });
    open.extra = h("span", { class: "editor-extra" }, picker, h("button", { type: "button", class: "button ghost icon-button", tabindex: "-1",
      "aria-label": "Calendar", onmousedown: (event) => event.preventDefault(),
      onclick: () => { try { picker.showPicker(); } catch { open.control.focus(); } } }, icon("calendar")));
  }

  /** Keep the editor over its cell. */
  follow() {
    const { open } = this;
    if (!open) return;
    const cell = open.grid.cellElement(open.id, open.field.id);
    if (!cell) { open.box.classList.add("out-of-sight"); return; }
    open.box.classList.remove("out-of-sight");
    const outer = this.place.getBoundingClientRect();
    const box = cell.getBoundingClientRect();
    const least = open.kind === "long" ? 280 : open.kind === "date" ? 190 : 150;
    const width = Math.min(Math.max(box.width + 1, least), outer.width - 8);
    open.box.style.left = `${Math.max(0, Math.min(box.left - outer.left - 1, outer.width - width - 4))}px`;
    open.box.style.top = `${box.top - outer.top - 1}px`;
    open.box.style.width = `${width}px`;
    open.box.style.setProperty("--cell-height", `${box.height + 1}px`);
    open.list?.place(open.box.getBoundingClientRect());
  }

  #key(event) {
    const { open } = this;
    if (open.list?.key(event)) return;
    if (event.key === "Escape") { this.cancel(); event.stopPropagation(); event.preventDefault(); }
    else if (event.key === "Enter" && !(open.kind === "long" && event.shiftKey) && !event.isComposing) {
      event.preventDefault();
      this.finish({ move: open.kind === "long" ? [0, 0] : [event.shiftKey ? -1 : 1, 0] });
    } else if (event.key === "Tab") { event.preventDefault(); this.finish({ move: [0, event.shiftKey ? -1 : 1] }); }
    event.stopPropagation();
  }

  #left(open) {
    if (this.open !== open || open.box.contains(document.activeElement)) return;
    if (!document.hasFocus()) return;
    this.finish({ left: true });
  }

  #value(open) {
    if (open.list) return open.list.answer();
    const { field, control } = open;
    if (control.value === editText(field, open.base)) return { value: open.base };
    return parse(field, control.value, this.base.find);
  }

  /** Take what is written. A refusal keeps the editor open, or says what was not saved. */
  finish({ move = null, left = false } = {}) {
    const { open } = this;
    if (!open) return true;
    const answer = this.#value(open);
    if (answer.refused && !left) { this.#note(open, answer.refused, "bad"); return false; }
    this.#close(open, !left);
    if (answer.refused) this.say(`Not saved: ${answer.refused}.`, "bad");
    else if (!same(answer.value, open.base)) this.save(open.id, open.field, answer.value, { typecast: answer.typecast });
    if (move) open.grid.selection.move(...move);
    return true;
  }

  cancel() { if (this.open) this.#close(this.open, true); }

  #close(open, focus) {
    this.open = null;
    open.grid.holder.removeEventListener("scroll", open.onscroll);
    open.list?.destroy();
    open.box.remove();
    if (focus) open.grid.holder.focus({ preventScroll: true });
  }

  #note(open, text, kind = "") {
    open.note.hidden = !text;
    open.note.className = `editor-note ${kind}`;
    open.note.replaceChildren(text);
    if (kind === "bad") open.control.setAttribute("aria-invalid", "true"); else open.control.removeAttribute("aria-invalid");
    if (text) open.note.setAttribute("role", "alert");
  }

  /** Somebody changed cells: if it is the one being edited, say so and offer theirs. */
  clash(table, changed, user) {
    const { open } = this;
    if (!open || open.grid.table !== table) return;
    const hit = changed.find(({ row, field }) => row._id === open.id && field?.id === open.field.id);
    if (!hit) return;
    const theirs = show(open.field, hit.row[open.field.id], this.base.names) || "empty";
    this.#note(open, "", "warn");
    open.note.hidden = false;
    open.note.setAttribute("role", "alert");
    open.note.append(icon("git-merge"), h("span", {}, `${user || "Somebody"} made this “${theirs}”. Enter keeps yours.`),
      h("button", { type: "button", class: "button small-button", onmousedown: (event) => event.preventDefault(),
        onclick: () => this.cancel() }, "Take theirs"));
    open.base = Symbol("theirs");
  }

  /** The row was deleted while it was edited. */
  gone(ids) {
    const { open } = this;
    if (!open || !ids.includes(open.id)) return;
    const text = open.control.value;
    this.#close(open, true);
    this.say(`The record was deleted while you edited it. You had written: “${text}”.`, "warn");
  }
}
