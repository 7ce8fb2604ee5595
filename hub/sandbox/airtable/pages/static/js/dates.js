// How is a day or a moment written and read, in which order and in which zone?

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December"];
const pad = (number) => String(number).padStart(2, "0");
const formats = new Map();

/** Answer the IANA zone a dateTime field is shown in. */
export function zoneOf(field) {
  const zone = field.options?.timeZone ?? "utc";
  if (zone === "client") return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return zone === "utc" ? "UTC" : zone;
}

/** Answer a day {year, month, day} in the field's own order. */
function dayText(field, { year, month, day }) {
  switch (field.options?.dateFormat?.name) {
    case "us": return `${month}/${day}/${year}`;
    case "european": return `${day}/${month}/${year}`;
    case "friendly": return `${MONTHS[month - 1]} ${day}, ${year}`;
    case "iso": return `${year}-${pad(month)}-${pad(day)}`;
    default: return `${day} ${MONTHS[month - 1].slice(0, 3)} ${year}`;
  }
}

/** Answer how a date ("2026-11-24") is shown. */
export function showDate(field, value) {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(String(value));
  return found ? dayText(field, { year: +found[1], month: +found[2], day: +found[3] }) : String(value);
}

function partsIn(zone, moment) {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric",
      month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, +part.value]));
  return { year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute,
    second: parts.second };
}

/** Answer how a moment is shown in the field's zone. */
export function showDateTime(field, value) {
  const moment = new Date(value);
  if (Number.isNaN(moment.getTime())) return String(value);
  const parts = partsIn(zoneOf(field), moment);
  const time = field.options?.timeFormat?.name === "12hour"
    ? `${parts.hour % 12 || 12}:${pad(parts.minute)}${parts.hour < 12 ? "am" : "pm"}`
    : `${pad(parts.hour)}:${pad(parts.minute)}`;
  return `${dayText(field, parts)} ${time}`;
}

/** Answer {year, month, day} of what a person wrote, or null. Slashes follow the field's order. */
export function readDay(field, text) {
  const clean = text.trim().replace(/(\d)(st|nd|rd|th)\b/gi, "$1").replaceAll(",", " ");
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(clean);
  if (iso) return checked(+iso[1], +iso[2], +iso[3]);
  const numbers = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})$/.exec(clean);
  if (numbers) {
    const [a, b] = [+numbers[1], +numbers[2]];
    const year = fullYear(numbers[3]);
    const order = field.options?.dateFormat?.name ?? "local";
    const monthFirst = order === "us" || (order === "local" && navigator.language === "en-US");
    return (monthFirst ? checked(year, a, b) ?? checked(year, b, a) : checked(year, b, a) ?? checked(year, a, b));
  }
  const words = clean.toLowerCase().split(/[\s.-]+/).filter(Boolean);
  const at = words.findIndex((word) => monthOf(word) > 0);
  if (at < 0) return null;
  const rest = words.filter((_, index) => index !== at);
  const weekday = rest.findIndex((word) => /^(mon|tue|wed|thu|fri|sat|sun)/.test(word));
  if (weekday >= 0) rest.splice(weekday, 1);
  if (rest.length < 1 || rest.length > 2 || rest.some((word) => !/^\d+$/.test(word))) return null;
  if (rest[0].length === 4) return checked(+rest[0], monthOf(words[at]), +(rest[1] ?? 1));
  return checked(rest[1] ? fullYear(rest[1]) : new Date().getFullYear(), monthOf(words[at]), +rest[0]);
}

const fullYear = (text) => (text.length === 4 ? +text : +text + (+text < 70 ? 2000 : 1900));

function monthOf(word) {
  if (word.length < 3) return 0;
  return MONTHS.findIndex((month) => month.toLowerCase().startsWith(word)) + 1;
}

function checked(year, month, day) {
  const moment = new Date(Date.UTC(year, month - 1, day));
  const same = moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  return same && year > 0 && year < 10000 ? { year, month, day } : null;
}

/** Answer the ISO form of a day. */
export const isoDay = ({ year, month, day }) => `${String(year).padStart(4, "0")}-${pad(month)}-${pad(day)}`;

/** Answer the UTC moment of what a person wrote in the field's zone, or null. */
export function readDateTime(field, text) {
  const clean = text.trim();
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(clean)) {
    const moment = new Date(clean);
    return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
  }
  const found = /^(.*?)(?:[T\s]+(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?\s*(am|pm)?|[T\s]+(\d{1,2})\s*(am|pm))?$/i.exec(clean);
  const day = readDay(field, found?.[1] ?? "");
  if (!day) return null;
  let hour = +(found[2] ?? found[6] ?? 0);
  const half = (found[5] ?? found[7] ?? "").toLowerCase();
  if (half) hour = (hour % 12) + (half === "pm" ? 12 : 0);
  const minute = +(found[3] ?? 0);
  if (hour > 23 || minute > 59) return null;
  return momentIn(zoneOf(field), { ...day, hour, minute, second: +(found[4] ?? 0) });
}

function momentIn(zone, parts) {
  const asUtc = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const offsetAt = (moment) => {
    const p = partsIn(zone, new Date(moment));
    return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - moment;
  };
  const guess = asUtc - offsetAt(asUtc);
  return new Date(asUtc - offsetAt(guess)).toISOString();
}

/** Answer "just now", "5 min ago", or the local time, for "last edited". */
export function ago(value) {
  const moment = new Date(value);
  const seconds = (Date.now() - moment.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  return moment.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
