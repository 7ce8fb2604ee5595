// How does the page ask and show? Native dialogs, built when they are needed.
import { $, h, icon, plural } from "./dom.js";

/** Open a dialog; it is removed when it closes. `body` may be a function of the dialog. */
export function openDialog({ title, body, foot = [], side = false, label = title, onclose = () => undefined }) {
  const close = h("button", { class: "button ghost icon-button", type: "button", "aria-label": "Close" }, icon("x"));
  const dialog = h("dialog", { class: side ? "dialog dialog-side" : "dialog", "aria-label": label });
  const content = h("div", { class: "dialog-body" });
  close.addEventListener("click", () => dialog.close("closed"));
  content.append(...[typeof body === "function" ? body(dialog) : body].flat().filter(Boolean));
  const feet = [typeof foot === "function" ? foot(dialog) : foot].flat();
  dialog.append(h("header", {}, h("h3", {}, title), close), content);
  if (feet.length) dialog.append(h("footer", {}, feet));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close("closed"); });
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => { dialog.remove(); onclose(dialog.returnValue); });
  $("dialogs").append(dialog);
  dialog.showModal();
  const inside = content.querySelector("a[href], button, input, select, textarea, [tabindex]");
  if (!inside && content.scrollHeight > content.clientHeight) content.tabIndex = 0;
  return dialog;
}

/** Ask for a yes. Answers a promise of it. */
export function confirm({ title, words, action }) {
  return new Promise((resolve) => {
    openDialog({ title, body: h("p", {}, words),
      foot: (dialog) => [h("button", { class: "button", type: "button", onclick: () => dialog.close("no") }, "Cancel"),
        h("button", { class: "button danger primary", type: "button", autofocus: true, onclick: () => dialog.close("yes") }, icon("trash-2"), action)],
      onclose: (value) => resolve(value === "yes") });
  });
}

/** Ask who is at work. */
export function askName(current, offered) {
  return new Promise((resolve) => {
    const names = [...new Set([current, ...offered])];
    const input = h("input", { class: "input", id: "name-input", value: current, maxlength: "60", autocomplete: "name", required: true });
    const form = h("form", { method: "dialog", class: "stack" });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim()) form.closest("dialog").close(input.value.trim());
    });
    form.append(h("p", { class: "muted" }, "Your name stands beside what you change, here and in the webhooks."),
      h("div", { class: "row" }, names.map((name) => h("button", { class: name === current ? "button primary" : "button", type: "button",
        onclick: () => form.closest("dialog").close(name) }, name))),
      h("div", { class: "field" }, h("label", { for: "name-input" }, "Or another name"), input),
      h("div", { class: "row row-apart" }, h("span"), h("button", { class: "button primary", type: "submit" }, "Use this name")));
    openDialog({ title: "Who are you?", body: form, onclose: (value) => resolve(value && value !== "closed" ? value : null) });
  });
}

const KEYS = [
  ["Move", [["Arrows", "one cell"], ["Ctrl + Arrow", "to the edge"], ["Home / End", "first, last column"], ["PgUp / PgDn", "a screen"], ["Tab", "right, Shift + Tab left"]]],
  ["Edit", [["Enter / F2", "edit, or pick links"], ["Any letter", "replace the cell"], ["Esc", "leave it as it was"], ["Delete", "empty the cells"], ["Ctrl + D", "fill down"], ["Shift + Enter", "add a row"], ["Ctrl + Del", "delete rows"]]],
  ["Select and copy", [["Shift + Arrow", "extend"], ["Ctrl + A", "everything"], ["Ctrl + C / X", "copy, cut"], ["Ctrl + V", "paste from any spreadsheet"]]],
  ["Everywhere", [["Ctrl + Z / Y", "undo, redo"], ["/", "search"], ["Space", "open the record"], ["Ctrl + [ / ]", "table before, next"], ["?", "this help"]]],
];

export function showHelp() {
  openDialog({ title: "Keyboard", body: h("div", { class: "key-groups" }, KEYS.map(([title, keys]) => h("section", { class: "stack-small" },
    h("h4", {}, title), h("dl", { class: "keys" }, keys.map(([key, words]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)]))))) });
}

/** List what a paste refused; `addOptions` pastes the cells that only lack an option. */
export function showRefused(list, addOptions) {
  const lacking = list.filter((item) => item.newOption && item.id);
  const names = new Set(lacking.map((item) => `${item.field.id} ${item.text.trim()}`));
  openDialog({
    foot: (dialog) => (lacking.length ? [h("button", { class: "button", type: "button", onclick: () => dialog.close("closed") }, "Leave them"),
      h("button", { class: "button primary", type: "button", onclick: () => { dialog.close("done"); addOptions(lacking); } }, icon("plus"),
        `Add ${plural(names.size, "option")} and paste`)] : []),
    title: `${plural(list.length, "cell")} not pasted`, body: [
    h("p", { class: "muted" }, "These cells kept their old value and are marked in the grid."),
    h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": "Refused cells" }, h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ["Line", "Field", "Came", "Why"].map((word) => h("th", { scope: "col" }, word)))),
      h("tbody", {}, list.slice(0, 200).map((item) => h("tr", {}, h("td", { class: "number" }, String(item.line)), h("td", {}, item.field.name),
        h("td", { class: "mono" }, item.text.slice(0, 80)), h("td", {}, item.reason))))))] });
}

/** Take away messages that offer something no longer meant. */
export function dropOffers() {
  for (const box of $("toasts").querySelectorAll(".toast[data-offer]")) box.remove();
}

/** Say something for a while; `action` is {words, run}. */
export function toast(words, kind = "ok", action = null) {
  const icons = { ok: "circle-check", bad: "circle-x", warn: "triangle-alert", idle: "info" };
  const box = h("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : "status", data: action?.words === "Undo" ? { offer: "undo" } : {} }, icon(icons[kind]), h("span", { class: "grow" }, words),
    action ? h("button", { class: "button small-button", type: "button", onclick: () => { box.remove(); action.run(); } }, action.words) : null,
    h("button", { class: "button ghost icon-button small-button", type: "button", "aria-label": "Dismiss", onclick: () => box.remove() }, icon("x")));
  $("toasts").append(box);
  while ($("toasts").children.length > 3) $("toasts").firstChild.remove();
  setTimeout(() => box.remove(), kind === "bad" || action ? 15000 : 5000);
}
