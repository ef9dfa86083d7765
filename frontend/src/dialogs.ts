// What opens: dialogs by `data-open`, popovers below the button that names them, focus by
// `data-focus`, the parts of a file on a phone by `<z-tabs>`.
import { Shortcuts } from "./hotkeys";

const MARGIN = 8;

export function open(id: string): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.querySelector<Shortcuts>("z-shortcuts")?.fill?.();
  for (const shown of document.querySelectorAll<HTMLElement>(":popover-open")) shown.hidePopover();
  dialog.showModal();
  dialog.querySelector("input")?.dispatchEvent(new Event("open"));
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const opener = target.closest<HTMLElement>("[data-open]");
  if (opener) open(opener.dataset.open!);
  const focuser = target.closest<HTMLElement>("[data-focus]");
  if (focuser) document.querySelector<HTMLElement>(focuser.dataset.focus!)?.focus();
  if (target instanceof HTMLDialogElement) target.close(); // the backdrop
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  open("palette");
});

// A popover stands below its button, inside the window.
document.addEventListener(
  "toggle",
  (event) => {
    const box = event.target as HTMLElement;
    if ((event as ToggleEvent).newState !== "open" || !box.matches("[popover]")) return;
    place(box);
    new ResizeObserver(() => place(box)).observe(box);
    box.querySelector<HTMLElement>("input:not([type=hidden]), select, a")?.focus();
  },
  true,
);

function place(box: HTMLElement): void {
  const opener = document.querySelector(`[popovertarget="${box.id}"]`);
  if (!opener || !box.matches(":popover-open")) return;
  const at = opener.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - box.offsetWidth - MARGIN);
  const below = at.bottom + 6;
  const isRoom = below + box.offsetHeight + MARGIN <= innerHeight;
  const top = isRoom ? below : Math.max(MARGIN, at.top - box.offsetHeight - 6);
  box.style.left = `${Math.max(MARGIN, left)}px`;
  box.style.top = `${top}px`;
}

class Tabs extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("[data-part]");
      if (!button) return;
      for (const one of this.querySelectorAll("[data-part]")) {
        one.setAttribute("aria-pressed", String(one === button));
      }
      this.nextElementSibling?.setAttribute("data-part", button.dataset.part!);
    });
  }
}

customElements.define("z-tabs", Tabs);
