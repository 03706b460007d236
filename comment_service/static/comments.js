/*
 * Puts a comment thread on any page:
 *   <script src="https://comments.example/embed.js" data-site="KEY" async></script>
 * All texts and markup come from the server; this script only places them.
 * Without it, every link and form of a thread still works.
 */
(() => {
  "use strict";

  /* A module has no currentScript: the stack names this file. */
  const found = () => {
    const src = new Error().stack.match(/\w+:\/\/[^\s()@]+?(?=:\d+:\d+)/)[0];
    return [...document.scripts].find((script) => script.src === src) ?? { src, dataset: {} };
  };
  const here = document.currentScript ?? found();
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

  const LINKED = /#(comments|respond|(\w*-?com+ent\w*|isso)-[\w-]+)$/;

  const night = matchMedia("(prefers-color-scheme: dark)");

  /* Reads a colour in any notation, such as oklch(). */
  const pixel = (color) => {
    const brush = document.createElement("canvas").getContext("2d");
    brush.fillStyle = color;
    brush.fillRect(0, 0, 1, 1);
    return brush.getImageData(0, 0, 1, 1).data;
  };

  const textIsLight = (node) => {
    const { color } = getComputedStyle(node);
    const [red, green, blue] = color.match(/^rgba?\((\d+), (\d+), (\d+)/)?.slice(1) ?? pixel(color);
    return red * 0.3 + green * 0.6 + blue * 0.1 > 140;
  };

  const values = (form) => Object.fromEntries(new FormData(form));

  /* In a layer, so that the owner's styles win. Browsers before 2023 lack one or both. */
  const sheet = (root) => {
    const text = window.CSSLayerBlockRule ? `@layer{${style}}` : style;
    try {
      const made = new CSSStyleSheet();
      made.replaceSync(text);
      root.adoptedStyleSheets = [made];
      if (root.adoptedStyleSheets.length) return;
    } catch { /* not supported */ }
    root.prepend(Object.assign(document.createElement("style"), { textContent: text }));
  };

  /* A hash router's route, without the place on its page: "#/post" of "#/post#comment-1". */
  const route = () => location.hash.match(/^#!?\/[^#]*|^#![^#]*/)?.[0] ?? "";

  /* Without campaign parameters, which many sites remove from the address while the page is open. */
  const lasting = (text) => text?.replace(/[?&](utm_\w+|gclid|fbclid|mc_[ce]id)=[^&#]*/g, "");

  /* The URL that identifies the thread, by the page's settings. */
  const address = ({ page, mapping }, stale, before) => {
    const { origin, pathname, search, href, hash } = location;
    const base = origin + pathname;
    if (page) return new URL(page, href).href;
    if (mapping === "pathname") return base;
    if (mapping === "hash") return !hash[1] || route() ? base + search + route() : before || base; // else an anchor on the same page
    if (mapping === "title") return `${origin}/?title=${encodeURIComponent(document.title)}`;
    const canonical = !stale && mapping !== "url" && document.querySelector('link[rel="canonical"]')?.href;
    return canonical || href.split("#")[0];
  };

  class CommentThread extends HTMLElement {
    static observedAttributes = ["theme", "site", "page", "title", "lang", "mapping"].map((name) => `data-${name}`);

    connectedCallback() {
      addEventListener("hashchange", this.jumpToHash);
      night.addEventListener("change", this.redress);
      if (this.section) this.watch().catch(() => {});
      if (this.root) return this.turn();
      if (this.dataset.base || document.readyState !== "loading") this.await();
      else document.addEventListener("DOMContentLoaded", () => this.await(), { once: true });
    }

    disconnectedCallback() {
      removeEventListener("hashchange", this.jumpToHash);
      night.removeEventListener("change", this.redress);
      this.reading?.stop();
      this.around?.stop();
    }

    /* With data-loading="lazy", nothing is loaded until the reader scrolls near. */
    await() {
      if (this.dataset.loading !== "lazy" || LINKED.test(location.hash)) return this.start();
      this.style.display = "block";
      const watch = new IntersectionObserver(([seen]) => {
        if (!seen.isIntersecting) return;
        watch.disconnect();
        this.start();
      }, { rootMargin: "600px" });
      watch.observe(this);
    }

    attributeChangedCallback(name) {
      if (name === "data-theme") this.redress();
      else this.turn();
    }

    redress = () => { if (this.section) this.dress(this.section); };

    /* Which thread the page asks for now: its attributes win over those of a thread that the server rendered. */
    asked() {
      const from = { ...this.served, ...this.dataset };
      return {
        site: from.site,
        url: address(from, this.around?.stale, this.about?.url),
        title: from.title || document.title,
        lang: from.lang || document.documentElement.lang,
      };
    }

    start() {
      const section = this.querySelector(".comments");
      this.base = this.dataset.base ?? home;
      this.served = section && { ...section.dataset, lang: section.lang };
      this.about = this.asked();
      this.path = location.pathname;
      this.root = section ? this : this.attachShadow({ mode: "open" });
      for (const event of ["click", "submit", "input", "focusin", "keydown"]) this.root.addEventListener(event, this);
      if (!this.about.site || !/^http/.test(this.about.url)) return import(`${this.base}static/hint.js`).then(({ hint }) => hint(this));
      if (section) this.adopt(section);
      else this.open();
    }

    get visitorKey() { return `comments:visitor:${this.about.site}@${this.base}`; }

    /* Goes on to another page if the page around asks for one. Routers set several things one after the other. */
    turn() {
      clearTimeout(this.turning);
      this.turning = setTimeout(() => {
        const about = this.about && this.isConnected && this.asked();
        if (!about || ["site", "url", "lang"].every((name) => lasting(about[name]) === lasting(this.about[name]))) return;
        this.reading?.stop();
        this.window?.stop();
        for (const name of ["section", "box", "owned", "given", "greeted", "since", "reading"]) this[name] = null;
        this.about = about;
        this.root.textContent = "";
        this.open();
      }, 50);
    }

    /* ---- display ---- */

    open() {
      const wait = document.createElement("div");
      wait.className = "comments comments-loading";
      this.style.display = "block";
      this.style.minHeight = "100vh"; // keeps what follows off-screen, so that nothing visible moves
      this.root.append(wait);
      this.load(this.dataset.sort);
      if (this.root !== this) sheet(this.root); // done while the thread loads, because it takes time
      this.dress(wait);
    }

    async load(sort) {
      const old = this.root.querySelector(".comments");
      const { about } = this;
      const { title, lang } = about;
      old.ariaBusy = "true";
      try {
        const level = this.dataset.headingLevel;
        const content = await this.markup(`${this.base}thread?${this.query({ title, lang, sort, level })}`);
        this.adopt(content.querySelector(".comments"), old);
      } catch (problem) {
        await this.still(about);
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
      this.suffix ??= this.ownSuffix();
      this.dress(section);
      this.settle(section);
      old?.replaceWith(section);
      this.box = section.querySelector(".comments-respond");
      if (this.dataset.inputPosition === "top" && this.box) section.querySelector(".comments-list").before(this.box);
      if (this.box) this.form().catch(() => {}); // retried when the reader writes
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
      this.watch().catch(() => {});
    }

    /* Optional features, not needed to read the first comment. */
    async watch() {
      if (this.dataset.preview) return;
      const [{ Around }, { Reading }] = await Promise.all([import(`${this.base}static/around.js`), import(`${this.base}static/reading.js`)]);
      if (!this.isConnected || !this.section) return;
      this.reading?.stop();
      this.reading = new Reading(this);
      (this.around ??= new Around(this)).start();
    }

    /* The form that was there when it was asked for: the page may go on to another one meanwhile. */
    async form() {
      const { box, about } = this;
      const { ReplyForm } = await import(`${this.base}static/form.js`);
      return (box.reply ??= new ReplyForm(this, box, about, store));
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
      for (const link of part.querySelectorAll('a[href^="/"], .comments-when')) {
        const href = link.getAttribute("href");
        const to = link.dataset.act === "jump" && href.match(LINKED)[1];
        link.href = to && this.root !== this ? new URL(this.anchor(to), location) : new URL(href, this.base);
      }
      if (this.suffix) this.mark(part);
      this.press(part);
    }

    /* Threads in one document differ in their ids: the server numbers them, and the script where it did not. */
    ownSuffix() {
      if (this.root !== this) return "";
      const { id, dataset: { suffix } } = this.section;
      if (suffix) return suffix;
      const taken = [...every()].filter((thread) => thread.section && thread !== this && thread.root === thread).map((thread) => thread.section.id);
      let n = 1;
      while (taken.includes(`comments-${++n}`));
      return taken.includes(id) ? `-${n}` : "";
    }

    mark(part) {
      for (const node of [part, ...part.querySelectorAll("*")]) {
        for (const { name, value } of node.attributes ?? []) {
          if (!/^(id|for|form|href|aria-(\w+by|controls))$/.test(name)) continue;
          node.setAttribute(name, value.replace(/(^#?| )(comments|respond)\S*/g, (all) => (all.endsWith(this.suffix) ? all : all + this.suffix)));
        }
      }
    }

    /* Times in the reader's zone and language. The first format call is slow, so comments are shown in UTC first. */
    local(part) {
      const brief = new Intl.DateTimeFormat(this.section.lang || [], { dateStyle: "medium", timeStyle: "short" });
      for (const time of part.querySelectorAll("time")) time.textContent = brief.format(new Date(time.dateTime));
    }

    /* Toggle buttons: pressed if this reader liked or reacted. */
    press(part) {
      for (const button of part.querySelectorAll(":is(.comments-like, .comments-react) button")) {
        const told = this.given?.[`${button.name} ${button.value}`];
        button.ariaPressed = String(!!told);
        if (told) this.number(button, told);
      }
    }

    keepPressed(button, pressed, told) {
      button.ariaPressed = String(pressed);
      (this.given ??= {})[`${button.name} ${button.value}`] = pressed && told;
      this.number(button, told);
    }

    /* The number beside a like button, or inside a reaction button. */
    number(button, { count, label }) {
      const inside = button.querySelector(".comments-number");
      if (inside) button.ariaLabel = label;
      const words = inside ? new Intl.NumberFormat(this.section.lang || undefined).format(count) : label;
      Object.assign(inside ?? button.nextElementSibling, { textContent: words, hidden: !count });
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
      if (this.box) (await this.form()).as(mine);
      this.given = mine.counts;
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
      (await this.form()).as(await this.ask(`me?${this.query()}`));
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
      (await this.form()).fields.text.focus();
    }

    /* ---- requests ---- */

    /* Answers for a page that the reader has left are dropped. */
    still(about) { return about !== this.about && new Promise(() => {}); }

    query(more) {
      const fields = { site: this.about.site, url: this.about.url, ...more };
      return new URLSearchParams(Object.entries(fields).filter(([, value]) => value));
    }

    headers() {
      const visitor = store.get(this.visitorKey);
      return { Accept: "application/json", ...(visitor && { Authorization: `Bearer ${visitor}` }) };
    }

    async ask(path, body, kept) {
      const { about, visitorKey } = this;
      const headers = this.headers();
      if (body) headers["Content-Type"] = "application/json";
      const response = await fetch(this.base + path, {
        method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), credentials: "same-origin",
      });
      if (response.status === 401) store.set(visitorKey, null);
      if (!response.ok) throw await this.refusal(response);
      const answer = await response.json();
      if (answer.visitor) store.set(visitorKey, answer.visitor);
      if (!kept) await this.still(about);
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
      const { about } = this;
      const response = await fetch(url, { headers, credentials: "same-origin" });
      if (!response.ok) throw await this.refusal(response);
      const html = await response.text();
      await this.still(about);
      return parse(html);
    }

    /* ---- actions ---- */

    handleEvent(event) {
      const { target, type } = event;
      const writing = this.box && target.form === this.box.querySelector("form");
      if (type === "click") this.clicked(event);
      else if (type === "submit") this.submitted(event);
      else if (writing && (type === "focusin" || type === "input")) this.wrote(target, type);
      else if (type === "keydown" && event.key === "Escape" && !event.isComposing && writing && this.box.reply?.parent) this.cancel();
    }

    /* The clock of the form starts here, not with the answer of a server that may be out of reach. */
    wrote({ name }, type) {
      this.since ??= performance.now();
      if (this.box.reply && type === "input" && name === "text") return this.box.reply.keep();
      this.form().then((form) => (type === "input" ? name === "text" && form.keep() : form.begin())).catch(() => {});
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
      if (form.parentNode === this.box) this.form().then((reply) => reply.send(), (problem) => {
        form.querySelector(".comments-status").textContent = `${this.reason(problem)} ${this.words.kept}`;
      });
      else if (form.elements.liked) this.attempt(() => this.like(form, event.submitter));
      else this.attempt(async () => (await this.acts()).sent(this, form, event.submitter));
    }

    async attempt(act) {
      try { await act(); } catch (problem) { this.say(this.reason(problem)); }
    }

    /* The server's refusal text; without an answer, the thread's own text. */
    reason({ answered, message }) {
      return answered ? message || this.words.failed : this.words.offline;
    }

    async reply(link) { (await this.form()).openUnder(link.closest("article"), link); }

    async cancel() { (await this.form()).cancel(); }

    anchor(id) { return `${this.dataset.mapping === "hash" ? route() : ""}#${id}`; }

    jump(link) {
      const target = this.find(link.hash.match(LINKED)?.[0]);
      if (!target) return location.assign(link.href);
      history.pushState(null, "", this.anchor(target.id));
      this.reveal(target);
    }

    jumpToHash = () => {
      const id = location.hash.match(LINKED)?.[1];
      const target = id && this.section && this.root.querySelector(`[id="${id}"]`);
      if (target?.closest(".comments-one")) this.reveal(target.closest(".comments-one"));
      else if (target && !document.getElementById(id)) target.scrollIntoView();
      else if (/-/.test(id) && this.section && !target && !document.getElementById(id)) this.attempt(() => this.fetchAndShow(id));
    };

    /* A permalink may lead to a comment that is not loaded yet, or to another thread on this page. */
    async fetchAndShow(id) {
      await this.recognised;
      if (!this.find(`#${id}`)) {
        const focus = id.replace("comment-", "");
        try {
          const content = await this.markup(`${this.base}thread.html?${this.query({ focus, old: id, part: "1" })}`);
          const root = content.querySelector(".comments-item");
          if (!this.find(`#${root.querySelector("article").id}`)) root.dataset.ahead = "";
          this.place(content);
        } catch (problem) {
          if (document.querySelectorAll("comment-thread").length === 1) throw problem;
        }
      }
      const article = this.find(`#${id}`)?.closest(".comments-one");
      if (article) this.reveal(article);
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

    likers(link) { return this.dialog(link, true); }

    report(link) { return this.dialog(link, true); }

    /* Scripts of rare actions are loaded on demand. */
    acts() { return import(`${this.base}static/acts.js`); }

    async dialog(link, personal = false) { return (await this.acts()).dialog(this, link, personal); }

    async like(form, button) {
      const before = button.ariaPressed;
      const wanted = before !== "true";
      button.ariaPressed = String(wanted);
      try {
        const told = await this.ask("likes", { ...values(form), comment: button.value, liked: wanted ? "1" : "0" });
        this.keepPressed(button, told.liked, told);
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

  const every = () => document.querySelectorAll("comment-thread");

  if (!customElements.get("comment-thread")) {
    try { policy = trustedTypes.createPolicy("comments", { createHTML: (html) => html }); } catch { /* not supported */ }
    customElements.define("comment-thread", CommentThread);
  }

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

  const whole = (act) => (document.readyState !== "loading" ? act() : document.addEventListener("DOMContentLoaded", act));
  const { site, mount } = here.dataset;
  if (site && mount !== "none") { // else the page mounts it itself, or uses only the counts
    if (!document.head?.contains(here)) here.after(make());
    else whole(() => document.body.append(make()));
  }
  whole(() => {
    if (site && document.querySelector("[data-comments-count], [data-comments-latest]")) Comments.count().catch(() => {});
    if (!site && !mount && here.after && !document.querySelector("comment-thread")) import(`${home}static/hint.js`).then(({ missing }) => missing(here));
  });
})();
