// What the readers of exported files take: enough of each grammar to see a name that has forged something.

/** Control characters that a text for people or programs has no use for. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

const json = (text) => {
  JSON.parse(text)
  return undefined
}

const BENCHMARK = /^Benchmark\S+(\s+\d+)(\s+-?[\d.e+]+ \S+)+\s*$/i
const go = (text) =>
  text.split('\n').find((line) => /^Benchmark/.test(line) && !BENCHMARK.test(line)) ??
  text.split('\n').find((line) => line !== '' && !/^(Benchmark|[a-z][\w-]*:( |$)|#|Unit )/.test(line))

/** Records of RFC 4180, all of as many fields; none that a spreadsheet would compute. */
function csv(text) {
  const records = recordsOf(text)
  const width = records[0].length
  const odd = records.find((record) => record.length !== width)
  if (odd !== undefined) return `a record of ${odd.length} fields among those of ${width}`
  const formula = records.flat().find((field) => /^[=+\-@\t\r]/.test(field) && !/^-?[\d.]+(e[+-]?\d+)?$/.test(field))
  return formula === undefined ? undefined : `a formula: ${formula}`
}

function recordsOf(text) {
  const records = [[]]
  let rest = text.replace(/\n$/, '')
  for (;;) {
    const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^",\n]*))/.exec(rest)
    records.at(-1).push(quoted?.replaceAll('""', '"') ?? plain)
    rest = rest.slice(whole.length)
    if (rest === '') return records
    if (rest[0] === '\n') records.push([])
    else if (rest[0] !== ',') throw new Error(`a field goes on with ${JSON.stringify(rest[0])}`)
    rest = rest.slice(1)
  }
}

const GRAMMARS = {
  go,
  csv,
  bencher: json,
  'chrome-trace': json,
  'github-action-benchmark': json,
  'google-benchmark': json,
}

/** What is wrong with an exported text; undefined: nothing. */
export function faultsIn(format, text) {
  if (GRAMMARS[format] !== json && CONTROL.test(text))
    return `a control character: ${JSON.stringify(CONTROL.exec(text)[0])}`
  return GRAMMARS[format]?.(text)
}
