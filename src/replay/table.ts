const NUMBER = /^-?[\d,.]+(?: \w+)?$/

/** Columns of text, aligned: numbers to the right, the rest to the left. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const isNumeric = head.map((_, column) => rows.every((row) => NUMBER.test(row[column]!)))
  return all.map((row) => {
    const cells = row.map((cell, column) =>
      isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    )
    return cells.join('  ').trimEnd()
  })
}
