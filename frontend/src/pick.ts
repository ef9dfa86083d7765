// A field that chooses a record: what is typed is looked up, what is chosen is sent as its id.
// With data-several, what is chosen becomes a chip, and the next one can be looked for.

class Pick extends HTMLElement {
  private timer = 0;
  private asked = 0;

  connectedCallback(): void {
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("focus", () => this.later());
    this.input.addEventListener("keydown", (event) => this.move(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keeps the focus in the field
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.choose(option);
    });
    this.chips?.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("button");
      if (button) this.drop(button.closest<HTMLElement>(".chip")!);
    });
  }

  private get chips(): HTMLElement | null {
    return this.querySelector<HTMLElement>(".chips");
  }

  private get input(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>("input[role=combobox]")!;
  }

  private get hiddenInput(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>("input[type=hidden]")!;
  }

  private get list(): HTMLElement {
    return this.querySelector<HTMLElement>("[role=listbox]")!;
  }

  private get options(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[role=option]")];
  }

  private later(): void {
    if (this.input.value === "" && !this.chips) this.hiddenInput.value = "";
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), 80);
  }

  private async look(): Promise<void> {
    const number = ++this.asked;
    const address = `${this.dataset.source}?q=${encodeURIComponent(this.input.value)}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok || number !== this.asked || document.activeElement !== this.input) return;
    this.list.innerHTML = await answer.text();
    this.options.forEach((option, position) => {
      option.id = `${this.list.id}-${position}`;
    });
    this.list.hidden = false;
    this.input.ariaExpanded = "true";
  }

  private close(): void {
    this.asked++;
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }

  private choose(option: HTMLElement): void {
    if (this.chips) return this.add(this.chips, option);
    this.hiddenInput.value = option.dataset.value ?? "";
    this.input.value = option.dataset.title ?? "";
    this.fillPrice(option);
    this.close();
    this.hiddenInput.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private add(chips: HTMLElement, option: HTMLElement): void {
    const value = option.dataset.value ?? "";
    const known = [...chips.querySelectorAll("input")].some((one) => one.value === value);
    this.input.value = "";
    this.close();
    if (known) return;
    const chip = this.querySelector("template")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
    chip.querySelector("input")!.value = value;
    chip.querySelector("b")!.textContent = option.dataset.title ?? "";
    chips.append(chip);
    chip.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private drop(chip: HTMLElement): void {
    chip.remove();
    this.input.focus();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // In the lines of an order the price comes along with the product.
  private fillPrice(option: HTMLElement): void {
    const name = this.dataset.price;
    const price = name && this.parentElement?.querySelector<HTMLInputElement>(`[name=${name}]`);
    if (price && option.dataset.price && price.value === "") price.value = option.dataset.price;
  }

  private move(event: KeyboardEvent): void {
    if (event.isComposing || this.list.hidden) return;
    const options = this.options;
    const at = options.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "ArrowDown") this.mark(options, at + 1);
    else if (event.key === "ArrowUp") this.mark(options, at - 1);
    else if (event.key === "Enter" && options.length > 0) this.choose(options[Math.max(at, 0)]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private mark(options: HTMLElement[], position: number): void {
    const wanted = options[(position + options.length) % options.length];
    for (const option of options) option.ariaSelected = String(option === wanted);
    if (wanted) this.input.setAttribute("aria-activedescendant", wanted.id);
    wanted?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("z-pick", Pick);
