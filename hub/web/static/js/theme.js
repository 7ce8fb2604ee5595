// Which theme does a person see? Loaded in <head> without `defer`, so that no page flashes.
// A button with [data-theme-toggle] goes light -> dark -> system.
(() => {
  "use strict";
  const root = document.documentElement;
  const read = () => {
    try { return localStorage.getItem("theme") || ""; } catch { return ""; }
  };
  const keep = (theme) => {
    try { localStorage.setItem("theme", theme); } catch { /* a private window: the choice lasts for the page */ }
  };
  const apply = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  };
  const label = (theme) => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", `Theme: ${theme || "as the system"}`);
      button.title = `Theme: ${theme || "as the system"}`;
    }
  };
  apply(read());
  document.addEventListener("DOMContentLoaded", () => label(read()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const now = root.dataset.theme || "";
    const next = now === "light" ? "dark" : now === "dark" ? "" : "light";
    keep(next);
    apply(next);
    label(next);
    document.dispatchEvent(new CustomEvent("themechange", { detail: next }));
  });
})();
