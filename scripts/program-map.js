// The source maps of several files, one after the other, as one: Node reads no map that is made of maps.
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** `parts`: the maps, each of one source, with the line at which its text begins, in order. */
export function joined(file, parts) {
  let mappings = ''
  let line = 0
  let end = [0, 0]
  const sources = []
  for (const { at, map } of parts) {
    const segments = [...map.mappings.matchAll(/[^,;]+/g)]
    if (segments.length === 0) continue
    const [{ 0: first, index }] = segments
    const [column, , ...place] = numbersOf(first)
    const begin = [column, sources.length === 0 ? 0 : 1, ...place.map((each, field) => each - end[field])]
    mappings += ';'.repeat(at - line) + map.mappings.slice(0, index) + begin.map(digitsOf).join('')
    mappings += map.mappings.slice(index + first.length)
    line = at + map.mappings.split(';').length - 1
    // Each place is relative to the one before it.
    end = [0, 0]
    for (const [segment] of segments) {
      const [, , ...by] = numbersOf(segment)
      end = end.map((each, field) => each + (by[field] ?? 0))
    }
    sources.push(map.sources[0])
  }
  return JSON.stringify({ version: 3, file, sources, names: [], mappings })
}

/** The numbers of a segment: five bits a digit, of which the first has the sign. */
function numbersOf(segment) {
  const numbers = []
  let value = 0
  let shift = 0
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit)
    value += (bits & 31) * 2 ** shift
    shift += 5
    if (bits & 32) continue
    numbers.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2)
    value = 0
    shift = 0
  }
  return numbers
}

function digitsOf(number) {
  let rest = number < 0 ? -number * 2 + 1 : number * 2
  let digits = ''
  do {
    digits += DIGITS[(rest & 31) | (rest > 31 ? 32 : 0)]
    rest = Math.floor(rest / 32)
  } while (rest > 0)
  return digits
}
