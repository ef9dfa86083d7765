// What just happened, said for ten seconds, with a way back where there is one. Toasts come with
// fragments as the event `toast`, and with pages as JSON in the region.

const STAYS = 10_000;

interface Toast {
  message: string;
  undo?: string;
}

function region(): HTMLElement {
  return document.getElementById("toasts")!;
}

function button(words: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.textContent = words;
  return made;
}

export function show({ message, undo }: Toast): void {
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("span");
  words.textContent = message;
  box.append(words);
  if (undo) box.append(undoForm(undo));
  const close = button("×");
  close.ariaLabel = region().dataset.close ?? "";
  close.addEventListener("click", () => box.remove());
  box.append(close);
  region().append(box);
  setTimeout(() => box.remove(), STAYS);
}

function undoForm(address: string): HTMLFormElement {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const token = document.createElement("input");
  Object.assign(token, { type: "hidden", name: "csrfmiddlewaretoken", value: region().dataset.token });
  form.append(token, button(region().dataset.undo ?? ""));
  form.setAttribute("hx-post", address);
  form.setAttribute("hx-swap", "none");
  queueMicrotask(() => htmx.process(form));
  return form;
}

document.addEventListener("toast", (event) => show((event as CustomEvent<Toast>).detail));
document.addEventListener("htmx:error", (event) => {
  const error = (event as CustomEvent).detail?.error;
  if (error instanceof TypeError || error?.name === "AbortError") show({ message: region().dataset.lost ?? "" });
});

const waiting = region()?.querySelector("script")?.textContent;
if (waiting) for (const toast of JSON.parse(waiting) as Toast[]) show(toast);
