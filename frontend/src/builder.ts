// <z-builder data-for="tree"> edits the filter tree in a hidden input: groups in groups, facts,
// events, segments. What can be asked stands as JSON in its <script> child; every change is
// written to the input and told as the event `tree`.

type Tree = Record<string, any>;
interface Fact {
  name: string;
  label: string;
  kind: string;
  ops: string[];
  window: boolean;
  choices: [string, string][] | null;
}
interface Offers {
  groups: { label: string; facts: Fact[] }[];
  ops: Record<string, string>;
  events: [string, string][];
  segments: [string, string][];
  within: [string, string][];
  words: Record<string, string>;
}

const MANY = ["in", "not_in", "has_any", "has_all"];

class Builder extends HTMLElement {
  private offers!: Offers;
  private tree: Tree = { all: [] };
  private readonly facts = new Map<string, Fact>();

  connectedCallback(): void {
    this.offers = JSON.parse(this.querySelector("script")!.textContent!);
    for (const group of this.offers.groups) for (const fact of group.facts) this.facts.set(fact.name, fact);
    this.tree = this.normal(JSON.parse(this.input.value || '{"all": []}'));
    this.show();
  }

  private get input(): HTMLInputElement {
    return document.getElementById(this.dataset.for!) as HTMLInputElement;
  }

  private get words(): Record<string, string> {
    return this.offers.words;
  }

  private normal(tree: Tree): Tree {
    return "all" in tree || "any" in tree ? tree : { all: [tree] };
  }

  private show(): void {
    this.replaceChildren(this.group(this.tree));
    this.tell();
  }

  private tell(): void {
    this.input.value = JSON.stringify(this.tree);
    document.dispatchEvent(new CustomEvent("tree"));
  }

  private group(node: Tree, drop?: () => void): HTMLElement {
    const key = "any" in node ? "any" : "all";
    const box = make("div", "branch");
    const choice = select([["all", this.words.all], ["any", this.words.any]], key, this.words.all);
    choice.addEventListener("change", () => {
      const parts = node[key];
      delete node[key];
      node[choice.value] = parts;
      this.show();
    });
    const head = make("div", "leaf", choice);
    if (drop) head.append(this.removal(drop));
    const parts: Tree[] = node[key];
    const rows = parts.map((part, position) =>
      this.piece(part, parts, position, () => {
        parts.splice(position, 1);
        this.show();
      }),
    );
    box.append(head, ...rows, this.additions(parts));
    return box;
  }

  private piece(node: Tree, among: Tree[], position: number, drop: () => void): HTMLElement {
    if ("all" in node || "any" in node) return this.group(node, drop);
    if ("not" in node) return this.exception(node, drop);
    const row = make("div", "leaf");
    if ("event" in node) row.append(...this.event(node));
    else if ("segment" in node) row.append(...this.segment(node));
    else row.append(...this.test(node, (changed) => ((among[position] = changed), this.show())));
    row.append(this.removal(drop));
    return row;
  }

  private exception(node: Tree, drop: () => void): HTMLElement {
    node.not = this.normal(node.not);
    const box = make("div", "branch");
    box.append(make("div", "leaf", text(this.words.not)), this.group(node.not, drop));
    return box;
  }

  private test(node: Tree, replace: (node: Tree) => void): HTMLElement[] {
    const fact = this.facts.get(node.fact) ?? [...this.facts.values()][0];
    const facts = document.createElement("select");
    facts.ariaLabel = this.words.fact;
    for (const group of this.offers.groups) {
      const part = document.createElement("optgroup");
      part.label = group.label;
      part.append(...group.facts.map((one) => new Option(one.label, one.name, false, one.name === fact.name)));
      facts.append(part);
    }
    facts.addEventListener("change", () => {
      const chosen = this.facts.get(facts.value)!;
      replace({ fact: chosen.name, op: chosen.ops[0], value: firstValue(chosen, chosen.ops[0]) });
    });
    const ops = select(fact.ops.map((op) => [op, this.offers.ops[op]]), node.op, this.words.op);
    ops.addEventListener("change", () =>
      replace({ ...node, op: ops.value, value: firstValue(fact, ops.value) }),
    );
    const parts: HTMLElement[] = [facts];
    if (fact.window) parts.push(this.window(node));
    parts.push(ops, ...this.values(fact, node));
    return parts;
  }

  private window(node: Tree): HTMLElement {
    const days = ["", "7d", "30d", "60d", "90d", "180d", "365d", "730d"];
    const options = days.map((one): [string, string] => [
      one,
      one ? this.words.last.replace("…", one.slice(0, -1)) : this.words.ever,
    ]);
    const choice = select(options, node.window ?? "", this.words.last);
    choice.addEventListener("change", () => {
      if (choice.value) node.window = choice.value;
      else delete node.window;
      this.tell();
    });
    return choice;
  }

