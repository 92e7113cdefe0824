// Makes the page's charts interactive: at the first pointer, touch or press of "Explore"; those with sliders when visible.
(function () {
  "use strict";
  const here = document.currentScript.src;
  let library;

  function load() {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("vega.js", here).href;
      script.onload = resolve;
      script.onerror = () => reject(new Error("cannot load " + script.src));
      document.head.append(script);
    });
    return library;
  }

  const options = {
    actions: false,
    ast: true,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  };

  // Legends and plots of the static drawing's size, so that nothing below the chart moves.
  function fitted(spec, figure) {
    const width = figure.clientWidth;
    const narrow = width < 520;
    const svg = figure.querySelector(narrow ? ".chart-narrow svg" : ".chart-wide svg");
    const box = svg.viewBox.baseVal;
    const plots = spec.vconcat || [spec];
    const change = box.height * (Math.min(width, narrow ? 480 : 800) / box.width - 1);
    for (const plot of plots) plot.height = Math.round((plot.height ?? 260) + change / plots.length);
    Object.assign(spec.config.legend, spec.usermeta.legends[narrow ? "narrow" : "wide"]);
    for (const part of spec.vconcat || []) part.width = width - spec.usermeta.concatMargin;
    return spec;
  }

  function specification(figure) {
    return JSON.parse(figure.querySelector(".chart-spec").textContent);
  }

  function sliders(spec) {
    const found = [];
    (function walk(view) {
      for (const param of view.params || []) if (param.bind && param.bind !== "scales" && !param.select) found.push(param.name);
      for (const part of (view.layer || []).concat(view.vconcat || [])) walk(part);
    })(spec);
    return found;
  }

  async function draw(figure, state) {
    const live = figure.querySelector(".chart-live");
    const width = figure.clientWidth;
    const spec = fitted(specification(figure), figure);
    await load();
    const kept = state.view ? state.names.map((name) => [name, state.view.signal(name)]) : [];
    const result = await window.vegaEmbed(live, spec, options);
    if (state.finalize) state.finalize();
    for (const [name, value] of kept) result.view.signal(name, value);
    await result.view.runAsync();
    Object.assign(state, { view: result.view, finalize: result.finalize, names: sliders(spec), width });
  }

  function prepare(figure) {
    const picture = figure.querySelector(".chart-picture");
    const live = figure.querySelector(".chart-live");
    const button = figure.querySelector(".chart-explore");
    const state = {};
    let started;

    function start() {
      started ??= (async () => {
        live.hidden = false;
        live.classList.add("chart-pending");
        live.style.minHeight = picture.offsetHeight + parseFloat(getComputedStyle(picture).marginBottom) + "px";
        try {
          await draw(figure, state);
        } catch (error) {
          live.hidden = true;
          started = undefined;
          throw error;
        }
        live.classList.remove("chart-pending");
        figure.classList.add("chart-upgraded");
        button.hidden = true;
        if ("vconcat" in specification(figure)) {
          new ResizeObserver(() => {
            if (Math.abs(figure.clientWidth - state.width) > 1 && figure.clientWidth > 0) draw(figure, state);
          }).observe(figure);
        }
      })();
      return started;
    }

    button.hidden = false;
    button.addEventListener("focus", load);
    button.addEventListener("click", () => start().then(() => live.focus()));
    for (const type of ["pointerenter", "touchstart"]) picture.addEventListener(type, start, { once: true, passive: true });
    if ("sliders" in figure.dataset) {
      picture.style.marginBottom = sliders(specification(figure)).length * 2.5 + "rem";
      const seen = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          seen.disconnect();
          start();
        }
      });
      seen.observe(figure);
    }
  }

  document.querySelectorAll("figure.chart").forEach(prepare);
})();
