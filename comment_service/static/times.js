/* Shows all times of a page in the reader's time zone and language. */
(() => {
  "use strict";
  const lang = document.documentElement.lang || undefined;
  const brief = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  const full = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.textContent = brief.format(moment);
    time.title = full.format(moment);
  }
})();
