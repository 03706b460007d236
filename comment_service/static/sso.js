/*
 * Signs a reader in with the token of the blog's own log-in (data-sso), once per person; and out
 * again when the blog no longer sends a token.
 */
const HALF_A_DAY = 12 * 60 * 60 * 1000; // how long an earlier sign-in is reused
const payload = (token) => {
  const text = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
};

export async function follow(thread, store) {
  const { site, url } = thread.about;
  const key = `comments:sso:${site}@${thread.base}`;
  const token = thread.dataset.sso;
  const { sub = "", roles = [] } = token ? payload(token) : {};
  const there = token ? JSON.stringify([sub, roles, Math.floor(Date.now() / HALF_A_DAY)]) : "";
  const known = store.get(key) ?? "";
  if (there === known && Boolean(there) === Boolean(store.get(thread.visitorKey))) return;
  if (known && store.get(thread.visitorKey)) {
    await thread.ask("sign-out", { site, url });
    store.set(thread.visitorKey, null);
  }
  store.set(key, null);
  if (there) await thread.ask("sign-in/sso", { site, url, token });
  store.set(key, there);
}
