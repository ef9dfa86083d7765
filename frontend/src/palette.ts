// The palette: arrows move through what the server found, Enter goes there, Esc is the dialog's.

class Palette extends HTMLElement {
  connectedCallback(): void {
    this.input.addEventListener("keydown", (event) => this.move(event));
    this.addEventListener("htmx:after:swap", () => this.choose(0));
  }

  private get input(): HTMLInputElement {
    return this.querySelector("input")!;
  }

  private get options(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[role=option]")];
  }

  private get chosen(): number {
    return this.options.findIndex((option) => option.ariaSelected === "true");
  }

  private choose(position: number): void {
    const options = this.options;
    const wanted = options[(position + options.length) % options.length];
    for (const option of options) option.ariaSelected = String(option === wanted);
    this.input.setAttribute("aria-activedescendant", wanted?.id ?? "");
    wanted?.scrollIntoView({ block: "nearest" });
  }

  private move(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") this.choose(this.chosen + 1);
    else if (event.key === "ArrowUp") this.choose(this.chosen - 1);
    else if (event.key === "Enter") this.options[this.chosen]?.click();
    else return;
    event.preventDefault();
  }
}

customElements.define("z-palette", Palette);
