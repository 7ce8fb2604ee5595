// What do others change while this page is open? One stream a page, closed while the page is
// hidden, resumed from the last transaction seen.
import { eventsAddress } from "./doors.js";

export class Live extends EventTarget {
  constructor(base) {
    super();
    this.base = base;
    this.source = null;
    this.again = null;
    this.tries = 0;
    this.started = false;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    window.addEventListener("pagehide", () => this.close());
    window.addEventListener("pageshow", () => this.open());
  }

  /** Begin to listen, once the base is read. */
  start() { this.started = true; this.open(); }

  open() {
    if (!this.started || this.source || document.hidden) return;
    clearTimeout(this.again);
    this.source = new EventSource(eventsAddress(this.base.id, this.base.transaction, this.base.user));
    this.source.onopen = () => { this.tries = 0; this.#state("live"); };
    this.source.onmessage = (event) => this.#take(JSON.parse(event.data));
    this.source.onerror = () => {
      this.close();
      this.#state("lost");
      this.tries += 1;
      this.again = setTimeout(() => this.open(), Math.min(8000, 300 * 2 ** this.tries));
    };
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.again);
  }

  /** The person's name changed: the stream says who looks. */
  reopen() { this.close(); this.open(); }

  #take(message) {
    if (message.people) this.dispatchEvent(new CustomEvent("people", { detail: message.people }));
    if (message.reset || message.schema_changed) {
      if (message.table !== undefined) this.#apply(message);
      (message.reset ? this.base.forget() : this.base.reread()).catch((error) => this.dispatchEvent(new CustomEvent("trouble", { detail: error })));
      return;
    }
    if (message.table !== undefined) this.#apply(message);
  }

  #apply(message) {
    this.base.apply(message.table, message.upserted ?? [], message.deleted ?? [], message.transaction,
      { user: message.user, at: message.at });
  }

  #state(state) { this.dispatchEvent(new CustomEvent("state", { detail: state })); }
}
