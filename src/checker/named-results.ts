import { Refused } from './refused.ts'

/** The return values of the actors: in their order, and by their names. */
export type Results = readonly unknown[] & Readonly<Record<string, unknown>>

/** What language and tools ask of any list, which is not a misspelt name. */
const ASKED = /^(\d+|toJSON|then|constructor|nodeType|asymmetricMatch)$/

/** A name that no actor has is refused: it would be `undefined`, and an oracle that compares it would never object. */
export function namedResults(results: readonly unknown[], names: readonly string[]): Results {
  return new Proxy(results, {
    get: (list, name) => {
      if (typeof name === 'symbol' || name in list || ASKED.test(name)) return Reflect.get(list, name)
      const actor = names.indexOf(name)
      if (actor >= 0) return list[actor]
      throw new Refused(`the oracle reads results.${name}`, `There are: ${names.join(', ')}.`)
    },
  }) as Results
}
