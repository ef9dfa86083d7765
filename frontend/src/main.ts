// Everything that pages do by themselves. Pages work without it; with it they answer at once.
import "../css/tokens.css";
import "../css/base.css";
import "../css/components.css";
import "../css/pages.css";
import "../css/work.css";
import "htmx.org";
import "./hotkeys";
import "./dialogs";
import "./toasts";
import "./palette";
import "./rows";
import "./pick";
import "./forms";
import "./chart";
import "./today";
import "./builder";
