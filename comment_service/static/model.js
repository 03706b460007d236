/*
 * The owner's page: the slider reads the counts that are in the page, so no move asks the server;
 * a training that runs is asked about until it ends. Without this, the table says the same.
 */
(() => {
  "use strict";

  const box = document.getElementById("what-if");
  if (box) {
    const numbers = (name) => box.dataset[name].split(" ").map(Number);
    const [honest, through, looks, threshold] = ["honest", "through", "looks", "threshold"].map(numbers);
    const most = (list) => Math.max(...list) || 1;
    const slider = document.getElementById("threshold");
    const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 });
    const show = () => {
      const step = Number(slider.value);
      document.getElementById("at").textContent = percent.format(threshold[step]);
      document.getElementById("honest").textContent = honest[step];
      document.getElementById("through").textContent = through[step];
      document.getElementById("looks").textContent = looks[step];
      slider.setAttribute("aria-valuetext", percent.format(threshold[step]));
      const dot = document.getElementById("dot");
      dot.setAttribute("cx", 100 * Math.sqrt(honest[step] / most(honest)));
      dot.setAttribute("cy", 100 - 100 * Math.sqrt(through[step] / most(through)));
    };
    slider.disabled = false;
    slider.addEventListener("input", show);
    show();
  }

  const line = document.getElementById("progress");
  const ask = async () => {
    const answer = await fetch(line.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = answer?.ok ? await answer.json() : { running: true };
    if (!told.running) return location.reload();
    if (told.step) line.textContent = `${told.step}${told.total ? ` ${Math.round((100 * told.done) / told.total)} %` : " …"} ${told.error ?? ""}`;
    setTimeout(ask, 1000);
  };
  if (line && "running" in line.dataset) ask();
})();
