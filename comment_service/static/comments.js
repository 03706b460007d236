/*
 * Puts a comment thread on any page:
 *   <script src="https://comments.example/embed.js" data-site="KEY" async></script>
 * All texts and markup come from the server; this script only places them.
 * Without it, every link and form of a thread still works.
 */
(() => {
  "use strict";

  const here = document.currentScript;
  const home = here.src.replace(/(static\/)?[^/?#]*([?#].*)?$/, "");

  const style = "@style"; // the server inserts comments.css here

  /* Stored values of the reader; in memory if the page forbids storage. */
  const memory = {};
  const store = {
    get(key) {
      try { return JSON.parse(localStorage.getItem(key)); } catch { return memory[key]; }
    },
    set(key, value) {
      memory[key] = value;
      try {
        if (value) localStorage.setItem(key, JSON.stringify(value));
        else localStorage.removeItem(key);
      } catch { /* kept in memory */ }
    },
  };

  let policy; // Trusted Types: only for markup from our own server
  const parse = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = policy ? policy.createHTML(html) : html;
    for (const picture of holder.content.querySelectorAll('img[src^="/"]')) picture.src = new URL(picture.getAttribute("src"), home);
    return holder.content;
  };

  /* randomUUID() is missing where a page is not served over HTTPS. */
  const unique = () => crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

  const night = matchMedia("(prefers-color-scheme: dark)");

  const textIsLight = (node) => {
    const [red, green, blue] = getComputedStyle(node).color.match(/^rgba?\((\d+), (\d+), (\d+)/)?.slice(1) ?? [];
    return red * 0.3 + green * 0.6 + blue * 0.1 > 140;
  };

  const values = (form) => Object.fromEntries(new FormData(form));

  const sheet = () => {
    const made = new CSSStyleSheet();
    made.replaceSync(`@layer{${style}}`); // in a layer, so that the owner's styles win
    return made;
  };

  /* The URL that identifies the thread, by the page's settings. */
  const address = ({ page, mapping }) => {
    const { origin, pathname, href } = location;
    if (page) return new URL(page, href).href;
    if (mapping === "pathname") return origin + pathname;
    if (mapping === "title") return `${origin}/?title=${encodeURIComponent(document.title)}`;
    const canonical = mapping !== "url" && document.querySelector('link[rel="canonical"]')?.href;
    return canonical || href.split("#")[0];
  };

  /* The comment form: its position, its draft, and sending it exactly once. */
  class ReplyForm {
    constructor(thread, box) {
      this.thread = thread;
      this.box = box;
      this.form = box.querySelector("form");
      this.place = box.previousElementSibling;
      this.fields = this.form.elements;
      this.button = this.form.querySelector(".comments-send button");
      for (const [name, value] of Object.entries(store.get("comments:person") ?? {})) {
        if (this.fields[name] && !this.fields[name].value) this.fields[name].value = value;
      }
      this.restore();
    }

    get parent() { return this.fields.parent.value; }

    get draftKey() { return `comments:draft:${this.thread.about.site}:${this.thread.about.url}:${this.parent}`; }

    get draft() { return store.get(this.draftKey) ?? {}; }

    restore() {
      if (this.fields.text.value) return; // the server returned the text with its key
      const { text = "", key = "" } = this.draft;
      this.fields.text.value = text;
      if (key) this.fields.key.value = key;
    }

    /* One idempotency key per text, until the server has answered. */
    keep() {
      const { key, refused } = this.draft;
      const current = refused ? "" : key || this.fields.key.value;
      this.fields.key.value = current || unique();
      store.set(this.draftKey, { text: this.fields.text.value, key: this.fields.key.value });
    }

    token() {
      if (this.fields.token.value) return null;
      this.asked ??= this.thread.ask(`form-token?${this.thread.query()}`)
        .then(({ token }) => { this.fields.token.value = token; })
        .finally(() => { this.asked = null; });
      return this.asked;
    }

    /* A signed-in reader writes under the account's name. */
    as({ account, name, log_out_url: out, mailable }) {
      if (account && !mailable) this.form.querySelector(".comments-notify")?.remove();
      const line = this.form.querySelector(".comments-account[hidden]");
      if (!account || !line) return;
      const words = line.querySelector("span");
      words.textContent = words.textContent.replace("{account}", account).replace("{name}", name);
      if (out) line.querySelector(".comments-out").href = out;
      for (const gone of line.querySelectorAll(out ? "button, .comments-mine" : ".comments-out")) gone.remove();
      line.hidden = false;
      for (const who of this.form.querySelectorAll(".comments-who, .comments-ways")) {
        if (who.contains(who.getRootNode().activeElement)) this.fields.text.focus();
        who.remove();
      }
    }

    answering(parent, name) {
      const heading = this.box.querySelector(".comments-invite");
      heading.textContent = parent ? heading.dataset.reply.replace("{name}", name) : heading.dataset.plain;
      this.box.querySelector('[data-act="cancel"]').hidden = !parent;
      this.fields.parent.value = parent;
      this.fields.key.value = this.fields.text.value = "";
      this.complain({}, "");
      this.restore();
      this.thread.writing?.again();
    }

    openUnder(article, link) {
      this.opener = link;
      this.answering(link.dataset.id, link.dataset.name);
      article.after(this.box);
      this.thread.say("");
      this.fields.text.focus();
    }

    goHome() {
      this.answering("", "");
      this.place.after(this.box);
    }

    async send() {
      if (this.busy) return;
      this.busy = this.button.ariaDisabled = "true";
      this.complain({}, this.thread.words.sending);
      this.fields.text.readOnly = true; // text typed meanwhile would be lost
      this.thread.say("");
      try {
        this.keep();
        await this.token();
        this.sent(await this.thread.ask("comments", values(this.form)));
      } catch (problem) {
        this.failed(problem);
      }
      this.busy = this.button.ariaDisabled = null;
      this.fields.text.readOnly = false;
    }

    sent(answer) {
      const { name = "", email = "", website = "" } = values(this.form);
      if (this.fields.name) store.set("comments:person", { name, email, website });
      store.set(this.draftKey, null);
      this.fields.token.value = "";
      this.button.textContent = this.button.dataset.plain;
      this.goHome();
      this.thread.reveal(this.thread.place(parse(answer.html), this.thread.words.sort === "newest"));
      this.thread.own(answer.own);
      this.thread.say(answer.message);
      this.thread.tell("comments:posted", { id: answer.id, status: answer.status });
    }

    /* Only the server's answer is final: after a network error the same key is sent again. */
    failed(problem) {
      const { words } = this.thread;
      this.button.textContent = this.button.dataset.again;
      if (!problem.final) {
        this.complain({}, `${this.thread.reason(problem)} ${words.kept}`, "error");
        return this.thread.writing?.later(problem);
      }
      this.complain(problem.fields, this.thread.reason(problem), "error");
      store.set(this.draftKey, { ...this.draft, refused: true });
      this.button.textContent = this.button.dataset.plain;
      if (problem.code === "stale_form") {
        this.fields.token.value = "";
        this.token().catch(() => {});
      }
    }

    complain(fields, words, kind = "") {
      const other = { ...fields };
      for (const field of this.fields) {
        const place = this.form.querySelector(`#comments-${field.name}-error`);
        if (!place) continue;
        place.textContent = fields[field.name]?.join(" ") ?? "";
        field.ariaInvalid = place.textContent ? "true" : null;
        delete other[field.name];
      }
      const status = this.form.querySelector(".comments-status");
      status.textContent = [words, ...Object.values(other).flat()].join(" ");
      status.dataset.kind = kind;
      this.form.querySelector('[aria-invalid="true"]')?.focus();
    }
  }

  class CommentThread extends HTMLElement {
    static observedAttributes = ["data-theme"];

    connectedCallback() {
      addEventListener("hashchange", this.jumpToHash);
      night.addEventListener("change", this.redress);
      if (this.reading) this.read();
      if (this.root) return;
      if (this.dataset.base || document.readyState !== "loading") this.await();
      else document.addEventListener("DOMContentLoaded", () => this.await(), { once: true });
    }

    disconnectedCallback() {
      removeEventListener("hashchange", this.jumpToHash);
      night.removeEventListener("change", this.redress);
      this.reading?.stop();
    }

    /* With data-loading="lazy", nothing is loaded until the reader scrolls near. */
    await() {
      if (this.dataset.loading !== "lazy" || /^#comment-/.test(location.hash)) return this.start();
      this.style.display = "block";
      const watch = new IntersectionObserver(([seen]) => {
        if (!seen.isIntersecting) return;
        watch.disconnect();
        this.start();
      }, { rootMargin: "600px" });
      watch.observe(this);
    }

    attributeChangedCallback() { this.redress(); }

    redress = () => { if (this.section) this.dress(this.section); };

    start() {
      const section = this.querySelector(".comments");
      const from = (section ?? this).dataset;
      this.base = this.dataset.base ?? home;
      this.about = {
        site: from.site,
        url: address(from),
        title: from.title || document.title,
        lang: section?.lang || from.lang || document.documentElement.lang,
      };
      this.visitorKey = `comments:visitor:${this.about.site}@${this.base}`;
      this.root = section ? this : this.attachShadow({ mode: "open" });
      for (const event of ["click", "submit", "input", "focusin", "keydown"]) this.root.addEventListener(event, this);
      if (section) this.adopt(section);
      else this.open();
    }

    /* ---- display ---- */

    open() {
      const wait = document.createElement("div");
      wait.className = "comments comments-loading";
      this.style.display = "block";
      this.style.minHeight = "100vh"; // keeps what follows off-screen, so that nothing visible moves
      this.root.append(wait);
      this.load(this.dataset.sort);
      this.root.adoptedStyleSheets = [sheet()]; // done while the thread loads, because it takes time
      this.dress(wait);
    }

    async load(sort) {
      const old = this.root.querySelector(".comments");
      old.ariaBusy = "true";
      try {
        const { title, lang } = this.about;
        const level = this.dataset.headingLevel;
        const content = await this.markup(`${this.base}thread?${this.query({ title, lang, sort, level })}`);
        this.adopt(content.querySelector(".comments"), old);
      } catch (problem) {
        old.ariaBusy = null;
        if (this.section) throw problem;
        this.unreachable(old, problem);
      }
    }

    /* Texts come from the server, which did not answer: show only its name and a retry link. */
    unreachable(box, problem) {
      const again = document.createElement("a");
      again.href = `${this.base}thread.html?${this.query()}`;
      again.textContent = `↻ ${problem.message && problem.answered ? problem.message : new URL(this.base).host}`;
      again.dataset.act = "sort";
      box.className = "comments";
      this.style.minHeight = "";
      box.replaceChildren(again);
    }

    /* All changes happen before it is shown, so that it is laid out only once. */
    adopt(section, old) {
      const first = !this.section;
      this.section = section;
      this.words = section.dataset;
      this.dress(section);
      this.settle(section);
      old?.replaceWith(section);
      const box = section.querySelector(".comments-respond");
      if (this.dataset.inputPosition === "top" && box) section.querySelector(".comments-list").before(box);
      this.replyForm = box && new ReplyForm(this, box);
      this.recognised = this.recognise().catch(() => {});
      if (first) this.jumpToHash();
      this.tell("comments:ready", { count: Number(this.words.count) });
      requestAnimationFrame(() => requestAnimationFrame(() => this.shown(section)));
    }

    /* Steps that can wait until the comments are displayed. */
    shown(section) {
      if (section !== this.section || !this.isConnected) return;
      this.local(section);
      if (this.getBoundingClientRect().top + section.offsetHeight >= innerHeight) this.style.minHeight = "";
      if (this.find(".comments-ways")) this.signIn().catch(() => {}); // retried on click
      if (!this.dataset.preview) this.read().catch(() => {});
    }

    /* Optional features, not needed to read the first comment. */
    async read() {
      const { Reading } = await import(`${this.base}static/reading.js`);
      this.reading?.stop();
      this.reading = new Reading(this);
    }

    async write() {
      const { Writing } = await import(`${this.base}static/writing.js`);
      if (this.writing?.box !== this.replyForm?.box) this.writing = new Writing(this.replyForm);
    }

    showNews() { return this.reading.show(); }

    /* The configured theme, or the one that matches the page's text colour. */
    dress(section) {
      const { theme = "auto" } = this.dataset;
      const own = /[/.]/.test(theme) && this.root;
      if (own && !own.querySelector("link")) own.append(document.createElement("link"));
      if (own) Object.assign(own.querySelector("link"), { rel: "stylesheet", href: theme });
      section.dataset.theme = own ? "auto" : theme;
      section.dataset.scheme = textIsLight(this) ? "dark" : "light";
    }

    /* Prepares new markup: absolute URLs, and the state of like buttons. */
    settle(part) {
      for (const link of part.querySelectorAll('a[href^="/"], a[data-to]')) {
        const { to } = link.dataset;
        link.href = to && this.root !== this ? new URL(`#${to}`, location) : new URL(link.getAttribute("href"), this.base);
      }
      this.press(part);
    }

    /* Times in the reader's zone and language. The first format call is slow, so comments are shown in UTC first. */
    local(part) {
      const brief = new Intl.DateTimeFormat(this.section.lang || [], { dateStyle: "medium", timeStyle: "short" });
      for (const time of part.querySelectorAll("time")) time.textContent = brief.format(new Date(time.dateTime));
    }

    /* Toggle buttons: pressed if this reader liked or reacted. */
    press(part) {
      for (const button of part.querySelectorAll(":is(.comments-like, .comments-react) button")) {
        button.ariaPressed = String(this.given?.has(`${button.name} ${button.value}`) ?? false);
      }
    }

    keepPressed(button, pressed) {
      button.ariaPressed = String(pressed);
      (this.given ??= new Set())[pressed ? "add" : "delete"](`${button.name} ${button.value}`);
    }

    /* Inserts comments at their position, each once; returns the first. */
    place(content, onTop) {
      this.head(content);
      this.settle(content);
      this.local(content);
      let first;
      for (const item of content.querySelectorAll(".comments-item")) {
        if (!content.contains(item)) continue; // already inserted with its parent
        const article = item.querySelector("article");
        const known = this.find(`#${article.id}`);
        first ??= known ?? article;
        if (known) this.bringHome(known.parentNode);
        if (known) continue;
        const list = this.listFor(item);
        if (onTop && list.matches(".comments-list")) list.prepend(item);
        else list.append(item);
      }
      this.owned?.show();
      return first;
    }

    head(content) {
      const heading = [...content.children].find((node) => node.matches(".comments-title"));
      if (heading) this.find(".comments-title").textContent = heading.textContent;
    }

    /* Comments that a permalink loaded early stay at the end until their page of results is loaded. */
    bringHome(item) {
      if (!("ahead" in item.dataset)) return;
      delete item.dataset.ahead;
      this.find(".comments-list").append(item);
    }

    listFor(item) {
      const around = item.parentNode.closest?.(".comments-item")?.querySelector("article").id;
      const above = this.find(`#${around ?? `comment-${item.dataset.parent}`}`)?.parentNode;
      if (!above) return this.find(".comments-list");
      delete item.dataset.parent;
      const found = above.querySelector(":scope > details > ol, :scope > ol");
      if (found) return found;
      const list = document.createElement("ol");
      above.querySelector("article").after(list);
      return list;
    }

    /* Shows a comment, expanding the replies around it. */
    reveal(target) {
      for (let up = target; up; up = up.parentNode.closest?.("details")) up.open = true;
      target.focus();
    }

    /* The reader's own data: likes, reactions, and pending comments. */
    async recognise() {
      if (this.dataset.sso || store.get(`comments:sso:${this.about.site}@${this.base}`)) {
        const { follow } = await import(`${this.base}static/sso.js`);
        await follow(this, store).catch((problem) => this.say(this.reason(problem)));
      }
      if (!store.get(this.visitorKey) && !this.find("[data-account], .comments-own")) return;
      const mine = await this.ask(`me?${this.query()}`);
      this.greeted = true;
      this.replyForm?.as(mine);
      const liked = [...mine.liked, ...(mine.page_liked ? [""] : [])].map((id) => `comment ${id}`);
      this.given = new Set([...liked, ...mine.reactions.map((value) => `reaction ${value}`)]);
      this.press(this.section);
      for (const { html } of mine.pending) this.place(parse(html), this.words.sort === "newest");
      await this.own(mine.own);
    }

    /* The comments that the reader can edit or delete, during the edit window. */
    async own(list) { if (list.length) (await this.mine()).know(list); }

    async mine() {
      const { Own } = await import(`${this.base}static/own.js`);
      this.owned ??= new Own(this, store);
      return this.owned;
    }

    async edit(link) { await (await this.mine()).edit(link); }

    async erase(link) { await (await this.mine()).erase(link); }

    /* A host app's user may be signed in; this is checked when they start to write. */
    async greet() {
      if (this.greeted || this.root === this || new URL(this.base).origin !== location.origin) return;
      this.greeted = true;
      this.replyForm.as(await this.ask(`me?${this.query()}`));
    }

    /* The sign-in script, loaded after the comments. */
    async signIn() {
      const { SignIn } = await import(`${this.base}static/sign-in.js`);
      if (this.window?.thread.section !== this.section) this.window?.stop();
      if (!this.window?.box.isConnected) this.window = new SignIn(this);
      return this.window;
    }

    async logIn(link) { return (await this.signIn()).begin(link); }

    stopSignIn() { this.window.stop(); }

    async signOut() {
      await this.ask("sign-out", { site: this.about.site, url: this.about.url });
      store.set(this.visitorKey, null);
      await this.load(this.words.sort);
      this.replyForm?.fields.text.focus();
    }

    /* ---- requests ---- */

    query(more) {
      const fields = { site: this.about.site, url: this.about.url, ...more };
      return new URLSearchParams(Object.entries(fields).filter(([, value]) => value));
    }

    headers() {
      const visitor = store.get(this.visitorKey);
      return { Accept: "application/json", ...(visitor && { Authorization: `Bearer ${visitor}` }) };
    }

    async ask(path, body) {
      const headers = this.headers();
      if (body) headers["Content-Type"] = "application/json";
      const response = await fetch(this.base + path, {
        method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), credentials: "same-origin",
      });
      if (response.status === 401) store.set(this.visitorKey, null);
      if (!response.ok) throw await this.refusal(response);
      const answer = await response.json();
      if (answer.visitor) store.set(this.visitorKey, answer.visitor);
      return answer;
    }

    async refusal(response) {
      const { error } = await response.json().catch(() => ({}));
      return { answered: true, final: response.status < 500, message: "", code: "", fields: {}, ...error };
    }

    async fragment(link, personal = false) {
      const url = new URL(link.href);
      url.searchParams.set("part", "1");
      return this.markup(url, personal ? this.headers() : undefined);
    }

    parse(html) { return parse(html); }

    /* Requests markup; refusals come as JSON. */
    async markup(url, headers = { Accept: "application/json" }) {
      const response = await fetch(url, { headers, credentials: "same-origin" });
      if (!response.ok) throw await this.refusal(response);
      return parse(await response.text());
    }

    /* ---- actions ---- */

    handleEvent(event) {
      const { target, type } = event;
      const writing = this.replyForm && target.form === this.replyForm.form;
      if (type === "click") this.clicked(event);
      else if (type === "submit") this.submitted(event);
      else if (type === "focusin" && writing) this.begin();
      else if (type === "input" && writing && target.name === "text") this.replyForm.keep();
      else if (type === "keydown" && event.key === "Escape" && !event.isComposing && writing && this.replyForm.parent) this.cancel();
    }

    begin() {
      this.write().catch(() => {});
      this.replyForm.token()?.catch(() => {});
      this.greet().catch(() => {});
    }

    clicked(event) {
      const link = event.target.closest("[data-act]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.attempt(() => this[link.dataset.act](link));
    }

    submitted(event) {
      const form = event.target;
      if (form.method === "dialog") return;
      event.preventDefault();
      if (form === this.replyForm?.form) this.replyForm.send();
      else if (form.id === "comments-likes") this.attempt(() => this.like(form, event.submitter));
      else this.attempt(async () => (await this.acts()).sent(this, form, event.submitter));
    }

    async attempt(act) {
      try { await act(); } catch (problem) { this.say(this.reason(problem)); }
    }

    /* The server's refusal text; without an answer, the thread's own text. */
    reason({ answered, message }) {
      return answered ? message || this.words.failed : this.words.offline;
    }

    reply(link) { this.replyForm.openUnder(link.closest("article"), link); }

    cancel() {
      this.replyForm.goHome();
      (this.replyForm.opener ?? this.replyForm.fields.text).focus();
    }

    jump(link) {
      const target = this.find(`#${link.dataset.to || link.hash.slice(1)}`);
      if (!target) return location.assign(link.href);
      history.pushState(null, "", `#${target.id}`);
      this.reveal(target);
    }

    jumpToHash = () => {
      const id = location.hash.match(/^#(comment-\d+)$/)?.[1];
      if (!id || !this.section) return;
      if (this.find(`#${id}`)) this.reveal(this.find(`#${id}`));
      else this.attempt(() => this.fetchAndShow(id));
    };

    /* A permalink may lead to a comment that is not loaded yet, or to another thread on this page. */
    async fetchAndShow(id) {
      await this.recognised;
      if (!this.find(`#${id}`)) {
        const focus = id.replace("comment-", "");
        try {
          const content = await this.markup(`${this.base}thread.html?${this.query({ focus, part: "1" })}`);
          const root = content.querySelector(".comments-item");
          if (!this.find(`#${root.querySelector("article").id}`)) root.dataset.ahead = "";
          this.place(content);
        } catch (problem) {
          if (document.querySelectorAll("comment-thread").length === 1) throw problem;
        }
      }
      if (this.find(`#${id}`)) this.reveal(this.find(`#${id}`));
    }

    async sort(link) {
      await this.load(link.dataset.key);
      this.find('[data-act="sort"][aria-current]')?.focus();
    }

    async more(link) {
      const paragraph = link.parentNode;
      const content = await this.fragment(link);
      const rest = [...content.children].find((node) => node.matches(".comments-more"));
      const first = this.place(content);
      paragraph.replaceWith(...(rest ? [rest] : []));
      first?.focus();
    }

    likers(link) { return this.dialog(link); }

    report(link) { return this.dialog(link); }

    /* Scripts of rare actions are loaded on demand. */
    acts() { return import(`${this.base}static/acts.js`); }

    async dialog(link, personal = false) { return (await this.acts()).dialog(this, link, personal); }

    async like(form, button) {
      const before = button.ariaPressed;
      const wanted = before !== "true";
      button.ariaPressed = String(wanted);
      try {
        const { liked, count, label } = await this.ask("likes", { ...values(form), comment: button.value, liked: wanted ? "1" : "0" });
        this.keepPressed(button, liked);
        Object.assign(button.nextElementSibling, { textContent: label, hidden: !count });
      } catch (problem) {
        button.ariaPressed = before;
        throw problem;
      }
    }

    /* Shows a status message, and announces it once to screen readers. */
    say(words) {
      const toast = this.find(".comments-toast");
      toast.textContent = words;
      clearTimeout(this.hush);
      this.hush = setTimeout(() => { toast.textContent = ""; }, 12000);
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
    }

    find(selector) { return this.section?.querySelector(selector); }
  }

  if (!customElements.get("comment-thread")) {
    try { policy = trustedTypes.createPolicy("comments", { createHTML: (html) => html }); } catch { /* not supported */ }
    customElements.define("comment-thread", CommentThread);
  }

  const every = () => document.querySelectorAll("comment-thread");
  const make = (options) => {
    const thread = document.createElement("comment-thread");
    Object.assign(thread.dataset, here.dataset, options, { base: home });
    return thread;
  };

  /* For single-page apps. */
  window.Comments ??= {
    mount(target, options) {
      const thread = make(options);
      (typeof target === "string" ? document.querySelector(target) : target).append(thread);
      return thread;
    },
    setTheme(theme) { for (const thread of every()) thread.dataset.theme = theme; },
    destroy(thread) { for (const gone of thread ? [thread] : every()) gone.remove(); },
    async count(root = document) {
      const { count } = await import(`${home}static/counts.js`);
      return count(root, home, here.dataset, parse, sheet);
    },
  };

  if (here.dataset.site) {
    const whole = (act) => (document.readyState !== "loading" ? act() : document.addEventListener("DOMContentLoaded", act));
    if (here.dataset.mount === "none") { /* the page mounts it itself, or uses only the counts */ }
    else if (!document.head?.contains(here)) here.after(make());
    else whole(() => document.body.append(make()));
    whole(() => {
      if (document.querySelector("[data-comments-count], [data-comments-latest]")) Comments.count().catch(() => {});
    });
  }
})();
