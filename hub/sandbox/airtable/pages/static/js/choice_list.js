// Which options does a select offer, narrowed by what is typed? A listbox under its text box, in the
// top layer, so that nothing clips it.
import { chip } from "./cells.js";
import { h, icon } from "./dom.js";
import { parse } from "./parse.js";

let serial = 0;

export class ChoiceList {
  constructor({ field, value, control, many, chosen }) {
    Object.assign(this, { field, control, many, chosen });
    this.choices = field.options?.choices ?? [];
    this.added = false;
    this.picked = many ? [...(value ?? [])] : [value].filter(Boolean);
    this.at = -1;
    serial += 1;
    this.id = `choices-${serial}`;
    this.list = h("ul", { class: "choice-list", id: this.id, role: "listbox", "aria-label": `Options of ${field.name}`,
      "aria-multiselectable": many ? "true" : null });
    this.element = h("div", { class: "choice-popup", popover: "manual" }, this.list);
    control.setAttribute("role", "combobox");
    control.setAttribute("aria-expanded", "true");
    control.setAttribute("aria-controls", this.id);
    control.setAttribute("aria-autocomplete", "list");
    control.placeholder = many ? "Find an option…" : value || "Find an option…";
    control.addEventListener("input", () => this.#draw(true));
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && option.dataset.name !== undefined) this.#pick(option.dataset.name, Boolean(option.dataset.add));
    });
    this.#draw(control.value !== "");
  }

  show() { this.element.showPopover(); }

  place(box) {
    const room = innerHeight - box.bottom - 12;
    const height = Math.min(320, Math.max(room, 160));
    const above = room < 160 && box.top > room;
    this.element.style.left = `${Math.min(box.left, innerWidth - 228)}px`;
    this.element.style.top = above ? "auto" : `${box.bottom + 2}px`;
    this.element.style.bottom = above ? `${innerHeight - box.top + 2}px` : "auto";
    this.element.style.minWidth = `${Math.max(220, box.width)}px`;
    this.element.style.maxHeight = `${above ? Math.min(320, box.top - 12) : height}px`;
  }

  #draw(narrowed) {
    const wanted = this.control.value.trim().toLowerCase();
    const found = this.choices.filter((choice) => choice.name.toLowerCase().includes(wanted));
    const empty = !this.many && !wanted ? [h("li", { role: "option", class: "choice-option", id: `${this.id}-none`, data: { name: "" },
      "aria-selected": String(!this.picked.length) }, h("span", { class: "muted" }, "Empty"))] : [];
    this.options = [...empty, ...found.map((choice, index) => h("li", { role: "option", class: "choice-option", id: `${this.id}-${index}`,
      data: { name: choice.name }, "aria-selected": String(this.picked.includes(choice.name)) },
    chip(this.field, choice.name), this.picked.includes(choice.name) ? icon("check") : null))];
    if (wanted && !this.choices.some((choice) => choice.name.toLowerCase() === wanted)) {
      const name = this.control.value.trim();
      this.options.push(h("li", { role: "option", class: "choice-option", id: `${this.id}-new`, "aria-selected": "false", data: { name, add: "1" } },
        h("span", {}, "Add option ", h("strong", {}, name)), icon("plus")));
    }
    if (!this.options.length) {
      this.list.replaceChildren(h("li", { class: "choice-none muted small", role: "option", "aria-selected": "false", "aria-disabled": "true" }, "No such option"));
    } else this.list.replaceChildren(...this.options);
    const current = this.options.findIndex((option) => option.dataset.name === this.picked[0]);
    this.#light(narrowed || this.many ? 0 : Math.max(0, current));
  }

  #light(index) {
    this.options[this.at]?.classList.remove("lit");
    this.at = this.options.length ? Math.max(0, Math.min(index, this.options.length - 1)) : -1;
    const option = this.options[this.at];
    if (!option) { this.control.removeAttribute("aria-activedescendant"); return; }
    option.classList.add("lit");
    option.scrollIntoView({ block: "nearest" });
    this.control.setAttribute("aria-activedescendant", option.id);
  }

  #pick(name, added = false) {
    this.touched = true;
    this.added ||= added;
    if (!this.many) { this.picked = name ? [name] : []; this.chosen(); return; }
    this.picked = this.picked.includes(name) ? this.picked.filter((other) => other !== name) : [...this.picked, name];
    const at = this.at;
    this.control.value = "";
    this.#draw(false);
    this.#light(at);
  }

  /** Answer whether a key was ours. */
  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (steps[event.key]) this.#light(this.at + steps[event.key]);
    else if (event.key === "Enter" && this.at >= 0 && !(this.many && this.control.value === "" && this.touched)) this.#pick(this.options[this.at].dataset.name, Boolean(this.options[this.at].dataset.add));
    else if (event.key === "Backspace" && this.control.value === "" && this.picked.length) {
      this.touched = true;
      this.picked = this.picked.slice(0, -1);
      this.#draw(false);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** Answer {value} or {refused}. A text that names an option counts as picking it. */
  answer() {
    const text = this.control.value.trim();
    if (text && !this.touched) {
      const read = parse(this.field, text, () => []);
      if (read.refused && this.at < 0) return read;
      const lit = this.options[this.at]?.dataset.name;
      if (read.refused && this.options[this.at].dataset.add) return read;
      if (read.refused) return { value: this.many ? [...this.picked, lit] : lit };
      return this.many ? { value: [...new Set([...this.picked, ...read.value])] } : read;
    }
    return { value: this.many ? (this.picked.length ? this.picked : null) : this.picked[0] ?? null, typecast: this.added };
  }

  destroy() { this.element.remove(); }
}
