/* The comment form: its position, its draft, and sending it exactly once. Loaded after the comments. */

const values = (form) => Object.fromEntries(new FormData(form));

/* randomUUID() is missing where a page is not served over HTTPS. */
const unique = () => crypto.randomUUID?.() ??
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

export class ReplyForm {
  constructor(thread, box, about, store) {
    const { words } = thread;
    Object.assign(this, { thread, box, about, store, words }); // they stay when the thread goes on to another page
    this.form = box.querySelector("form");
    this.place = box.previousElementSibling;
    this.fields = this.form.elements;
    this.button = this.form.querySelector(".comments-send button");
    this.recall();
    this.restore();
    if (this.fields.text.value) this.keep(); // typed before this script was there
  }

  /* Name and addresses are kept in the browser only if the reader ticks the box, and until it is unticked or
     "Forget me" is pressed, which empties the fields too. */
  recall() {
    const line = this.form.querySelector(".comments-remember");
    const person = this.store.get("comments:person");
    if (!line) return;
    for (const [name, value] of Object.entries(person ?? {})) {
      if (this.fields[name] && !this.fields[name].value) this.fields[name].value = value;
    }
    line.hidden = false;
    this.remember = line.querySelector("input");
    this.forget = line.querySelector("button");
    this.remember.checked = Boolean(person);
    this.forget.hidden = !person;
    this.remember.addEventListener("change", () => { if (!this.remember.checked) this.remembers(null); });
    this.forget.addEventListener("click", () => {
      for (const name of ["name", "email", "website"]) this.fields[name].value = "";
      this.remember.checked = false;
      this.remembers(null);
      this.keep();
      this.fields.name.focus();
    });
  }

  remembers(person) {
    this.store.set("comments:person", person);
    if (this.forget) this.forget.hidden = !person;
  }

  get parent() { return this.fields.parent.value; }

  get draftKey() { return `comments:draft:${this.about.site}:${this.about.url}:${this.parent}`; }

  get draft() { return this.store.get(this.draftKey) ?? {}; }

  /* The seconds that the reader has been writing this draft, on earlier visits too. */
  get seconds() {
    const { since } = this.thread;
    return this.before + (since ? (performance.now() - since) / 1000 : 0);
  }

  restore() {
    const { text = "", key = "", seconds = 0, name = "" } = this.draft;
    this.before = seconds;
    if (this.fields.name) this.fields.name.value ||= name;
    if (this.fields.text.value) return; // the server returned the text with its key, or it was typed meanwhile
    this.fields.text.value = text;
    if (key) this.fields.key.value = key;
  }

  /* One idempotency key per text, until the server has answered. */
  keep() {
    const { key, refused } = this.draft;
    const current = refused ? "" : key || this.fields.key.value;
    this.fields.key.value = current || unique();
    const text = this.fields.text.value;
    const name = (text && this.fields.name?.value) || undefined; // no longer than the text
    this.store.set(this.draftKey, { text, key: this.fields.key.value, seconds: this.seconds, name });
  }

  /* The reader starts to write. */
  begin() {
    this.write().catch(() => {});
    this.token()?.catch(() => {});
    this.thread.greet().catch(() => {});
  }

  async write() {
    const { Writing } = await import(`${this.thread.base}static/writing.js`);
    this.writing ??= new Writing(this);
  }

  token() {
    if (this.fields.token.value) return null;
    const { site, url } = this.about;
    this.asked ??= this.thread.ask(`form-token?${new URLSearchParams({ site, url })}`, null, true)
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
    this.thread.since = null; // another draft
    this.complain({}, "");
    this.restore();
    this.writing?.again();
  }

  openUnder(article, link) {
    this.opener = link;
    this.answering(article.id.replace("comment-", ""), article.querySelector(".comments-author").textContent.trim());
    article.after(this.box);
    this.thread.say("");
    this.fields.text.focus();
  }

  goHome() {
    this.answering("", "");
    this.place.after(this.box);
  }

  cancel() {
    this.goHome();
    (this.opener ?? this.fields.text).focus();
  }

  /* The page's title at this moment: a router may have set it after the thread was mounted. */
  values() {
    const { thread } = this;
    const own = thread.about === this.about && thread.root !== thread;
    return {
      ...values(this.form),
      ...(own && { title: thread.dataset.title || document.title }),
      seconds: this.seconds,
    };
  }

  async send() {
    if (this.busy) return;
    this.busy = this.button.ariaDisabled = "true";
    this.complain({}, this.words.sending);
    this.fields.text.readOnly = true; // text typed meanwhile would be lost
    this.thread.say("");
    try {
      this.keep();
      const sent = this.values(); // before a wait, in which the reader may go on to another page
      await this.token();
      this.sent(await this.thread.ask("comments", { ...sent, token: this.fields.token.value }, true));
    } catch (problem) {
      this.failed(problem);
    }
    this.busy = this.button.ariaDisabled = null;
    this.fields.text.readOnly = false;
  }

  sent(answer) {
    const { name = "", email = "", website = "" } = values(this.form);
    if (this.fields.name && !this.fields.staff) this.remembers(this.remember?.checked ? { name, email, website } : null);
    this.store.set(this.draftKey, null);
    this.fields.token.value = "";
    this.thread.tell("comments:posted", { id: answer.id, status: answer.status });
    if (this.thread.box !== this.box) return; // the thread shows another page now
    this.button.textContent = this.button.dataset.plain;
    this.goHome();
    this.thread.reveal(this.thread.place(this.thread.parse(answer.html), this.words.sort === "newest"));
    this.thread.own(answer.own);
    this.thread.say(answer.message);
  }

  /* Only the server's answer is final: after a network error the same key is sent again. */
  failed(problem) {
    this.button.textContent = this.button.dataset.again;
    if (!problem.final) {
      this.complain({}, `${this.thread.reason(problem)} ${this.words.kept}`, "error");
      return this.writing?.later(problem);
    }
    this.complain(problem.fields, this.thread.reason(problem), "error");
    this.store.set(this.draftKey, { ...this.draft, refused: true });
    this.button.textContent = this.button.dataset.plain;
    if (this.fields.staff && problem.code === "sign_in_required") this.thread.staff.lose(); // the text stays
    if (problem.code === "stale_form") {
      this.fields.token.value = "";
      this.token().catch(() => {});
    }
  }

  complain(fields, words, kind = "") {
    const other = { ...fields };
    for (const field of this.fields) {
      const place = field.name && this.form.querySelector(`[id^="comments-${field.name}-error"]`);
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
