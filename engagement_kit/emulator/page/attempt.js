// A request written, sent from here by the public path, and shown as lines.

import { get, post } from "./ask.js";
import { pretty } from "./json.js";
import { panel } from "./lines.js";
import { byId, hide, make, options, problem, say, trying } from "./make.js";
import { bytes, number } from "./words.js";

const SHOWN = 20_000; // characters of an answer
let edited = false, waiting = null, lines, onSent;

const chosen = () => ({ endpoint: byId("try-endpoint").value, as: byId("try-as").value });
const source = () => ({ ...chosen(), body: byId("try-body").value });

export async function begin(people, endpoints, sent) {
  onSent = sent;
  options(byId("try-endpoint"), endpoints);
  options(byId("try-as"), people);
  lines = panel(source);
  byId("try-lines").append(lines.place);
  byId("try-body").addEventListener("input", () => {
    edited = true;
  });
  byId("try-body").addEventListener("change", () => lines.renew());
  for (const id of ["try-endpoint", "try-ids"]) byId(id).addEventListener("change", anew);
  byId("try-as").addEventListener("change", () => (edited ? lines.renew() : anew()));
  byId("try-anew").addEventListener("click", anew);
  byId("try-stop").addEventListener("click", () => waiting?.abort());
  byId("try-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  const { tweet_ids: ids } = await get("tweets", { n: 3 });
  byId("try-ids").value = ids.join(", ");
  return anew();
}

// Takes tweets of the list, signed for their account where it is theirs.
export async function take(ids, account) {
  byId("try-ids").value = ids.join(", ");
  if (account) byId("try-as").value = account;
  await anew();
  byId("try").scrollIntoView();
  byId("try-send").focus({ preventScroll: true });
}

async function anew() {
  await trying(byId("try-problem"), async () => {
    const ids = byId("try-ids").value.replaceAll(/\s/g, "").replace(/,$/, "");
    if (!ids) throw new Error("Tweet ids are missing; the list above has some.");
    const told = await get("ready", { ...chosen(), tweet_ids: ids });
    const body = pretty(JSON.stringify(told.body));
    byId("try-body").value = body;
    byId("try-body").rows = Math.min(18, Math.max(6, body.split("\n").length + 1));
    edited = false;
  });
  return lines.renew();
}

async function send() {
  if (waiting) return;
  waiting = new AbortController();
  const told = await trying(byId("try-problem"), () => post("lines", source()));
  if (!told) {
    waiting = null;
    return;
  }
  byId("try-send").setAttribute("aria-disabled", "true"); // it keeps the focus
  byId("try-stop").hidden = false;
  byId("try-said").textContent = "Sent; waiting for the answer.";
  const began = performance.now();
  try {
    const { method, path, headers, body } = told.request;
    const answer = await fetch(path, { method, headers, body, signal: waiting.signal, cache: "no-store" });
    const text = await answer.text();
    const twice = answer.status === 401 && text.includes("nonce was used before");
    const why = twice ? "The connection broke, and the browser sent the request again by itself: with a " +
      "signature that is good for once." : "";
    outcome(String(answer.status), answer.ok, performance.now() - began, text, why);
  } catch (error) {
    const stopped = error.name === "AbortError";
    const why = stopped
      ? "You stopped waiting."
      : "The connection broke before all of the answer was here. Is a fault in force?";
    outcome(stopped ? "stopped" : "no answer", false, performance.now() - began, "", why);
  }
  waiting = null;
  byId("try-send").removeAttribute("aria-disabled");
  hide(byId("try-stop"), true, () => byId("try-send"));
  onSent();
}

function outcome(status, good, took, text, why = "") {
  const shown = pretty(text);
  const cut = shown.length > SHOWN ? `; here are the first ${number(SHOWN)} characters` : "";
  const size = text ? `, ${bytes(new TextEncoder().encode(text).length)}${cut}` : "";
  problem(byId("try-problem"), why);
  say(byId("try-said"), `${status} after ${number(Math.round(took))} ms.`);
  byId("try-outcome").replaceChildren(
    make("h3", {}, "Answer"),
    make("p", {}, make("span", { class: `status ${good ? "good" : "bad"}` }, status),
      ` after ${number(Math.round(took))} ms${size}. `,
      make("a", { href: "#requests" }, "See it among the requests")),
    ...(text ? [make("pre", { tabindex: "0", "aria-label": "The answer's body" }, shown.slice(0, SHOWN))] : []),
  );
}
