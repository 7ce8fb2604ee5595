// Which doors of the stand-in does a page knock at, and what does a refusal say?

/** A refusal or a failed connection, in words for a person. */
export class DoorError extends Error {
  constructor(message, { status = 0, type = "" } = {}) {
    super(message);
    this.status = status;
    this.type = type;
  }

  /** The server was not reached: the edit may be sent again. */
  get unreached() { return this.status === 0 || this.status === 502 || this.status === 503; }
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(`/_ui/${path}`, { cache: "no-store", ...options });
  } catch {
    throw new DoorError("The server does not answer.");
  }
  let body = null;
  try { body = await response.json(); } catch { /* an empty or broken answer is judged by its status */ }
  if (response.ok && body !== null) return body;
  const error = body?.error;
  const message = (typeof error === "object" && error?.message) || (typeof error === "string" && error)
    || `The server answered ${response.status}.`;
  throw new DoorError(message, { status: response.status, type: error?.type ?? "" });
}

const quoted = encodeURIComponent;

export const readBases = () => ask("bases");
export const readBase = (base) => ask(`bases/${quoted(base)}`);

export const readRows = (base, table, offset) => {
  const query = new URLSearchParams({ limit: "1000", ...(offset ? { offset } : {}) });
  return ask(`bases/${quoted(base)}/tables/${quoted(table)}/rows?${query}`);
};

export const sendEdit = (base, table, edit) => ask(`bases/${quoted(base)}/tables/${quoted(table)}/edits`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(edit),
});

export const eventsAddress = (base, after, user) =>
  `/_ui/bases/${quoted(base)}/events?${new URLSearchParams({ after: String(after), user })}`;
