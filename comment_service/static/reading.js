/*
 * Announces new comments and shows them on request, so that the text being read does not move.
 * Shows the exact date of a comment on hover. Loads what moderators see.
 */

const EVERY = 60_000;

/* A moderator handed this tab a token, followed a link of the moderation pages, or is a host's own. */
const moderates = (thread) => {
  if (location.hash === "#moderate-comments" || "moderates" in thread.dataset) return true;
  try {
    return Boolean(sessionStorage.getItem(thread.visitorKey.replace("visitor", "moderator")));
  } catch {
    return Boolean(thread.staff); // the page forbids storage
  }
};

export class Reading {
  constructor(thread) {
    this.thread = thread;
    this.box = thread.find(".comments-news");
    this.newest = Number(thread.words.newest);
    this.seen = () => { if (!document.hidden) this.look(); };
    document.addEventListener("visibilitychange", this.seen);
    thread.root.addEventListener("mouseover", this.date);
    this.timer = setInterval(this.seen, EVERY);
    if (moderates(thread)) import("./in-place.js").then(({ follow }) => follow(thread)).catch((problem) => thread.say(thread.reason(problem)));
  }

  stop() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
    this.thread.root.removeEventListener("mouseover", this.date);
  }

  date = ({ target }) => {
    if (!target.dateTime || target.title) return;
    const moment = new Date(target.dateTime);
    target.title = moment.toLocaleString(this.thread.section.lang || [], { dateStyle: "full", timeStyle: "long" });
  };

  /* Displayed comments that are newer than the loaded thread, mostly the reader's own. */
  get have() {
    const ids = [...this.thread.section.querySelectorAll("article[id^=comment-]:not(.comments-waits)")];
    return ids.filter(({ id }) => Number(id.slice(8)) > this.newest).length;
  }

  async look() {
    try {
      const { count, label } = await this.thread.ask(`news?${this.thread.query({ after: this.newest, have: this.have })}`);
      this.box.hidden = !count;
      this.box.querySelector("button").textContent = label;
    } catch { /* retried in a minute */ }
  }

  async show() {
    const { thread } = this;
    const content = await thread.markup(`${thread.base}thread.html?${thread.query({ since: this.newest, part: "1" })}`);
    const ids = [...content.querySelectorAll("article[id^=comment-]")].map(({ id }) => Number(id.slice(8)));
    const fresh = ids.find((id) => !thread.find(`#comment-${id}`));
    thread.place(content, thread.words.sort === "newest");
    this.newest = Math.max(this.newest, ...ids);
    this.box.hidden = true;
    if (fresh) thread.reveal(thread.find(`#comment-${fresh}`));
    this.look();
  }
}
