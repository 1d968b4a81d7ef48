import { byId } from "../../stand-in/page/element.js";
import { showDirectory } from "./directory.js";
import { showSignIn } from "./sign-in.js";

const theme = byId("theme-switch");
const setDark = (isDark) => {
  theme.setAttribute("aria-pressed", String(isDark));
  localStorage.setItem("stand-in.theme-switch", String(isDark));
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
};
theme.addEventListener("click", () => setDark(theme.getAttribute("aria-pressed") !== "true"));
const chosen = localStorage.getItem("stand-in.theme-switch");
setDark(chosen === null ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "true");

if (location.pathname.startsWith("/o/oauth2/")) await showSignIn();
else showDirectory();
