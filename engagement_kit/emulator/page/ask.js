// Asks the control API. What goes wrong becomes an error whose message is fit for a person.

export class Gone extends Error {}
export class Refused extends Error {}

async function ask(method, what, query, members) {
  const url = new URL(`/emulator/${what}`, location.origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const sent = { method, cache: "no-store" };
  if (method === "POST") {
    sent.headers = { "Content-Type": "application/json" };
    sent.body = JSON.stringify(members);
  }
  let answer, told;
  try {
    answer = await fetch(url, sent);
    told = await answer.json();
  } catch {
    throw new Gone("The emulator does not answer. Was it stopped?");
  }
  if (!answer.ok) throw new Refused(inWords(told.errors));
  return told;
}

function inWords(errors) {
  const text = (errors || ["it was refused"]).join(" ").replaceAll("emulator: ", "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

export const get = (what, query = {}) => ask("GET", what, query);
export const post = (what, members = {}) => ask("POST", what, {}, members);
export const remove = (what) => ask("DELETE", what, {});
