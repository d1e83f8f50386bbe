/** The state that survives a reload: the theme, the question and the answers. They stay in the browser, with this file's address. */

import { state } from "./state.js";

const KEY = `explorer ${location.pathname}`;

export function remember() {
  const { theme } = document.documentElement.dataset;
  const { stop, seen, answers } = state;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ theme, stop, seen: [...seen], answers: [...answers] }));
  } catch {
    // A frame of a notebook has no place for it.
  }
}

/** @param {number} stops how many questions there are */
export function recall(stops) {
  try {
    const { theme, stop, seen, answers } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    if (theme) document.documentElement.dataset.theme = theme;
    if (stop >= 0 && stop < stops) state.stop = stop;
    state.seen = new Set(seen ?? []);
    state.answers = new Map(answers ?? []);
  } catch {
    // Nothing was kept, or something else.
  }
}
