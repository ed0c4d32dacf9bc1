import { ANY_MEMBER, elementsOf, fieldsOf } from '../../builds/changed-members.ts'
import { fieldsAssignedIn, type Scope } from './source.ts'

/**
 * Which fields change after an object has been placed, by what the modules of the opened build say: each names the fields that
 * it changes, of whatever object; and what a class changes of `this` outside of its constructor, its text shows.
 */
export class Changes {
  readonly #anywhere = new Set<string>()
  readonly #names = new Map<unknown, Names>()

  /**
   * `roots`: functions from whose modules the others of the program can be reached, and the names that lead to them; `objects`:
   * what is placed, as the module of a class may be reached by its objects only.
   */
  constructor(roots: readonly (readonly [unknown, Names])[], objects: Iterable<object>) {
    const met = new Set<Scope>()
    this.#follow(roots, met, (callable, names) => {
      if (!this.#names.has(callable)) this.#names.set(callable, names)
    })
    this.#follow(
      [...new Set([...objects].flatMap(functionsOf))].map((each) => [each, []] as const),
      met,
      () => {},
    )
  }

  #follow(
    roots: readonly (readonly [unknown, Names])[],
    met: Set<Scope>,
    name: (callable: unknown, names: Names) => void,
  ) {
    const left = [...roots]
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [callable, names] = next
      name(callable, names)
      const scope = (callable as { readonly $scope?: Scope }).$scope
      if (scope === undefined || met.has(scope)) continue
      met.add(scope)
      for (const each of scope.changes ?? []) this.#anywhere.add(each)
      left.push(...functionsIn(scope(), names))
    }
  }

  /** `held`: under which name, as what is given a value by a computed name may be any field. */
  has(object: object, name: string, held?: string): boolean {
    const ofClass = fieldsAssignedIn(object)
    return [name, ANY_MEMBER, ...(held === undefined ? [] : [fieldsOf(held)])].some(
      (each) => this.#anywhere.has(each) || ofClass.has(each),
    )
  }

  /** Of an array: whether an element of it changes, by the name under which it is held. */
  hasElementsOf(name: string): boolean {
    return this.#anywhere.has(elementsOf(name)) || this.#anywhere.has(ANY_MEMBER)
  }

  /** The names that lead to a function, from module to module. */
  namesOf(callable: unknown): Names | undefined {
    return this.#names.get(callable)
  }
}

/** Names from a function on: each of the module of a function, or of a table of functions. */
export type Names = readonly string[]

/** The classes of an object, and the functions that it holds. */
function functionsOf(object: object): unknown[] {
  const classes: unknown[] = []
  for (let holder = Object.getPrototypeOf(object); holder !== null; holder = Object.getPrototypeOf(holder)) {
    classes.push(holder.constructor)
  }
  return [...classes, ...Object.values(object).filter((value) => typeof value === 'function')]
}

function functionsIn(table: object, names: Names): (readonly [unknown, Names])[] {
  return Object.entries(table).flatMap(([name, value]): (readonly [unknown, Names])[] => {
    if (typeof value === 'function') return [[value, [...names, name]]]
    const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
    return inner.flatMap(([member, each]) =>
      typeof each === 'function' ? [[each, [...names, name, member]] as const] : [],
    )
  })
}
