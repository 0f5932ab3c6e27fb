// Starts the page: display, stream, views.

import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import { App } from "./app";
import { startDisplay } from "./parts/display";
import { startStream } from "./stream";
import "./style/base.css";
import "./style/strip.css";
import "./style/lists.css";
import "./style/detail.css";
import "./style/print.css";

startDisplay();
const place = document.getElementById("page");
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
void startStream();
