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
for (const one of operations) choice.append(new Option(one.name, one.name));
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
