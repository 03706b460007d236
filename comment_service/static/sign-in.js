/*
 * Signs a reader in: the service's own window does the sign-in, and this script claims the result
 * with a verifier that stays in the page until then. It needs no cookie and no message from the
 * window, and does not check whether the window is open, because browsers answer that wrongly.
 */
const EVERY = 2000;
const GIVE_UP = 16 * 60 * 1000;

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export class SignIn {
  constructor(thread, box = thread.find(".comments-ways")) {
    this.thread = thread;
    this.box = box;
    this.panel = this.box.querySelector(".comments-waiting");
    this.links = [...this.box.querySelectorAll("a[data-way]")];
    for (const type of ["click", "auxclick"]) this.box.addEventListener(type, this);
    this.ready = this.prepare();
    this.ready.catch(() => {}); // reported on click
  }

  /* One verifier per sign-in; the links carry its SHA-256. */
  async prepare() {
    const { verifier, challenge } = await this.pair();
    Object.assign(this, { verifier, challenge, code: "", asker: null });
    for (const link of this.links) {
      const url = new URL(link.href);
      url.searchParams.set("challenge", challenge);
      link.href = url;
      link.target = "_blank";
    }
  }

  async pair() {
    if (!crypto.subtle) return this.thread.ask("sign-in/pair"); // page without HTTPS
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    return { verifier, challenge: base64url(new Uint8Array(digest)) };
  }

  handleEvent(event) {
    if (event.type === "message") this.heard(event);
    else if (event.type === "click" || event.type === "auxclick") this.clicked(event);
    else if (!document.hidden) this.claim();
  }

  /* A plain click opens a window; if the browser blocks it, the link works as usual. */
  async begin(link) {
    try {
      await this.ready;
    } catch {
      this.ready = this.prepare();
      await this.ready;
    }
    const url = new URL(link.href);
    url.searchParams.set("challenge", this.challenge);
    open(url, "_blank", "popup,width=520,height=720");
    this.wait(url.href);
  }

  /* Also wait for a sign-in that the reader opened in a tab. */
  clicked(event) {
    const link = event.target.closest("a[data-way]");
    if (link && this.challenge && !event.defaultPrevented) this.wait(link.href);
  }

  wait(href) {
    this.panel.querySelector("a").href = href;
    this.panel.hidden = false;
    this.until = Date.now() + GIVE_UP;
    for (const type of ["message", "focus"]) addEventListener(type, this);
    document.addEventListener("visibilitychange", this);
    clearInterval(this.timer);
    this.timer = setInterval(() => this.claim(), EVERY);
    this.claim();
  }

  /* The window asks whether this page started the sign-in, or reports that it is finished. */
  heard({ data, source, origin }) {
    if (origin !== new URL(this.thread.base).origin) return;
    if (data?.comments === "whose" && data.challenge === this.challenge) {
      this.asker = source;
      this.answer();
    }
    if (data?.comments === "finished") this.claim();
  }

  /* The code comes with the first claim, which may end after the window has asked. */
  answer() {
    if (!this.asker || !this.code) return;
    const mine = { comments: "mine", challenge: this.challenge, code: this.code };
    this.asker.postMessage(mine, new URL(this.thread.base).origin);
    this.asker = null;
  }

  async claim() {
    if (this.asking || this.panel.hidden) return;
    if (Date.now() > this.until) return this.stop();
    this.asking = true;
    try {
      const { site, url } = this.thread.about;
      const { waiting, code, moderator } = await this.thread.ask("sign-in/claim", { site, url, verifier: this.verifier });
      this.panel.querySelector(".comments-code").textContent = this.code = code;
      this.answer();
      if (moderator) await this.moderate(moderator);
      else if (!waiting) await this.done();
    } catch (problem) {
      if (problem.final && problem.code !== "too_often") {
        this.stop();
        this.thread.say(this.thread.reason(problem));
        this.ready = this.prepare();
      }
    } finally {
      this.asking = false;
    }
  }

  /* The window was used to moderate on this page. */
  async moderate(token) {
    this.stop();
    this.ready = this.prepare();
    this.ready.catch(() => {}); // reported on click
    const { begin } = await import("./in-place.js");
    await begin(this.thread, token);
  }

  async done() {
    this.stop();
    await this.thread.recognise();
    this.thread.box?.reply?.fields.text.focus();
  }

  stop() {
    this.panel.hidden = true;
    clearInterval(this.timer);
    for (const type of ["message", "focus"]) removeEventListener(type, this);
    document.removeEventListener("visibilitychange", this);
  }
}
