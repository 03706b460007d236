/*
 * A reader's own comments: edit and delete links during the edit window, the form in place of the
 * text, the confirmation before deleting. Typed text is kept until the server has accepted it.
 */
export class Own {
  constructor(thread, store) {
    this.thread = thread;
    this.store = store;
    this.known = new Map();
    this.ends = new Map();
  }

  /* The reader's comments from the server: id, seconds left, and the links. */
  know(list) {
    for (const { id, seconds, html } of list) {
      this.known.set(id, html);
      clearTimeout(this.ends.get(id));
      this.ends.set(id, setTimeout(() => this.over(id), seconds * 1000));
    }
    this.show();
  }

  show() {
    for (const [id, html] of this.known) {
      const article = this.thread.find(`#comment-${id}:not(.comments-gone)`);
      if (!article || article.querySelector(".comments-own")) continue;
      const links = this.thread.parse(html);
      this.thread.settle(links);
      const actions = article.querySelector(".comments-actions");
      const report = actions?.querySelector(".comments-report");
      if (report) report.before(links);
      else (actions ?? article).append(links);
    }
  }

  /* An open form stays when the time is over: it says so and keeps the typed text. */
  over(id) {
    this.known.delete(id);
    const links = this.thread.find(`#comment-${id} .comments-own`);
    if (links?.contains(links.getRootNode().activeElement)) links.closest("article").focus();
    links?.remove();
  }

  draftKey(form) { return `comments:edit:${form.action}`; }

  async edit(link) {
    const article = link.closest("article");
    const open = article.querySelector(".comments-editing");
    if (open) return open.elements.text.focus();
    const form = (await this.thread.fragment(link, true)).querySelector("form");
    const text = article.querySelector(".comments-text");
    form.action = new URL(form.getAttribute("action"), this.thread.base);
    const draft = this.store.get(this.draftKey(form));
    if (draft) form.elements.text.value = draft;
    form.addEventListener("submit", (event) => this.caught(event, () => this.save(form)));
    form.addEventListener("input", (event) => this.caught(event, () => this.store.set(this.draftKey(form), form.elements.text.value), false));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.caught(event, () => this.close(form));
    });
    form.querySelector(".comments-back").addEventListener("click", (event) => this.caught(event, () => this.close(form)));
    text.hidden = true;
    text.after(form);
    form.elements.text.focus();
    this.write(form).catch(() => {}); // without the editor, the plain field still works
  }

  /* The editor of the comment form, for this form. */
  async write(form) {
    const { thread } = this;
    const { Writing } = await import(`${thread.base}static/writing.js`);
    new Writing({ box: form, form, thread, fields: { text: form.elements.text }, complain: (_fields, words, kind) => this.say(form, words, kind) });
  }

  /* Handled here: the thread's listener handles only its own forms. */
  caught(event, act, instead = true) {
    event.stopPropagation();
    if (instead) event.preventDefault();
    act();
  }

  close(form) {
    const article = form.closest("article");
    this.store.set(this.draftKey(form), null);
    form.remove();
    article.querySelector(".comments-text").hidden = false;
    (article.querySelector(".comments-own a") ?? article).focus();
  }

  async save(form) {
    if (form.ariaBusy) return;
    form.ariaBusy = "true";
    form.elements.text.readOnly = true;
    this.say(form, this.thread.words.sending);
    try {
      const answer = await this.thread.ask(this.path(form), this.values(form));
      this.store.set(this.draftKey(form), null);
      this.put(form.closest("article"), answer);
    } catch (problem) {
      this.failed(form, problem);
    }
    form.ariaBusy = null;
    form.elements.text.readOnly = false;
  }

  failed(form, problem) {
    const { text = [], ...other } = problem.fields ?? {};
    const kept = problem.final ? "" : this.thread.words.kept;
    this.say(form, [this.thread.reason(problem), kept, ...Object.values(other).flat()].join(" ").trim(), "error");
    form.querySelector(".comments-error").textContent = text.join(" ");
    form.elements.text.ariaInvalid = text.length ? "true" : null;
    if (problem.code === "edited_before") {
      form.elements.expected.value = problem.expected;
      form.querySelector(".comments-now").hidden = false;
      form.querySelector(".comments-now blockquote").textContent = problem.text;
    }
    if (problem.code === "stale_form") {
      this.thread.ask(`form-token?${this.thread.query()}`).then(({ token }) => { form.elements.token.value = token; }, () => {});
    }
    form.elements.text.focus();
  }

  async erase(link) {
    const dialog = await this.thread.dialog(link, true);
    const form = dialog.querySelector(".comments-deleting");
    const article = link.closest("article");
    form.action = new URL(form.getAttribute("action"), this.thread.base);
    form.addEventListener("submit", (event) => this.caught(event, () => this.remove(form, dialog, article)));
  }

  async remove(form, dialog, article) {
    try {
      const answer = await this.thread.ask(this.path(form), this.values(form));
      dialog.close();
      this.put(article, answer);
    } catch (problem) {
      this.say(form, this.thread.reason(problem), "error");
    }
  }

  /* Replaces the changed comment; its replies stay in place. */
  put(article, answer) {
    const content = this.thread.parse(answer.html);
    const item = article.parentNode;
    const fresh = content.querySelector("article");
    this.known.delete(answer.id);
    this.thread.settle(content);
    this.thread.local(content);
    this.thread.head(content);
    if (fresh) article.replaceWith(fresh);
    else this.leave(item);
    this.know(answer.own);
    fresh?.focus();
    this.thread.say(answer.message);
  }

  leave(item) {
    const near = item.previousElementSibling ?? item.nextElementSibling ?? item.parentNode.closest(".comments-item");
    item.remove();
    (near?.querySelector("article") ?? this.thread.find(".comments-form [name=text]"))?.focus();
  }

  path(form) { return form.action.slice(this.thread.base.length); }

  values(form) { return Object.fromEntries(new FormData(form)); }

  say(form, words, kind = "") {
    const status = form.querySelector(".comments-status");
    status.textContent = words;
    status.dataset.kind = kind;
  }
}
