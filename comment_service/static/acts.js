/* Rarely used actions, loaded on demand: show likers, report a comment, react. */

const values = (form) => Object.fromEntries(new FormData(form));

/* Opens a link's page as a dialog over the thread; `personal` sends the reader's token. */
export async function dialog(thread, link, personal) {
  const shown = (await thread.fragment(link, personal)).querySelector("dialog");
  shown.addEventListener("close", () => shown.remove());
  thread.section.append(shown);
  shown.showModal();
  return shown;
}

export const sent = (thread, form, button) =>
  (form.elements.given ? react(thread, form, button) : report(thread, form));

async function report(thread, form) {
  const status = form.querySelector(".comments-status");
  try {
    const { message } = await thread.ask("reports", values(form));
    form.closest("dialog").close();
    thread.say(message);
  } catch (problem) {
    status.textContent = [thread.reason(problem), ...Object.values(problem.fields ?? {}).flat()].join(" ");
    status.dataset.kind = "error";
  }
}

async function react(thread, form, button) {
  const before = button.ariaPressed;
  const wanted = before !== "true";
  button.ariaPressed = String(wanted);
  try {
    const told = await thread.ask("reactions", { ...values(form), reaction: button.value, given: wanted ? "1" : "0" });
    thread.keepPressed(button, told.given, told);
  } catch (problem) {
    button.ariaPressed = before;
    throw problem;
  }
}
