/*
 * Moderation on the blog's own page: the pending comments of the thread, and buttons at every comment.
 * Loaded for moderators only. All texts and markup come from the server, which checks the token, the
 * moderator's role and the page's origin at every request; without a valid token this shows nothing.
 */
import { SignIn } from "./sign-in.js";

const ASKED = "#moderate-comments"; // the end of the link from the moderation pages
const OWN = "own"; // instead of a token, on pages of the service's own host

export const key = (thread) => thread.visitorKey.replace("visitor", "moderator");

/* The token is kept for this tab alone; in memory if the page forbids storage. */
const memory = {};
const kept = {
  get(name) {
    try { return sessionStorage.getItem(name) ?? ""; } catch { return memory[name] ?? ""; }
  },
  set(name, token) {
    memory[name] = token;
    try {
      if (token) sessionStorage.setItem(name, token);
      else sessionStorage.removeItem(name);
    } catch { /* kept in memory */ }
  },
};

/* Starts, or goes on, whenever a thread is shown. */
export async function follow(thread) {
  thread.staff ??= new InPlace(thread);
  await thread.staff.start();
}

/* A window handed over a token. */
export async function begin(thread, token) {
  kept.set(key(thread), token);
  thread.staff ??= new InPlace(thread);
  thread.staff.left = false;
  await thread.staff.start();
  thread.staff.bar?.focus();
}

class InPlace {
  constructor(thread) {
    this.thread = thread;
    this.left = false;
    this.last = Promise.resolve(); // ends with the last decision
    this.drafts = new Map(); // of edited comments; they outlive a form that disappears
  }

  get token() { return kept.get(key(this.thread)); }

  get onOwnHost() { return new URL(this.thread.base).origin === location.origin; }

  get asked() { return location.hash === ASKED; }

  async start() {
    this.turn();
    if (this.left) return;
    await this.dress();
    if (!this.token && !this.onOwnHost) return this.offer();
    await this.look();
    if (this.asked && this.bar) this.bar.scrollIntoView();
  }

  /* Goes on to a section that replaced the last one. */
  turn() {
    if (this.section === this.thread.section) return;
    this.stop();
    this.section = this.thread.section;
  }

