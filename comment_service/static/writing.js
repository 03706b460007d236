/* Comment editor: formatting buttons and keys, preview, remaining characters, offline handling. */

const KEYS = { b: "bold", i: "italic", k: "link" };
const NEAR = 500; // below this many characters left, they are announced

export class Writing {
  constructor(form) {
    this.form = form;
    this.box = form.box;
    this.text = form.fields.text;
    this.tools = this.box.querySelector(".comments-tools");
    this.shown = this.box.querySelector(".comments-preview");
    this.number = this.box.querySelector(".comments-count");
    this.form.form.addEventListener("input", () => this.goesOn());
    form.fields.name?.addEventListener("input", () => form.keep());
    if (!this.tools) return;
    this.tools.hidden = false;
    this.buttons = [...this.tools.querySelectorAll("button")];
    this.buttons.forEach((button, n) => { button.tabIndex = n ? -1 : 0; });
    this.tools.addEventListener("click", (event) => this.clicked(event));
    this.tools.addEventListener("keydown", (event) => this.moved(event));
    this.text.addEventListener("keydown", (event) => this.pressed(event));
    this.text.addEventListener("input", () => this.count());
    this.count();
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.mark) this.mark(button);
    else this.preview(button).catch((problem) => this.form.complain(problem.fields ?? {}, this.form.thread.reason(problem), "error"));
  }

  /* One Tab stop; the arrow keys move between the buttons (WAI-ARIA toolbar). */
  moved(event) {
    const here = this.buttons.indexOf(event.target);
    const forward = getComputedStyle(this.tools).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = { [forward]: here + 1, Home: 0, End: -1, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: here - 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = this.buttons.at(steps[event.key] % this.buttons.length);
    this.buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  }

  pressed(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
    if (event.key === "Enter") this.form.form.requestSubmit();
    const name = KEYS[event.key.toLowerCase()];
    const button = name && this.buttons.find(({ dataset }) => dataset.name === name);
    if (!button || event.shiftKey) return;
    event.preventDefault();
    this.mark(button);
  }

  /* Adds marks around the selection, or before each of its lines; the browser can undo it. */
  mark({ dataset }) {
    const { mark } = dataset;
    const line = "line" in dataset;
    const { selectionStart: from, selectionEnd: to, value } = this.text;
    const start = line ? value.lastIndexOf("\n", from - 1) + 1 : from;
    const chosen = value.slice(start, to);
    const [before, after] = mark.split("…");
    const made = line ? chosen.replace(/^/gm, mark) : before + chosen + after;
    this.text.focus();
    this.text.setSelectionRange(start, to);
    if (!document.execCommand("insertText", false, made)) this.text.setRangeText(made);
    const end = line ? start + made.length : start + before.length + chosen.length;
    this.text.setSelectionRange(line ? end : start + before.length, end);
    this.text.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  }

  async preview(button) {
    const { thread } = this.form;
    const showing = this.shown.hidden;
    if (showing) {
      const { html } = await thread.ask("preview", { ...thread.about, text: this.text.value });
      this.turn(button, true); // a live region announces only changes made while it is visible
      this.shown.replaceChildren(thread.parse(html));
    } else {
      this.turn(button, false);
      this.text.focus();
    }
  }

  turn(button, showing) {
    this.shown.hidden = !showing;
    this.text.hidden = showing;
    button.textContent = showing ? button.dataset.back : button.dataset.plain;
  }

  /* The form's text changed: update preview and count. */
  again() {
    this.forget();
    if (!this.tools) return;
    this.turn(this.buttons.at(-1), false);
    this.count();
  }

  count() {
    const left = Number(this.text.dataset.max) - [...this.text.value].length;
    const { left: room, over } = this.number.dataset;
    const shown = new Intl.NumberFormat(this.form.thread.section.lang || undefined).format(Math.abs(left));
    this.number.textContent = left > NEAR ? "" : (left < 0 ? over : room).replace("{number}", shown);
    this.number.dataset.kind = left < 0 ? "error" : "";
  }

  /* Offline, the comment waits for the connection and is sent with the same key. */
  later({ answered }) {
    if (answered || navigator.onLine) return;
    const { form } = this;
    form.complain({}, form.box.dataset.later);
    this.forget();
    this.back = () => {
      this.forget();
      if (!this.box.isConnected) return;
      form.complain({}, form.box.dataset.back);
      form.send();
    };
    addEventListener("online", this.back);
  }

  forget() {
    removeEventListener("online", this.back);
    this.back = null;
  }

  /* After further typing, or a change of the parent, the reader must send it manually. */
  goesOn() {
    if (!this.back) return;
    this.forget();
    this.form.complain({}, "");
  }
}
