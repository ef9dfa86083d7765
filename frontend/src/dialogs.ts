// What opens: dialogs by `data-open`, focus by `data-focus`, the parts of a file on a phone by
// `<z-tabs>`.
import { Shortcuts } from "./hotkeys";

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

// A popover takes the focus; where it stands is a matter of style (position-area).
document.addEventListener(
  "toggle",
  (event) => {
    const box = event.target as HTMLElement;
    if ((event as ToggleEvent).newState !== "open" || !box.matches("[popover]")) return;
    box.querySelector<HTMLElement>("input:not([type=hidden]), select, a")?.focus();
  },
  true,
);

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
