// Puts the page together, and asks once a second what is new, as long as somebody can see it.

import * as attempt from "./attempt.js";
import { Gone, get } from "./ask.js";
import * as keys from "./keys.js";
import * as lines from "./lines.js";
import { byId, problem, write } from "./make.js";
import * as requests from "./requests.js";
import * as switches from "./switches.js";
import * as tweets from "./tweets.js";
import { moment, number, plural } from "./words.js";

const BEAT_MS = 1000;
const SLOW_MS = 4000; // after a failure
let timer = null, beating = false;

function showFacts(state) {
  const { world, clock } = state;
  const more = [world.revised && "revised", world.undone && "undone"].filter(Boolean).join(", ");
  write(byId("fact-world"), `${world.nature.replaceAll("_", " ")}, seed ${world.seed}, ` +
    `${plural(world.accounts, "account")}${more ? `, ${more}` : ""}`);
  write(byId("fact-clock"), `${moment(clock.now)}, ${clock.frozen ? "stands still" : "runs"}`);
  write(byId("fact-address"), `${state.settings.public_url || location.origin}/insights/engagement`);
  write(byId("fact-served"), number(state.requests_served));
  document.title = `${state.name}: Engagement API emulator`;
}

async function beat() {
  clearTimeout(timer);
  if (beating || document.hidden) return;
  beating = true;
  let next = BEAT_MS;
  try {
    const state = await get("state");
    showFacts(state);
    switches.heard(state);
    tweets.heard(state);
    keys.heard(state);
    await requests.heard(state);
    problem(byId("trouble"));
  } catch (error) {
    problem(byId("trouble"), error instanceof Gone ? `${error.message} Asking again.` : error.message);
    next = SLOW_MS;
  }
  beating = false;
  timer = setTimeout(beat, next);
}

async function begin() {
  const [index, state, accounts] = await Promise.all([get(""), get("state"), get("accounts")]);
  const choices = (what, method = "GET") => index.paths[`/emulator/${what}`][method].choices;
  showFacts(state);
  const people = lines.begin(accounts.accounts);
  requests.begin();
  switches.begin(index.paths, (all) => {
    if (all) requests.clear();
    tweets.load();
    beat();
  });
  switches.heard(state);
  await Promise.all([
    tweets.begin(accounts.accounts, { tweets: choices("tweets"), chart: choices("chart") }, attempt.take),
    attempt.begin(people, choices("ready").endpoint, beat),
  ]);
  keys.begin(accounts);
  keys.heard(state);
  document.addEventListener("visibilitychange", beat);
  document.body.dataset.ready = "true";
  return beat();
}

begin().catch((error) => problem(byId("trouble"), error.message));
