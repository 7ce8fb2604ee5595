// The explorer: GraphiQL on our own API, with the published operations as examples.
const operations = JSON.parse(document.getElementById("operations").textContent);
const socket = new URL("/graphql", location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
const fetcher = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: socket.href });
const { createElement } = React;
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
const asked = new URLSearchParams(location.search);
const example = operations.find((one) => one.name === asked.get("operation")) ?? operations[0];
const theme = () => document.documentElement.dataset.theme || null;

const show = (chosen) => root.render(createElement(GraphiQL, {
  key: `${chosen?.name ?? ""} ${theme() ?? ""}`,
  fetcher,
  forcedTheme: theme() ?? "system",
  query: asked.get("query") ?? chosen?.query,
  variables: asked.get("variables") ?? chosen?.variables,
  shouldPersistHeaders: false,
  isHeadersEditorEnabled: false,
}));

const choice = document.getElementById("saved");
const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
for (const one of operations) choice.append(new Option(title(one.name), one.name));
if (example && !asked.get("query")) choice.value = example.name;
choice.closest(".explorer-bar").hidden = operations.length === 0;
choice.addEventListener("change", () => {
  const chosen = operations.find((one) => one.name === choice.value);
  if (!chosen) return;
  asked.delete("query");
  asked.delete("variables");
  show(chosen);
});
document.addEventListener("themechange", () => show(operations.find((one) => one.name === choice.value) ?? example));
show(example);

// CodeMirror's hidden fields have no names of their own.
const named = [[".graphiql-query-editor", "Operation"], [".result-window", "Answer"],
  [".graphiql-editor-tool", "Variables"]];
const name = () => {
  for (const [place, label] of named) {
    for (const field of document.querySelectorAll(`${place} textarea:not([aria-label])`)) {
      field.setAttribute("aria-label", label);
    }
  }
  for (const field of document.querySelectorAll("#graphiql textarea:not([aria-label])")) {
    field.setAttribute("aria-label", "Editor");
  }
};
new MutationObserver(name).observe(document.getElementById("graphiql"), { childList: true, subtree: true });
