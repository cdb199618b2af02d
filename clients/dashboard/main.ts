import "./zod-without-eval.js";

import { Dashboard } from "./dashboard.js";

const header = document.getElementById("header");
const page = document.getElementById("page");
if (!header || !page) throw new Error("index.html has no #header or no #page");
new Dashboard(header, page).start();
