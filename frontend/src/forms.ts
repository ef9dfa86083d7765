// Small habits of forms: Esc leaves an inline edit, choosing a file sends it or names it, a sent
// composer is empty again, an order grows by a line.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  const form = (event.target as Element).closest<HTMLElement>(".editing");
  form?.querySelector<HTMLElement>("[data-escape]")?.click();
});

// In a long text Enter makes a line; Ctrl-Enter saves (see hotkeys). Elsewhere Enter saves by itself.

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input instanceof HTMLInputElement && "submit" in input.dataset) input.form?.requestSubmit();
});

// A swapped-in form takes the focus, so that editing goes on without the mouse.
document.addEventListener("htmx:after:settle", (event) => {
  const place = (event as CustomEvent).detail?.task?.target ?? event.target;
  const root = place instanceof Element && place.isConnected ? place.parentElement : document;
  const wanted = root?.querySelector<HTMLElement>("[autofocus]");
  wanted?.focus();
  if (wanted instanceof HTMLInputElement && wanted.type === "text") wanted.select();
  wanted?.removeAttribute("autofocus");
});

document.addEventListener("written", () => {
  const composer = document.querySelector<HTMLFormElement>("form[data-clear=written]");
  composer?.reset();
});

class Drop extends HTMLElement {
  connectedCallback(): void {
    const input = this.querySelector("input")!;
    const label = this.querySelector("label")!;
    const words = this.querySelector("b")!;
    for (const name of ["dragover", "dragleave", "drop"]) {
      this.addEventListener(name, (event) => {
        event.preventDefault();
        label.classList.toggle("over", name === "dragover");
      });
    }
    this.addEventListener("drop", (event) => {
      if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change"));
    });
    input.addEventListener("change", () => {
      if (input.files?.[0]) words.textContent = input.files[0].name;
    });
  }
}

class Lines extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("[data-add]")?.addEventListener("click", (event) => {
      const lines = this.querySelectorAll("[data-line]");
      const copy = lines[lines.length - 1].cloneNode(true) as HTMLElement;
      for (const input of copy.querySelectorAll("input")) {
        input.value = input.name === "quantity" ? "1" : "";
      }
      const id = `line-${lines.length + 1}`;
      copy.querySelector("[role=listbox]")?.setAttribute("id", id);
      copy.querySelector("[role=combobox]")?.setAttribute("aria-controls", id);
      (event.currentTarget as Element).before(copy);
      copy.querySelector<HTMLElement>("input[type=search]")?.focus();
    });
  }
}

customElements.define("z-drop", Drop);
customElements.define("z-lines", Lines);