  private values(fact: Fact, node: Tree): HTMLElement[] {
    if (node.op === "is_empty") {
      delete node.value;
      return [];
    }
    const set = (value: unknown) => {
      node.value = value;
      this.tell();
    };
    if (fact.kind === "yes_no") {
      const options: [string, string][] = [["true", this.words.yes], ["false", this.words.no]];
      return [on(select(options, String(node.value), this.words.value), (value) => set(value === "true"))];
    }
    if (node.op === "within") {
      return [on(select(this.offers.within, node.value, this.words.value), set)];
    }
    if (fact.choices && MANY.includes(node.op)) {
      return fact.choices.map(([key, label]) => this.tick(key, label, node));
    }
    if (fact.choices) return [on(select(fact.choices, node.value, this.words.value), set)];
    const type = { number: "number", money: "number", date: "date", time: "date" }[fact.kind] ?? "text";
    const read = (value: string) => (type === "number" ? Number(value) : value);
    if (node.op === "between") {
      const pair: unknown[] = Array.isArray(node.value) ? node.value : ["", ""];
      return pair.map((value, position) =>
        on(this.entry(type, String(value)), (entered) => {
          pair[position] = read(entered);
          set(pair);
        }),
      );
    }
    if (MANY.includes(node.op)) {
      const shown = Array.isArray(node.value) ? node.value.join(", ") : "";
      const entry = this.entry("text", shown);
      entry.title = this.words.several;
      return [on(entry, (value) => set(value.split(/[,，、]/).map((one) => one.trim()).filter(Boolean)))];
    }
    return [on(this.entry(type, String(node.value ?? "")), (value) => set(read(value)))];
  }

  private tick(key: string, label: string, node: Tree): HTMLElement {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = Array.isArray(node.value) && node.value.includes(key);
    box.addEventListener("change", () => {
      const others = (node.value as string[]).filter((one) => one !== key);
      node.value = box.checked ? [...others, key] : others;
      this.tell();
    });
    return make("label", "", box, text(` ${label}`));
  }

  private event(node: Tree): HTMLElement[] {
    node.count ??= { op: "gte", value: 1 };
    const events = on(select(this.offers.events, node.event, this.words.event), (value) => {
      node.event = value;
      delete node.where;
      this.tell();
    });
    const times = this.entry("number", String(node.count.value));
    on(times, (value) => {
      node.count.value = Number(value);
      this.tell();
    });
    return [events, this.window(node), text(this.words.happened), times, text(this.words.times)];
  }

  private segment(node: Tree): HTMLElement[] {
    const choice = on(select(this.offers.segments, node.segment, this.words.segment), (value) => {
      node.segment = value;
      this.tell();
    });
    return [text(this.words.inSegment), choice];
  }

  private additions(parts: Tree[]): HTMLElement {
    const add = (label: string, tree: () => Tree) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = label;
      button.addEventListener("click", () => {
        parts.push(tree());
        this.show();
      });
      return button;
    };
    const row = make("div", "leaf");
    const fact = { fact: "city", op: "contains", value: "" };
    row.append(add(this.words.addFact, () => ({ ...fact })));
    row.append(add(this.words.addEvent, () => ({ event: this.offers.events[0][0], window: "90d", count: { op: "gte", value: 1 } })));
    if (this.offers.segments.length) {
      row.append(add(this.words.addSegment, () => ({ segment: this.offers.segments[0][0] })));
    }
    row.append(add(this.words.addGroup, () => ({ any: [{ ...fact }] })));
    row.append(add(this.words.addNot, () => ({ not: { all: [{ ...fact }] } })));
    return row;
  }

  private entry(type: string, value: string): HTMLInputElement {
    const input = document.createElement("input");
    Object.assign(input, { type, value, ariaLabel: this.words.value });
    if (type === "number") Object.assign(input, { step: "any", className: "short" });
    return input;
  }

  private removal(drop: () => void): HTMLElement {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "link", textContent: "×", ariaLabel: this.words.remove });
    button.addEventListener("click", drop);
    return button;
  }
}

function firstValue(fact: Fact, op: string): unknown {
  if (op === "is_empty") return undefined;
  if (op === "within") return "30d";
  if (op === "between") return ["", ""];
  if (MANY.includes(op)) return fact.choices ? [fact.choices[0]?.[0]].filter(Boolean) : [];
  if (fact.kind === "yes_no") return true;
  if (fact.choices) return fact.choices[0]?.[0] ?? "";
  return fact.kind === "number" || fact.kind === "money" ? 1 : "";
}

function make(tag: string, className: string, ...children: Node[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function text(words: string): HTMLElement {
  const made = document.createElement("span");
  made.textContent = words;
  return made;
}

function select(options: [string, string][], value: string, label: string): HTMLSelectElement {
  const made = document.createElement("select");
  made.ariaLabel = label;
  made.append(...options.map(([key, words]) => new Option(words, key, false, key === value)));
  return made;
}

function on<Entry extends HTMLInputElement | HTMLSelectElement>(entry: Entry, act: (value: string) => void): Entry {
  entry.addEventListener(entry instanceof HTMLSelectElement ? "change" : "input", () => act(entry.value));
  return entry;
}

customElements.define("z-builder", Builder);
