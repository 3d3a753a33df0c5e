import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { hasRoom } from "./group.ts";
import { Ring } from "./ring.ts";
import { type Algorithm, ALL_FULL, type AllFull, type Balancer } from "./types.ts";

interface RandomModel {
  readonly kind: "random";
  readonly draws: number;
}

class Random implements Balancer {
  private readonly ring: Ring;

  constructor(
    backend: Backend,
    private readonly draws: number,
  ) {
    this.ring = new Ring(backend);
  }

  rebuild(): void {
    this.ring.rebuild();
  }

  pick(_request: unknown, avoid: Server | null): Server | AllFull | null {
    const { ring } = this;
    if (ring.count === 0) return null;
    let best = ring.lookup(draw(), avoid);
    for (let i = 1; i < this.draws; i++) {
      const other = ring.lookup(draw(), avoid);
      if (other !== best && other.served * best.eweight <= best.served * other.eweight) best = other;
    }
    return hasRoom(best) ? best : ALL_FULL;
  }

  served(): void {}
}

function draw(): number {
  return (Math.random() * 4294967296) >>> 0;
}

/**
 * `balance random(draws)`: draws servers at random by weight and takes the least loaded of them; two by default ("power of
 * two choices"). Good with many servers that come and go and with several load balancers before them.
 */
export const random: Algorithm<RandomModel> = {
  name: "random",
  usage: "random[(<draws>)]",
  help: "The least loaded of a few servers drawn at random",
  http: false,
  keyed: false,
  isDynamic: () => true,
  parse(args, word, argument) {
    if (argument === null || argument === "") return { kind: "random", draws: 2 };
    if (!/^\d{1,9}$/.test(argument) || Number(argument) < 1) {
      return args.error("config/bad-value", word, `'${argument}' is not a number of draws: 1 or more`);
    }
    return { kind: "random", draws: Number(argument) };
  },
  create: (backend, { draws }) => new Random(backend, draws),
};
