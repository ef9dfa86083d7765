// A list under the keyboard: j and k move, Enter opens, x selects, Shift selects a range; the bar
// for many shows as soon as something is selected.
import { isTyping } from "./hotkeys";

class Rows extends HTMLElement {
  private last = -1;

  connectedCallback(): void {
    this.addEventListener("change", (event) => this.changed(event.target as HTMLInputElement));
    this.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", this.pressed);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.pressed);
  }

  private get rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[data-row]")];
  }

  private get boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>("input[name=ids]")];
  }

  private get here(): number {
    return this.rows.findIndex((row) => row.classList.contains("here"));
  }

  private pressed = (event: KeyboardEvent): void => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const row = this.rows[this.here];
    if (event.key === "j") this.go(this.here + 1);
    else if (event.key === "k") this.go(this.here - 1);
    else if (event.key === "x") row?.querySelector<HTMLInputElement>("input[name=ids]")?.click();
    else if (event.key === "Enter" && event.target === document.body) row?.querySelector("a")?.click();
  };

  private go(position: number): void {
    const rows = this.rows;
    const wanted = rows[Math.max(0, Math.min(position, rows.length - 1))];
    for (const row of rows) row.classList.toggle("here", row === wanted);
    wanted?.scrollIntoView({ block: "nearest" });
  }

  private clicked(event: MouseEvent): void {
    const target = event.target as Element;
    if (target instanceof HTMLInputElement && target.name === "ids") {
      this.range(target, event.shiftKey);
    } else if (!target.closest("a, button, input, select, label") && !getSelection()?.toString()) {
      target.closest("[data-row]")?.querySelector("a")?.click();
    }
  }

  private range(box: HTMLInputElement, isRange: boolean): void {
    const boxes = this.boxes;
    const at = boxes.indexOf(box);
    if (isRange && this.last >= 0) {
      const [from, to] = [Math.min(at, this.last), Math.max(at, this.last)];
      for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
    }
    this.last = at;
    this.count();
  }

  private changed(box: HTMLInputElement): void {
    if ("all" in box.dataset) for (const one of this.boxes) one.checked = box.checked;
    this.count();
  }

  private count(): void {
    const bar = this.querySelector<HTMLElement>("[data-bulk]");
    const words = bar?.querySelector<HTMLElement>("[data-count]");
    if (!bar || !words) return;
    const count = this.boxes.filter((box) => box.checked).length;
    bar.hidden = count === 0;
    words.textContent = `${count} ${words.dataset.one}`;
  }
}

customElements.define("z-rows", Rows);
