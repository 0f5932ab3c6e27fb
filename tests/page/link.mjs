// A link between a browser and a server that can be cut, so that a stream breaks and both ends live on.

import { connect, createServer } from "node:net";

export class Link {
  #sockets = new Set();
  #server = createServer((near) => {
    if (this.broken) {
      near.destroy();
      return;
    }
    const far = connect(Number(new URL(this.target).port), "127.0.0.1");
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  broken = false;

  constructor(target) {
    this.target = target;
  }

  async open() {
    await new Promise((done) => this.#server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  cut() {
    this.broken = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.broken = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }
}
