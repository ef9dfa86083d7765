// Shortcuts are declared where they act: `data-hotkey="g c"` on the link or button itself. One
// listener clicks the first visible match; the `?` sheet lists the same attributes.

const PAUSE = 900; // ms that a first key waits for its second

let first = "";
let since = 0;

// A field of a dialog that has just closed keeps the focus until the next frame: nobody types there.
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest("input, textarea, select, [contenteditable]")?.checkVisibility() ?? false;
}

function isShown(element: HTMLElement): boolean {
  return element.matches("[popover] *") || element.checkVisibility();
}

export function press(keys: string): boolean {
  const wanted = `[data-hotkey="${CSS.escape(keys)}"]`;
  const found = [...document.querySelectorAll<HTMLElement>(wanted)].find(isShown);
  found?.click();
  return found !== undefined;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const isSecond = first !== "" && event.timeStamp - since < PAUSE;
  const done = (isSecond && press(`${first} ${event.key}`)) || press(event.key);
  first = !done && event.key.length === 1 ? event.key : "";
  since = event.timeStamp;
  if (done) event.preventDefault();
});

// Ctrl or Cmd with Enter sends the form that is being written in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  if (isTyping(event.target)) (event.target as HTMLInputElement).form?.requestSubmit();
});

class Shortcuts extends HTMLElement {
  // Filled when the sheet opens, from what the page offers at that moment.
  fill(): void {
    const offered = new Map([["Ctrl K", this.dataset.palette ?? ""]]);
    for (const element of document.querySelectorAll<HTMLElement>("[data-hotkey]")) {
      const keys = element.dataset.hotkey;
      if (keys && !offered.has(keys)) offered.set(keys, element.dataset.hint ?? element.innerText.trim());
    }
    this.replaceChildren(...[...offered].flatMap(([keys, words]) => [keysOf(keys), text(words)]));
  }
}

function keysOf(keys: string): HTMLElement {
  const box = document.createElement("span");
  for (const key of keys.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    box.append(cap, " ");
  }
  return box;
}

function text(words: string): HTMLElement {
  const box = document.createElement("span");
  box.textContent = words;
  return box;
}

customElements.define("z-shortcuts", Shortcuts);
export { Shortcuts };
