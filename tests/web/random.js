// Small helpers of these tests: a seeded random generator, and random label maps.

/** mulberry32: the same numbers for the same seed. @param {number} seed */
export function randomFrom(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    /** A whole number, `least` to `most`. */
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    /** A place in or a little outside a map. */
    place: (side) => ({ x: next() * (side + 4) - 2, y: next() * (side + 4) - 2 }),
  };
}

/** Blots of a few classes, which hang together more than noise does. */
export function randomMap(random, side, classes = 4) {
  const ids = new Uint8Array(side * side);
  for (let blot = 0; blot < 6; blot += 1) {
    const [x, y, radius] = [random.next() * side, random.next() * side, random.next() * side * 0.4];
    const id = random.whole(0, classes - 1);
    for (let index = 0; index < ids.length; index += 1) {
      if (Math.hypot((index % side) + 0.5 - x, Math.floor(index / side) + 0.5 - y) <= radius) ids[index] = id;
    }
  }
  return { side, ids };
}

/** Runs a promise on many random cases; a failure names its seed. */
export function forSeeds(count, check) {
  for (let seed = 1; seed <= count; seed += 1) {
    try {
      check(randomFrom(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
