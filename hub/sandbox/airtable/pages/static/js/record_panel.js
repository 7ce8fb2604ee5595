// What is in one record, who touched it last, and what changed in it while this page was open?
import { drawValue, iconOf } from "./cells.js";
import { ago } from "./dates.js";
import { h, icon } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { editorOf, show } from "./values.js";

/** Remembers what changed while the page is open, by record. */
export class Trail {
  constructor(base) {
    this.lines = new Map();
    base.addEventListener("rows", ({ detail }) => {
      for (const { row, field, before } of detail.changed) {
        if (!field) continue;
        const lines = this.lines.get(row._id) ?? [];
        lines.unshift({ field, before, after: row[field.id], user: detail.user, at: detail.at || new Date().toISOString() });
        this.lines.set(row._id, lines.slice(0, 30));
      }
    });
  }

  of(id) { return this.lines.get(id) ?? []; }
}

/** Show a record beside the grid; `edit(fieldId)` begins editing a cell of it. */
export function showRecord({ base, grid, id, trail, edit, remove }) {
  const { table } = grid;
  let shown = id;
  const body = h("div", { class: "stack" });
  const heading = h("p", { class: "record-name" });

  function draw() {
    const row = table.rows.get(shown);
    if (!row) { dialog.close("gone"); return; }
    heading.textContent = base.nameOf(table.id, shown);
    const fields = table.fields.map((field) => h("div", { class: "record-field" },
      h("dt", {}, icon(iconOf(field)), field.name, editorOf(field) ? null : icon("lock", "tiny-icon")),
      h("dd", {}, h("div", { class: "record-value" }, drawValue(field, row[field.id], base.names) || h("span", { class: "muted" }, "—")),
        editorOf(field) ? h("button", { class: "button ghost icon-button small-button", type: "button", "aria-label": `Edit ${field.name}`,
          onclick: () => { dialog.close("edit"); edit(shown, field.id); } }, icon("pencil")) : null)));
    const lines = trail.of(shown).map((line) => h("li", {},
      h("p", { class: "small" }, h("strong", {}, line.user || "Somebody"), ` changed ${line.field.name}`, h("span", { class: "muted" }, ` · ${ago(line.at)}`)),
      h("p", { class: "small change" }, h("del", {}, show(line.field, line.before, base.names) || "empty"), " → ",
        h("ins", {}, show(line.field, line.after, base.names) || "empty"))));
    body.replaceChildren(heading,
      h("p", { class: "muted small" }, row._by ? `Last edited by ${row._by}${row._at ? `, ${ago(row._at)}` : ""}` : `Created ${ago(row._created)}`,
        h("span", { class: "mono tiny" }, ` · ${shown}`)),
      h("dl", { class: "record-fields" }, fields),
      h("h4", {}, "Changes seen here"),
      lines.length ? h("ul", { class: "trail" }, lines) : h("p", { class: "muted small" }, "None since this page was opened."));
  }

  function step(by) {
    const { ids, index } = grid.view();
    const next = ids[index.get(shown) + by];
    if (!next) return;
    shown = next;
    grid.selection.select(next, grid.selection.active()?.field ?? table.primary.id);
    draw();
  }

  const redraw = ({ detail }) => { if (detail.table === table) draw(); };
  const dialog = openDialog({ title: table.name, side: true, label: `Record of ${table.name}`, body,
    foot: () => [h("button", { class: "button danger", type: "button", onclick: () => { dialog.close("delete"); remove(shown); } }, icon("trash-2"), "Delete"),
      h("span", { class: "grow" }),
      h("button", { class: "button", type: "button", title: "The record above (K)", onclick: () => step(-1) }, icon("arrow-up"), "Previous"),
      h("button", { class: "button", type: "button", title: "The record below (J)", onclick: () => step(1) }, icon("arrow-down"), "Next")],
    onclose: () => { base.removeEventListener("rows", redraw); if (!document.querySelector("dialog[open]")) grid.holder.focus({ preventScroll: true }); } });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === "j" || event.key === "ArrowDown") { step(1); event.preventDefault(); }
    if (event.key === "k" || event.key === "ArrowUp") { step(-1); event.preventDefault(); }
  });
  base.addEventListener("rows", redraw);
  draw();
}
