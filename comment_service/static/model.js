/*
 * The filter page: the slider uses the counts in the page, so moving it needs no request; a running
 * training is polled until it ends. Without this script the tables show the same figures.
 */
(() => {
  "use strict";

  const at = (id) => document.getElementById(id);
  const { lang } = document.documentElement;
  const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 });
  const plain = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });

  const box = at("what-if");
  if (box) {
    const points = JSON.parse(box.dataset.points);
    const most = (column) => Math.max(...points.map((point) => point[column])) || 1;
    const [mostHeld, mostThrough] = [most(1), most(4)];
    const slider = at("threshold");
    const show = () => {
      const [threshold, ...rates] = points[Number(slider.value)];
      at("at").textContent = percent.format(threshold);
      slider.setAttribute("aria-valuetext", percent.format(threshold));
      at("use").value = threshold;
      for (const which of [1, 2, 3]) {
        const [number, low, high] = rates.slice(3 * which - 3, 3 * which).map((value) => plain.format(value));
        at(`figure-${which}`).textContent = number;
        at(`between-${which}`).textContent = box.dataset.between.replace("{low}", low).replace("{high}", high);
      }
      const x = 100 * Math.sqrt(rates[0] / mostHeld);
      const y = 100 - 100 * Math.sqrt(rates[3] / mostThrough);
      at("dot").setAttribute("d", `M${x.toFixed(1)} ${y.toFixed(1)}h0`);
    };
    at("slide").hidden = at("use").hidden = false;
    slider.addEventListener("input", show);
    show();
  }

  const progress = at("progress");
  const ask = async () => {
    const answer = await fetch(progress.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && !answer.ok) return location.reload();
    const told = answer ? await answer.json() : { running: true };
    if (!told.running) return location.reload();
    if (told.step) at("step").textContent = told.step;
    if (told.total) at("done").value = Math.round((100 * told.done) / told.total);
    setTimeout(ask, 1000);
  };
  if (progress) ask();
})();
