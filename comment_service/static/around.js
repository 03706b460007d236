/*
 * Follows the page around a thread: its route, for pages that change without a reload, and its
 * light or dark look, for pages with a switch.
 */

const NAVIGATED = "comments:navigated";
const canonical = () => document.querySelector('link[rel="canonical"]')?.href;

/* Browsers without the Navigation API announce the buttons Back and Forward, but not these two calls. */
const announce = () => {
  if (history[NAVIGATED]) return;
  history[NAVIGATED] = true;
  for (const name of ["pushState", "replaceState"]) {
    const call = history[name];
    history[name] = function (...given) {
      call.apply(this, given);
      dispatchEvent(new Event(NAVIGATED));
    };
  }
};

export class Around {
  constructor(thread) {
    this.thread = thread;
    this.seen = { href: canonical(), path: thread.path };
  }

  start() {
    this.stop();
    this.end = new AbortController();
    const { signal } = this.end;
    const look = this.thread.redress;
    const check = () => this.check();
    if (window.navigation) navigation.addEventListener("currententrychange", check, { signal });
    else {
      announce();
      for (const type of ["popstate", "hashchange", NAVIGATED]) addEventListener(type, check, { signal });
    }
    document.addEventListener("transitionend", ({ propertyName }) => { if (propertyName === "color") look(); }, { signal });
    this.observers = [new MutationObserver(() => { check(); look(); }), new MutationObserver(look)];
    this.observers[0].observe(document.head, { attributes: true, characterData: true, childList: true, subtree: true });
    for (let up = this.thread.parentNode; up; up = up.parentNode ?? up.host) {
      if (up.nodeType === 1) this.observers[1].observe(up, { attributes: true });
    }
    check();
    look();
  }

  stop() {
    this.end?.abort();
    for (const observer of this.observers ?? []) observer.disconnect();
  }

  check() {
    const href = canonical();
    if (href !== this.seen.href) this.seen = { href, path: location.pathname };
    this.thread.turn();
  }

  /* The canonical link still names the page that the reader has left: not every router updates it. */
  get stale() {
    const { href, path } = this.seen;
    return Boolean(href) && path !== location.pathname && new URL(href).pathname === path;
  }
}
