// What the browser remembers. Storage may be switched off or full: then the page forgets.

export function recall(store, key, otherwise) {
  try {
    const kept = window[store].getItem(`lifeline.${key}`);
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    return otherwise;
  }
}

export function keep(store, key, value) {
  try {
    window[store].setItem(`lifeline.${key}`, JSON.stringify(value));
  } catch {
    // Nothing to do: see above.
  }
}
