// Which records does a link cell hold? A dialog with what is linked on top and a search below.
import { h, icon, plural } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { isComputed, same, show } from "./values.js";

const MOST = 60;

/** Open the picker; `save(ids or null)` is called when something changed. */
export function pickLinks({ base, row, field, recordName, save, typed = "" }) {
  const table = base.tables.get(field.options.linkedTableId);
  const single = Boolean(field.options.prefersSingleRecordLink);
  let ids = [...(row[field.id] ?? [])];
  let lit = 0;
  let moved = false;
  const chosen = h("ul", { class: "linked", "aria-label": "Linked records" });
  const results = h("ul", { class: "results", role: "listbox", id: "link-results", "aria-label": `Records of ${table?.name ?? "the linked table"}` });
  const hint = h("p", { class: "hint", role: "status" });
  const search = h("input", { class: "input", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "link-results",
    "aria-label": `Search ${table?.name ?? ""}`, placeholder: `Search ${table?.name ?? ""}`, autocomplete: "off", value: typed, autofocus: true });
  const beside = (table?.fields ?? []).filter((other) => other.id !== table.primary.id && !["multipleRecordLinks", "multilineText"].includes(other.type)
    && !isComputed(other)).slice(0, 3);

  function drawChosen() {
    chosen.hidden = ids.length === 0;
    chosen.replaceChildren(...ids.map((id) => h("li", {}, h("span", {}, base.nameOf(table.id, id) ?? id),
      h("button", { type: "button", class: "button ghost icon-button small-button", "aria-label": `Unlink ${base.nameOf(table.id, id) ?? id}`,
        onclick: () => { ids = ids.filter((other) => other !== id); drawChosen(); drawResults(); search.focus(); } }, icon("x")))));
  }

  function found() {
    const wanted = search.value.trim().toLowerCase();
    const first = [];
    const rest = [];
    for (const id of table.rows.keys()) {
      if (ids.includes(id)) continue;
      const name = (base.nameOf(table.id, id) ?? "").toLowerCase();
      if (name.startsWith(wanted)) first.push(id); else if (name.includes(wanted)) rest.push(id);
      if (first.length > MOST) break;
    }
    return [...first, ...rest];
  }

  function drawResults() {
    const list = found();
    lit = Math.max(0, Math.min(lit, list.length - 1, MOST - 1));
    results.replaceChildren(...list.slice(0, MOST).map((id, index) => {
      const linked = table.rows.get(id);
      const words = beside.map((other) => show(other, linked[other.id], base.names)).filter(Boolean).join(" · ");
      return h("li", { role: "option", id: `link-${index}`, class: index === lit ? "result lit" : "result", "aria-selected": "false", data: { id } },
        h("span", { class: "result-name" }, base.nameOf(table.id, id)), h("span", { class: "muted small" }, words));
    }));
    hint.textContent = !table.complete ? "Still reading the records…" : list.length > MOST ? `${MOST} of many; type to narrow` : plural(list.length, "record");
    search.setAttribute("aria-activedescendant", list.length ? `link-${lit}` : "");
    results.children[lit]?.scrollIntoView({ block: "nearest" });
  }

  function pick(id) {
    ids = single ? [id] : [...ids, id];
    if (single) { dialog.close("done"); return; }
    search.value = "";
    drawChosen();
    drawResults();
    search.focus();
  }

  search.addEventListener("input", () => { lit = 0; drawResults(); });
  search.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { lit += step; moved = true; drawResults(); event.preventDefault(); }
    else if (event.key === "Enter") {
      event.preventDefault();
      const option = search.value.trim() || moved ? results.children[lit] : null;
      if (option) pick(option.dataset.id); else dialog.close("done");
    } else if (event.key === "Backspace" && search.value === "" && ids.length) {
      ids = ids.slice(0, -1);
      drawChosen();
      drawResults();
    }
  });
  results.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) pick(option.dataset.id);
  });

  const reading = () => { if (dialog.open) drawResults(); };
  const dialog = openDialog({ title: `${field.name} of ${recordName}`, body: [chosen, search, results, hint],
    foot: () => [h("button", { class: "button", type: "button", onclick: () => dialog.close("closed") }, "Cancel"),
      h("button", { class: "button primary", type: "button", onclick: () => dialog.close("done") }, icon("check"), "Done")],
    onclose: (value) => {
      base.removeEventListener("loaded", reading);
      if (value === "done" && !same(ids, row[field.id])) save(ids.length ? ids : null);
    } });
  dialog.classList.add("link-dialog");
  base.addEventListener("loaded", reading);
  base.load(table.id);
  drawChosen();
  drawResults();
  search.focus();
}