  /* The style sheet for moderators; constructed, so that every content security policy allows it. */
  async dress() {
    if (this.styled) return;
    this.styled = true;
    const text = await (await fetch(`${this.thread.base}static/in-place.css`)).text();
    const place = this.thread.root === this.thread ? document : this.thread.root;
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(window.CSSLayerBlockRule ? `@layer{${text}}` : text);
      place.adoptedStyleSheets = [...place.adoptedStyleSheets, sheet];
    } catch { // browsers before 2023
      (place.head ?? place).append(Object.assign(document.createElement("style"), { textContent: text }));
    }
  }

  async ask(path, fields = {}) {
    const { site, url, lang } = this.thread.about;
    const { about } = this.thread;
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const response = await fetch(`${this.thread.base}moderation/in-place/${path}`, {
      method: "POST", headers, body: JSON.stringify({ site, url, lang, ...fields }), credentials: "same-origin",
    });
    if (response.status === 401) this.lose();
    if (!response.ok) throw await this.thread.refusal(response);
    const answer = await response.json();
    await this.thread.still(about);
    return answer;
  }

  /* ---- signing in ---- */

  /* The moderation pages led here: offer the window that hands over a token. */
  async offer() {
    if (!this.asked || this.panel) return;
    const { html } = await this.ask("sign-in");
    this.panel = this.put(html);
    this.panel.addEventListener("click", (event) => this.clicked(event));
    this.window = new SignIn(this.thread, this.panel);
    this.panel.scrollIntoView();
    this.panel.querySelector("a").focus();
  }

  open(link) { return this.window.begin(link); }

  /* Markup whose links lead to the service, not to the blog. */
  parse(html) {
    const content = this.thread.parse(html);
    for (const link of content.querySelectorAll('a[href^="/"]')) link.href = new URL(link.getAttribute("href"), this.thread.base);
    return content;
  }

  /* Above the comments, below the thread's heading. */
  put(html) {
    const box = document.createElement("div");
    box.className = "comments-staff";
    box.append(this.parse(html));
    this.section.querySelector(".comments-list").before(box);
    return box;
  }

  /* ---- what the page shows ---- */

  async look() {
    let seen;
    try {
      seen = await this.ask("thread", { shown: this.shown.join() });
    } catch (problem) {
      if (problem.code !== "sign_in_required") throw problem;
      return this.offer();
    }
    this.panel?.remove();
    this.panel = null;
    this.draw(seen);
    this.write(seen);
    this.watch();
  }

  get articles() { return [...this.section.querySelectorAll("article[id^=comment-]:not(.comments-gone)")]; }

  get shown() { return this.articles.map(({ id }) => id.slice(8)); }

  draw({ bar, done, pending, controls }) {
    this.observer?.disconnect();
    if (!this.bar?.isConnected) {
      this.bar = this.put(bar);
      this.bar.tabIndex = -1;
      this.done = this.thread.parse(done).firstElementChild;
      this.section.querySelector(".comments-list").after(this.done);
      for (const box of [this.bar, this.done]) box.addEventListener("click", (event) => this.clicked(event));
    } else this.renew(this.bar, bar);
    this.thread.place(this.thread.parse(pending), this.thread.words.sort === "newest");
    for (const article of this.articles) this.equip(article, controls[article.id.slice(8)]);
  }

  /* New markup for a box in which a button may have the focus: the same button keeps it. */
  renew(box, html) {
    const active = box.getRootNode().activeElement;
    const had = box.contains(active) && active.dataset.do;
    box.replaceChildren(...this.parse(html).children);
    if (had) (box.querySelector(`[data-do="${had}"]`) ?? box).focus();
  }

  equip(article, html) {
    const old = article.querySelector(":scope > .comments-staff-controls");
    if (!html) return old?.remove();
    const box = old ?? document.createElement("div");
    if (!old) {
      box.className = "comments-staff-controls";
      box.addEventListener("click", (event) => this.clicked(event));
      article.append(box);
    }
    this.renew(box, html);
  }

  /* Comments that come later, by "More comments" or from other readers, get buttons too. */
  watch() {
    this.observer ??= new MutationObserver(() => {
      clearTimeout(this.timer);
      const bare = this.articles.some((article) => !article.querySelector(".comments-staff-controls"));
      if (bare) this.timer = setTimeout(() => this.attempt(() => this.look()), 50);
    });
    this.observer.observe(this.section, { childList: true, subtree: true });
  }

  /* What the moderator writes in the form is a moderator's comment. */
  write({ writes }) {
    const { box } = this.thread;
    const form = box?.querySelector("form");
    if (!form || form.elements.staff || form.matches("[data-account]")) return;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "staff", value: this.token || OWN });
    form.prepend(field);
    this.guest(form, false);
    const note = Object.assign(document.createElement("p"), { className: "comments-note comments-staff-writes", textContent: writes });
    form.querySelector(".comments-send").before(note);
  }

  /* Shows or hides the fields for guests; what they hold stays and is not sent while they are hidden. */
  guest(form, shown) {
    for (const who of form.querySelectorAll(".comments-who, .comments-ways")) {
      who.hidden = !shown;
      for (const field of who.querySelectorAll("input")) field.disabled = !shown;
    }
  }

  /* ---- decisions ---- */

  clicked(event) {
    const button = event.target.closest("[data-do]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.attempt(() => this[button.dataset.do](button));
  }

  /* One after the other, so that a quick click is not lost. */
  attempt(act) {
    this.last = this.last.then(() => this.run(act));
  }

  async run(act) {
    try {
      await act();
    } catch (problem) {
      if (problem.answered && this.bar) await this.look().catch(() => {}); // as somebody else left it
      this.say([this.thread.reason(problem), ...Object.values(problem.fields ?? {}).flat()].join(" "), null, "error");
    }
  }

  decide(button) {
    const { id, expected } = button.closest(".comments-decide").dataset;
    return this.change(`comments/${id}/decide`, { decision: button.dataset.decision, expected });
  }

  pin(button) {
    const { id } = button.closest(".comments-decide").dataset;
    return this.change(`comments/${id}/pin`, { pinned: button.dataset.pinned });
  }

  close(button) { return this.change("close", { closed: button.dataset.closed }); }

  async undo() {
    if (!this.undoing) return; // pressed twice
    const { path, ...fields } = this.undoing;
    const { id } = await this.change(path, fields);
    if (this.bar) this.near(id).focus();
  }

  async change(path, fields) {
    const answer = await this.ask(path, fields);
    if (answer.reload) await this.thread.load(this.thread.words.sort); // another order, or another form
    else this.show(answer);
    this.turn();
    await this.look();
    if (answer.reload) this.near(answer.id).focus();
    this.say(answer.message, answer.undo);
    return answer;
  }

  /* Where the focus goes on: the comment that changed, or the thread's own button. */
  near(id) {
    return (id && this.thread.find(`#comment-${id}`)) || this.bar.querySelector('[data-do="close"]') || this.bar;
  }

  /* Puts a changed comment in its place; the focus stays near. */
  show({ id, html }) {
    const content = this.thread.parse(html);
    const fresh = content.querySelector("article");
    const article = this.thread.find(`#comment-${id}`);
    const focused = article?.contains(article.getRootNode().activeElement);
    if (fresh && article) {
      this.thread.settle(content);
      this.thread.local(content);
      this.thread.head(content);
      article.replaceWith(fresh);
      if (focused) fresh.focus();
    } else if (fresh) this.thread.reveal(this.thread.place(content, this.thread.words.sort === "newest"));
    else if (article) {
      this.thread.head(content);
      this.remove(article.closest(".comments-item"), focused);
    }
  }

  remove(item, focused) {
    const near = item.nextElementSibling ?? item.previousElementSibling ?? item.parentNode.closest(".comments-item");
    item.remove();
    if (focused) (near?.querySelector("article") ?? this.bar).focus();
  }

  /* ---- editing ---- */

  /* By the id: when an action gets its turn, its button may have been renewed. */
  async edit(button) {
    const { id } = button.closest(".comments-decide").dataset;
    const find = (what) => this.thread.find(`#comment-${id} ${what}`);
    const open = find(".comments-staff-edit");
    if (open) return open.elements.text.focus();
    const { html } = await this.ask(`comments/${id}/text`);
    const form = this.thread.parse(html).querySelector("form");
    const text = find(".comments-text");
    if (!text) return; // gone meanwhile
    const { text: typed, expected } = form.elements;
    const draft = this.drafts.get(id);
    if (draft) { // of a text that may have changed since: the server compares
      typed.value = draft.text;
      expected.value = draft.expected;
    }
    form.addEventListener("input", () => this.drafts.set(id, { text: typed.value, expected: expected.value }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation(); // the thread handles its own forms
      this.save(form, id);
    });
    form.addEventListener("click", (event) => this.clicked(event));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.isComposing) this.cancel(form); });
    form.dataset.id = id;
    this.say("");
    text.hidden = true;
    text.after(form);
    form.elements.text.focus();
  }

  /* The typed text stays until the server has accepted it. */
  async save(form, id) {
    if (form.ariaBusy) return;
    form.ariaBusy = "true";
    form.elements.text.readOnly = true;
    try {
      const answer = await this.ask(`comments/${id}/edit`, { text: form.elements.text.value, expected: form.elements.expected.value });
      this.drafts.delete(id);
      this.show(answer);
      await this.look();
      this.say(answer.message, answer.undo);
    } catch (problem) {
      const { text = [] } = problem.fields ?? {};
      form.querySelector(".comments-error").textContent = [...text, ...(text.length ? [] : [this.thread.reason(problem)])].join(" ");
      if (problem.code === "edited_before") this.compare(form, id, problem);
      form.elements.text.focus();
    } finally {
      form.elements.text.readOnly = false;
      form.ariaBusy = null;
    }
  }

  /* Shows the newer text below the typed one, which the next attempt puts in its place. */
  compare(form, id, { text, expected }) {
    form.elements.expected.value = expected;
    this.drafts.set(id, { text: form.elements.text.value, expected });
    form.querySelector(".comments-now").hidden = false;
    form.querySelector(".comments-now blockquote").textContent = text;
  }

  cancel(form) {
    this.drafts.delete(form.dataset.id);
    const article = form.closest("article");
    form.remove();
    article.querySelector(".comments-text").hidden = false;
    (article.querySelector('[data-do="edit"]') ?? article).focus();
  }

  back(button) { this.cancel(button.form); }

  /* ---- the end ---- */

  /* Says what was done, once to screen readers, and offers to undo it. */
  say(words, undo = null, kind = "") {
    if (!this.done?.isConnected) return this.thread.say(words);
    this.undoing = undo;
    this.done.hidden = !words;
    this.done.dataset.kind = kind;
    this.done.querySelector("p").textContent = words;
    this.done.querySelector("button").hidden = !undo;
  }

  stop() {
    this.observer?.disconnect();
    clearTimeout(this.timer);
    this.window?.stop();
    for (const name of ["bar", "done", "panel", "observer", "window"]) this[name] = null;
  }

  leave() {
    this.left = true;
    this.lose();
  }

  /* The plain reader's view again. */
  lose() {
    kept.set(key(this.thread), "");
    const gone = this.section.querySelectorAll(".comments-staff, .comments-staff-done, .comments-staff-controls, .comments-staff-edit, .comments-staff-writes");
    for (const box of gone) box.remove();
    for (const text of this.section.querySelectorAll(".comments-text[hidden]")) text.hidden = false;
    for (const held of this.section.querySelectorAll("article.comments-waits")) {
      if (!held.querySelector(".comments-held")) held.closest(".comments-item").remove();
    }
    const form = this.thread.box?.querySelector("form");
    form?.elements.staff?.remove();
    if (form) this.guest(form, true);
    this.stop();
  }
}
