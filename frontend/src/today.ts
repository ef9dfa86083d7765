// Today's list, and the queue of duplicates, under the keyboard: j and k choose a customer; every other key stands on a button
// or link of that row as `data-key`.
import { isTyping } from "./hotkeys";

class Today extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.pressed);
    this.addEventListener("pointerdown", (event) => this.choose((event.target as Element).closest("[data-row]")));
    this.addEventListener("focusin", (event) => this.choose((event.target as Element).closest("[data-row]")));
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.pressed);
  }

  private pressed = (event: KeyboardEvent): void => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const here = this.querySelector("[data-row].here");
    if (event.key === "j") this.move(here, 1);
    else if (event.key === "k") this.move(here, -1);
    else if (event.key === "Enter" && (event.target as Element).closest("a, button")) return;
    else {
      const act = here?.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key)}"]`);
      if (!act) return;
      act.click();
    }
    event.preventDefault();
  };

  private move(here: Element | null, step: number): void {
    const rows = [...this.querySelectorAll("[data-row]")];
    const position = here ? rows.indexOf(here) + step : 0;
    const wanted = rows[Math.max(0, Math.min(position, rows.length - 1))];
    this.choose(wanted);
    wanted?.scrollIntoView({ block: "nearest" });
  }

  private choose(wanted: Element | null | undefined): void {
    if (!wanted) return;
    for (const row of this.querySelectorAll("[data-row]")) row.classList.toggle("here", row === wanted);
  }
}

customElements.define("z-today", Today);
customElements.define("z-duplicates", class extends Today {});

function shut(): void {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
}

document.addEventListener("worked", shut);
document.addEventListener("click", (event) => {
  if ((event.target as Element).closest("[data-shut]")) shut();
});
