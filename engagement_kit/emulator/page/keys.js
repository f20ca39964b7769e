// Apps, their tokens for an account, and the made-up keys as lines for a shell.

import { get, post } from "./ask.js";
import { changed } from "./lines.js";
import { byId, copy, hide, options, say, trying, write } from "./make.js";
import { account } from "./tweets.js";

let told, known = null;

export function begin(accounts) {
  told = accounts;
  options(byId("keys-app"), Object.fromEntries(told.apps.map((one) => [one.name, one.name])));
  byId("keys-app").addEventListener("change", show);
  byId("tweets-accounts").addEventListener("change", show);
  byId("keys-copy").addEventListener("click", () => {
    const text = byId("keys-text");
    copy(text.textContent, text, byId("keys-said"));
  });
  byId("keys-enable").addEventListener("click", () => change("apps", (app) =>
    ({ name: app.name, enabled: !app.enabled }), enabledSaid));
  byId("keys-revoke").addEventListener("click", () => change("revoke", (app) =>
    ({ account: account(), app: app.name }),
  () => "Revoked. A new login, through the page that asks for leave, gives a new one."));
  show();
}

// Loads anew where apps, tokens, or the switches that they depend on were changed: by whomever.
export function heard(state) {
  const { app, credentials } = state.settings;
  const now = [state.keys_version, app, credentials].join();
  if (known !== null && known !== now) load();
  known = now;
}

async function load() {
  await trying(byId("keys-problem"), async () => {
    told = await get("accounts");
    show();
    changed();
  });
}

async function change(what, members, said) {
  await trying(byId("keys-problem"), async () => {
    const before = chosen();
    await post(what, members(before));
    await load();
    say(byId("keys-said"), said(before));
  });
}

function enabledSaid(before) {
  const now = chosen();
  if (now.enabled !== before.enabled) return now.enabled ? "Enabled." : "Disabled.";
  return "The setting app is “not enabled” below: as long as it is, no app is enabled.";
}

const chosen = () => told.apps.find((one) => one.name === byId("keys-app").value);

function show() {
  const app = chosen();
  const one = told.accounts.find((other) => other.name === account());
  const token = one.tokens[app.name];
  const enabled = app.enabled ? "is enabled" : "is not enabled";
  const state = token.revoked ? "was revoked" : "is in force";
  write(byId("keys-state"),
    `The app ${enabled} for the Engagement API. Its token for ${one.name} ${state}.`);
  const verb = app.enabled ? "Disable the app" : "Enable the app";
  write(byId("keys-enable"), verb);
  byId("keys-enable").setAttribute("aria-label", `${verb} ${app.name}`);
  hide(byId("keys-revoke"), token.revoked, () => byId("keys-copy"));
  byId("keys-revoke").setAttribute("aria-label", `Revoke its token for ${one.name}`);
  const lines = {
    ENGAGEMENT_KIT_BASE_URL: byId("fact-address").textContent,
    TWITTER_CONSUMER_KEY: app.consumer_key,
    TWITTER_CONSUMER_SECRET: app.consumer_secret,
    TWITTER_ACCESS_TOKEN: token.access_token,
    TWITTER_ACCESS_TOKEN_SECRET: token.access_token_secret,
    TWITTER_BEARER_TOKEN: app.bearer_token,
  };
  write(byId("keys-text"),
    Object.entries(lines).map(([name, value]) => `export ${name}=${value}`).join("\n"));
}
