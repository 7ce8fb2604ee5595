// What do the bars around the grid say: counts, the selection's sum, who edited, whether all is saved?
import { lockedWords } from "./cells.js";
import { ago } from "./dates.js";
import { $, h, hueOf, icon, initials, plural } from "./dom.js";
import { isNumeric, show } from "./values.js";

export class Bars {
  constructor(page) {
    this.page = page;
    this.status = { state: "live", error: null };
  }

  draw() {
    const { grid } = this.page;
    if (!grid?.selection) return;
    $("shown").textContent = grid.table.complete ? grid.shownWords() : `${plural(grid.table.rows.size, "record")} so far…`;
    $("filter").classList.toggle("is-on", grid.conditions.length > 0);
    $("filter").querySelector(".label-text").textContent = grid.conditions.length ? `Filter: ${grid.conditions.length}` : "Filter";
    const sorter = grid.sorters()[0];
    $("sort").classList.toggle("is-on", Boolean(sorter));
    $("sort").querySelector(".label-text").textContent = sorter ? `Sort: ${grid.table.field.get(sorter.column)?.name ?? ""}` : "Sort";
    this.drawSelection();
    const empty = grid.table.complete && grid.view().ids.length === 0;
    if (!empty) { $("blank").hidden = true; return; }
    if (grid.table.rows.size === 0) this.page.blank("table-2", "No records yet. Add a row, or paste a block from a spreadsheet.", h("button", { class: "button primary", type: "button", onclick: () => this.page.actions.addRow() }, icon("plus"), "Add row"));
    else this.page.blank("search", "No record matches the search or the filter.", h("button", { class: "button", type: "button", onclick: () => this.page.filter(grid, "", []) }, "Show all rows"));
  }

  drawSelection() {
    const { grid } = this.page;
    const block = grid?.selection?.block();
    const parts = [];
    let editor = "";
    if (block) {
      const { ids, fields } = grid.view();
      const rows = block.bottom - block.top + 1;
      const cells = rows * (block.right - block.left + 1);
      if (cells > 1) parts.push(plural(cells, "cell"));
      const field = fields[block.left];
      if (cells > 1 && block.left === block.right && isNumeric(field) && rows <= 20000) {
        const numbers = ids.slice(block.top, block.bottom + 1).map((id) => grid.table.rows.get(id)?.[field.id]).flat().filter((value) => typeof value === "number");
        const sum = numbers.reduce((total, value) => total + value, 0);
        if (numbers.length) parts.push(`Sum ${show(field, sum, this.page.base.names)}`, `Average ${show(field, sum / numbers.length, this.page.base.names)}`);
      }
      const whole = block.left === 0 && block.right === fields.length - 1;
      $("delete").hidden = !(whole || rows > 1);
      $("delete").querySelector(".label-text").textContent = `Delete ${plural(rows, "row")}`;
      const row = grid.table.rows.get(ids[block.row]);
      if (row?._by) editor = `${row._by} edited this row${row._at ? ` ${ago(row._at)}` : ""}`;
      if (cells === 1 && !editor) editor = lockedWords(field);
    } else $("delete").hidden = true;
    $("summary").textContent = parts.join(" · ");
    $("last-edit").textContent = editor;
  }

  /** Take news of the connection or of an edit, and show the status. */
  say(news) {
    Object.assign(this.status, news);
    const { state, error } = this.status;
    const [name, words, kind] = error ? ["triangle-alert", error, "warn"]
      : this.page.base.waiting > 0 ? ["loader", "Saving…", "run"]
        : state === "lost" ? ["wifi-off", "Reconnecting…", "warn"] : ["circle-check", "Saved", "ok"];
    const was = $("status").firstElementChild?.textContent;
    if (was !== words) $("status").replaceChildren(h("span", { class: `badge ${kind}` }, icon(name), h("span", {}, words)));
  }

  drawPeople(people) {
    const others = people.filter((name) => name !== this.page.base.user);
    $("people").hidden = others.length === 0;
    $("people").replaceChildren(...others.slice(0, 5).map((name) => h("span", { class: `avatar hue-${hueOf(name)}`, title: `${name} is here`, role: "img", "aria-label": `${name} is here` }, initials(name))));
  }

  showMe() {
    const name = this.page.base.user;
    const avatar = $("me").querySelector(".avatar");
    avatar.className = `avatar hue-${hueOf(name)}`;
    avatar.textContent = initials(name);
    $("me").querySelector(".me-name").textContent = name;
    $("me").setAttribute("aria-label", `You are ${name}. Change the name`);
  }
}
