// Which bases are there?
import { $, count, h, icon, plural } from "./dom.js";
import { readBases } from "./doors.js";

const place = $("bases");
const HUES = ["blue", "teal", "purple", "orange", "pink", "cyan"];

function card(base, index) {
  const tables = base.tables ?? [];
  const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  return h("a", { class: "card card-link base-card", href: `/${base.id}` },
    h("span", { class: `base-mark hue-${HUES[index % HUES.length]}`, "aria-hidden": true }, base.name.slice(0, 2)),
    h("span", { class: "base-words" },
      h("span", { class: "base-title" }, base.name),
      h("span", { class: "muted small" }, [plural(tables.length, "table"), rows ? plural(rows, "record") : ""].filter(Boolean).join(" · ")),
      h("span", { class: "base-tables" }, tables.slice(0, 10).map((table) =>
        h("span", { class: "base-table" }, table.name, table.rows === undefined ? "" : h("span", { class: "muted" }, ` ${count(table.rows)}`))))),
    icon("chevron-right", "base-go"));
}

async function open() {
  try {
    const { bases } = await readBases();
    place.replaceChildren(...bases.map(card));
    if (!bases.length) {
      place.append(h("div", { class: "empty" }, icon("database"), h("p", {}, "No base is here yet."),
        h("p", {}, "Start the stand-in with ", h("code", {}, "--load FILE"), " to bring one.")));
    }
  } catch (error) {
    place.replaceChildren(h("div", { class: "notice bad", role: "alert" }, icon("circle-x"),
      h("div", { class: "stack" }, h("p", {}, `The bases could not be read. ${error.message}`),
        h("p", {}, h("button", { class: "button", type: "button", onclick: open }, icon("refresh-cw"), "Try again")))));
  }
  place.setAttribute("aria-busy", "false");
}

open();
