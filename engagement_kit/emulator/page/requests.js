// Requests as they come in, newest first, each with all that is kept of it.

import { get } from "./ask.js";
import { pretty } from "./json.js";
import { panel } from "./lines.js";
import { byId, make, trying, write } from "./make.js";
import { bytes, clockTime, moment, number, plural } from "./words.js";

const SHOWN = 100;
const ASKED = 1000; // the whole log
const SPEAK_MS = 8000; // not more often than this to screen readers
const ENDINGS = {
  whole: "", cut: "half of the body, then closed", reset: "reset before a byte", silent: "closed before a byte",
};

let last = null; // the newest record that was seen
let begun = false; // what was there before is no news
let paused = false, spoke = 0, unspoken = 0;

export function begin() {
  const button = byId("requests-pause");
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    write(button, paused ? "Go on" : "Pause");
  });
  byId("requests-filter").addEventListener("change", (event) => {
    byId("requests-list").classList.toggle("only-wrong", event.target.value === "wrong");
  });
}

export function clear() {
  last = null;
  begun = false;
  byId("requests-list").replaceChildren();
}

// Asks for what came after the last record; that one again, for after a reset it is another one.
export async function heard(state) {
  if (paused) return;
  const served = state.requests_served;
  const { requests } = await get("log", { after: last ? last.number - 1 : 0, n: ASKED });
  if (last && (requests[0]?.number !== last.number || requests[0]?.at !== last.at)) {
    clear();
    if (served) return heard(state);
  }
  const fresh = last ? requests.slice(1) : requests;
  const first = !begun;
  begun = true;
  if (fresh.length) last = fresh.at(-1);
  add(fresh, first);
  about(served);
  speak(first ? 0 : fresh.length);
}

function add(fresh, first) {
  const list = byId("requests-list");
  const rows = fresh.slice(-SHOWN).map((one) => rowOf(one, first));
  list.prepend(...rows.reverse());
  const open = (row) => row.contains(document.activeElement);
  for (const row of [...list.children].slice(SHOWN)) if (!open(row)) row.remove();
}

function about(served) {
  const shown = byId("requests-list").children.length;
  byId("requests-none").hidden = shown > 0;
  write(byId("requests-about"), shown ? `The newest ${number(shown)} of ${number(served)}.` : "");
}

function speak(count) {
  unspoken += count;
  if (!unspoken || Date.now() - spoke < SPEAK_MS) return;
  const said = `${plural(unspoken, "new request")}; the last one: ${last.number}, ${last.endpoint || last.path}, ${last.status}.`;
  write(byId("requests-live"), said);
  spoke = Date.now();
  unspoken = 0;
}

function rowOf(one, first) {
  const wrong = one.status >= 400 || one.faults.length > 0;
  const id = `request-${one.number}`;
  const detail = make("div", { class: "panel", id, hidden: true });
  const who = { user: one.account, app: "app alone", anyone: "anyone", "": "not authenticated" };
  const toggle = make("button", {
    type: "button", class: "request-head", "aria-expanded": "false", "aria-controls": id,
    click: () => {
      detail.hidden = !detail.hidden;
      toggle.setAttribute("aria-expanded", String(!detail.hidden));
      if (!detail.childElementCount) open(one, detail);
    },
  },
  cell("request-number", `#${one.number}`),
  make("span", { class: `status ${one.status < 400 ? "good" : "bad"}` }, String(one.status)),
  cell("request-what", one.endpoint ? `${one.method} ${one.endpoint}` : `${one.method} ${one.path}`),
  cell("request-who", who[one.credential] ?? one.credential),
  make("span", { class: "request-meta muted" },
    make("span", {}, one.tweets ? plural(one.tweets, "tweet") : ""),
    make("span", {}, `${one.took_ms.toFixed(1)} ms`),
    make("span", {}, bytes(one.size)),
    make("span", {}, `${clockTime(one.at)} UTC`)),
  ...(one.faults.length ? [make("span", { class: "mark struck" }, `fault: ${one.faults.join(", ")}`)] : []),
  ...(one.status >= 400 ? [cell("request-reason", one.reason)] : []));
  const kind = `request${wrong ? " wrong" : ""}${first ? "" : " fresh"}`;
  return make("li", { class: kind }, toggle, detail);
}

const cell = (kind, text) => make("span", { class: kind }, text);

async function open(one, place) {
  const problem = make("p", { class: "problem", role: "alert", hidden: true });
  const reason = make("p", {}, make("strong", {}, "Decided: "), one.reason);
  place.append(reason, problem);
  const told = await trying(problem, () => get("request", { number: one.number }));
  if (!told) return;
  const { request, answer } = told;
  const waited = one.delay_s ? `, ${number(one.delay_s)} s later` : "";
  const ending = ENDINGS[answer.ending] ? `; ${ENDINGS[answer.ending]}` : "";
  const by = one.app ? ` App: ${one.app}.` : "";
  const when = `${clockTime(one.at)} UTC of real time, ${moment(one.world_time)} UTC of the world's.${by}`;
  place.append(
    make("p", { class: "muted" }, when),
    make("h4", {}, `Request: ${one.method} ${request.target}`),
    headers(request.headers, `Headers of request ${one.number}`),
    ...body(request.body, `Body of request ${one.number}`),
    make("h4", {}, `Answer: ${one.status}${waited}${ending}`),
    headers(answer.headers, `Headers of answer ${one.number}`),
    ...body(answer.body, `Body of answer ${one.number}`),
    make("h4", {}, "The same to paste"));
  const lines = panel(() => ({ number: one.number }), { choose: true });
  place.append(lines.place);
  return lines.renew();
}

function headers(all, name) {
  return make("details", {}, make("summary", {}, `${plural(Object.keys(all).length, "header")}`),
    make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": name },
      make("table", {}, make("tbody", {}, ...Object.entries(all).map(([one, value]) =>
        make("tr", {}, make("th", { scope: "row" }, one), make("td", {}, value)))))));
}

function body(told, name) {
  if (told.why_not) return [make("p", { class: "muted" }, `${bytes(told.bytes)}; ${told.why_not}.`)];
  if (!told.bytes) return [make("p", { class: "muted" }, "No body.")];
  const whole = told.whole ? "" : "; this is the beginning";
  const text = told.whole ? pretty(told.text) : told.text;
  return [
    make("p", { class: "muted" }, `${bytes(told.bytes)} as sent${whole}.`),
    make("pre", { tabindex: "0", "aria-label": name }, text),
  ];
}
