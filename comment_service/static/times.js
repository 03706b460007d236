/* Shows the times of a page in the reader's time zone and language; on the pages of moderation, how long ago. */

const showTimes = (() => {
  "use strict";
  const lang = document.documentElement.lang || undefined;
  const brief = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  const full = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });
  const days = new Intl.DateTimeFormat(lang, { dateStyle: "medium" });
  const distance = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const UNITS = [["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 7]];

  /* "5 minutes ago" or "in 3 days"; the date of a moment more than a week away. */
  const ago = (moment) => {
    const seconds = (moment - Date.now()) / 1000;
    for (const [unit, size, most] of UNITS) {
      const number = Math.round(seconds / size);
      if (Math.abs(number) < most) return distance.format(number, unit);
    }
    return brief.format(moment);
  };

  /* A day without a time is the same in every zone and stays as the server wrote it. */
  const show = (part) => {
    for (const time of part.querySelectorAll('time[datetime*="T"]')) {
      const moment = new Date(time.dateTime);
      const { day, ago: relative } = time.dataset;
      time.textContent = relative !== undefined ? ago(moment) : (day !== undefined ? days : brief).format(moment);
      time.title = full.format(moment);
    }
  };

  show(document);
  if (document.querySelector("time[data-ago]")) setInterval(() => show(document), 60_000);
  return show;
})();
