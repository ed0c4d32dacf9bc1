/** One change of a value: where it is, and the whole with that change. */
export type Mutation = { readonly path: string; readonly what: string; readonly mutated: unknown }

/** Every field of a value altered, one at a time: numbers by a little, texts by a letter, items and fields taken out. */
export function* mutationsOf(value: unknown, path = ''): Generator<Mutation> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const inner of mutationsOf(item, `${path}[${index}]`))
        yield { ...inner, mutated: value.with(index, inner.mutated) }
    }
    if (value.length > 0) yield { path, what: 'last item removed', mutated: value.slice(0, -1) }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`
      for (const inner of mutationsOf(item, at)) yield { ...inner, mutated: { ...value, [name]: inner.mutated } }
      const { [name]: _, ...others } = value as Readonly<Record<string, unknown>>
      yield { path: at, what: 'removed', mutated: others }
    }
  } else {
    for (const [what, mutated] of leaves(value)) yield { path, what, mutated }
  }
}

function leaves(value: unknown): [what: string, mutated: unknown][] {
  if (typeof value === 'number') {
    const more = value === 0 ? 1 : Number.isInteger(value) ? value + 1 : value * 1.03
    return [
      ['a little more', more],
      ['a little less', value > 1 ? 2 * value - more : value / 2],
      ['zeroed', 0],
    ].filter(([, other]) => !Object.is(other, value)) as [string, number][]
  }
  if (typeof value === 'boolean') return [['turned', !value]]
  if (typeof value === 'string') return [['a letter more', `${value}x`]]
  return [['something', 1]]
}

/** `runs[].trials[].metrics.*`: what all of a kind are called. */
export const kindOfPath = (path: string): string =>
  path
    .replaceAll(/\[\d+\]/g, '[]')
    .replace(
      /(\.metrics|\.counters|\.histograms|\.noise|\.ns|calibration|params)\.[\w.-]+?(?=$|\.(?:unit|better|assume|n|median|ci95|count|min|mean|p\d+|max|hdr|ratio)\b)/g,
      '$1.*',
    )
