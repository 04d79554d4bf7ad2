// The border of a mask, along pixel edges.

/**
 * Lines between pixels that are in the mask and pixels that are not (the map's edge included): x0, y0, x1, y1 of the
 * first, then of the next; straight runs are one line.
 * @param {Uint8Array} mask
 * @param {number} side
 */
export function outlineOf(mask, side) {
  /** @type {number[]} */
  const lines = [];
  for (let edge = 0; edge <= side; edge += 1) {
    visitRuns(side, (along) => isIn(mask, side, along, edge - 1) !== isIn(mask, side, along, edge), (start, end) =>
      lines.push(start, edge, end, edge),
    );
    visitRuns(side, (along) => isIn(mask, side, edge - 1, along) !== isIn(mask, side, edge, along), (start, end) =>
      lines.push(edge, start, edge, end),
    );
  }
  return lines;
}

/**
 * @param {number} side
 * @param {(along: number) => boolean} isEdge
 * @param {(start: number, end: number) => void} visit
 */
function visitRuns(side, isEdge, visit) {
  let start = -1;
  for (let along = 0; along <= side; along += 1) {
    const isOn = along < side && isEdge(along);
    if (isOn && start < 0) start = along;
    if (!isOn && start >= 0) {
      visit(start, along);
      start = -1;
    }
  }
}

/**
 * @param {Uint8Array} mask
 * @param {number} side
 * @param {number} column
 * @param {number} row
 */
function isIn(mask, side, column, row) {
  return column >= 0 && row >= 0 && column < side && row < side && mask[row * side + column] === 1;
}
