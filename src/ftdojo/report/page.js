"use strict";
// Everything is readable without this script; it adds a theme switch, tips, filters and curve switches.
(function () {
  var root = document.documentElement;

  function stored(value) {
    try {
      if (value !== undefined) localStorage.setItem("ftdojo-theme", value);
      return localStorage.getItem("ftdojo-theme");
    } catch (error) {
      return null; // a page opened from a file may have no storage
    }
  }

  var kept = stored();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  function all(selector, act, within) {
    Array.prototype.forEach.call((within || document).querySelectorAll(selector), act);
  }

  function pressed(button, value) {
    if (value !== undefined) button.setAttribute("aria-pressed", String(value));
    return button.getAttribute("aria-pressed") === "true";
  }

  function themeSwitch(button) {
    var system = matchMedia("(prefers-color-scheme: dark)");
    function dark() {
      return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
    }
    button.hidden = false;
    pressed(button, dark());
    system.addEventListener("change", function () { pressed(button, dark()); });
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      pressed(button, dark());
    });
  }

  function tips(tip) {
    var current = null;
    function show(target) {
      current = target;
      var box = target.getBoundingClientRect();
      tip.textContent = target.dataset.tip;
      tip.hidden = false;
      var left = box.left + box.width / 2 - tip.offsetWidth / 2;
      var above = box.top - tip.offsetHeight - 8;
      tip.style.left = Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8)) + "px";
      tip.style.top = (above > 52 ? above : Math.min(box.bottom + 8, innerHeight - tip.offsetHeight - 8)) + "px";
    }
    function hide() {
      tip.hidden = true;
      current = null;
    }
    all("[data-tip]", function (target) {
      target.addEventListener("pointerenter", function () { show(target); });
      target.addEventListener("focus", function () { show(target); });
      target.addEventListener("pointerleave", hide);
      target.addEventListener("blur", hide);
    });
    addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });
    // Moving the focus may scroll: a tip goes along with what is still pointed at or focused, or goes away.
    addEventListener("scroll", function () {
      if (current && current.matches(":hover, :focus")) show(current);
      else hide();
    }, { passive: true });
  }

  function openTarget() {
    var card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!card || card.tagName !== "DETAILS") return;
    card.open = true;
    card.scrollIntoView();
    card.querySelector("summary").focus({ preventScroll: true });
  }

  function cardSwitch(button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var open = pressed(button, !pressed(button));
      button.textContent = open ? "Close all" : "Open all";
      all("details.card", function (card) { card.open = open; });
    });
  }

  function curves() {
    all("button[data-curve]", function (button) {
      button.addEventListener("click", function () {
        var shown = pressed(button, !pressed(button));
        all("g[data-of]", function (curve) {
          if (curve.dataset.of === button.dataset.curve) curve.classList.toggle("off", !shown);
        });
      });
    });
    var log = document.getElementById("log");
    if (!log) return;
    log.hidden = false;
    log.addEventListener("click", function () {
      var on = pressed(log, !pressed(log));
      all("figure[data-scale]", function (figure) { figure.hidden = (figure.dataset.scale === "log") !== on; });
    });
  }

  function filters() {
    var buttons = document.querySelectorAll("button[data-kind]");
    if (!buttons.length) return;
    document.getElementById("filters").hidden = false;
    function apply() {
      var kinds = {}, shown = 0;
      Array.prototype.forEach.call(buttons, function (button) { kinds[button.dataset.kind] = pressed(button); });
      all("[data-pair]", function (pair) {
        pair.hidden = !kinds[pair.dataset.pair];
        shown += pair.hidden ? 0 : 1;
      });
      document.getElementById("nothing").hidden = shown > 0;
    }
    Array.prototype.forEach.call(buttons, function (button) {
      button.addEventListener("click", function () { pressed(button, !pressed(button)); apply(); });
    });
    apply();
  }

  addEventListener("DOMContentLoaded", function () {
    themeSwitch(document.getElementById("theme"));
    tips(document.getElementById("tip"));
    var unfold = document.getElementById("unfold");
    if (unfold) cardSwitch(unfold);
    curves();
    filters();
    openTarget();
    addEventListener("hashchange", openTarget);
    addEventListener("beforeprint", function () { all("details.card", function (card) { card.open = true; }); });
  });
  // A second click on the same link changes no hash, so the card is opened from the click as well.
  addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a");
    var href = link && link.getAttribute("href");
    if (href && href === location.hash) openTarget();
  });
})();
