import { type AnyNode, type Function as FunctionNode, parseExpressionAt } from 'acorn'
import { isCompiled } from './compiled-methods.ts'

/** Resolves the names of a module, and says which fields it assigns to, of any object: see toOpened(). */
export type Scope = (() => Readonly<Record<string, unknown>>) & {
  readonly changes?: readonly string[]
  /** Puts another function into the place of one that the module declares. */
  readonly replace?: Readonly<Record<string, (by: unknown) => void>>
}

/** A class or a function of the opened build. */
type Opened = { readonly $scope?: Scope; readonly $assigns?: readonly string[] }

export type Source = {
  readonly name: string
  readonly callable: unknown
  readonly node: FunctionNode
  /** The names of its module. */
  readonly scope: Readonly<Record<string, unknown>>
}

// biome-ignore lint/complexity/noBannedTypes: any function at all, whose text is read
type Callable = Function & Opened

/** A class that is not of its module's own has no scope, but inherits that of the class that it extends. */
const scopeOf = (callable: Callable | undefined): Scope | undefined =>
  callable !== undefined && Object.hasOwn(callable, '$scope') ? callable.$scope : undefined

/** The sources read so far, by function: the same source is the same object. */
const read = new WeakMap<Callable, Source>()

/** The names of each module, which are as they were when it was first asked: functions may be replaced later. */
const resolved = new WeakMap<Scope, Source['scope']>()

function namesOf(scope: Scope): Source['scope'] {
  const names = resolved.get(scope) ?? scope()
  resolved.set(scope, names)
  return names
}

function once(callable: Callable, source: () => Source): Source {
  const found = read.get(callable) ?? source()
  read.set(callable, found)
  return found
}

/** The text of a method of the opened build, even if the object has its compiled form in its place; or of a function that a table has. */
export function methodOf(object: object, name: string): Source | undefined {
  const own = Object.getOwnPropertyDescriptor(object, name)?.value
  if (own !== undefined && !isCompiled(own)) return functionOf(own)
  return inherited(object, name, ({ value }) => value, name.replace('$', '#'))
}

/** The text of a getter. */
export const getterOf = (object: object, name: string): Source | undefined =>
  inherited(object, name, ({ get }) => get, name)

/** What the next class that has the member has. */
function inherited(
  object: object,
  name: string,
  of: (descriptor: PropertyDescriptor) => unknown,
  shown: string,
): Source | undefined {
  for (let holder = Object.getPrototypeOf(object); holder !== null; holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    if (descriptor === undefined) continue
    const callable = of(descriptor) as Callable | undefined
    const owner = holder.constructor as Callable
    const scope = scopeOf(owner)
    if (typeof callable !== 'function' || scope === undefined) return undefined
    return once(callable, () => {
      const { value } = onlyPropertyOf(parsed(`({${callable}})`)) as { readonly value: FunctionNode }
      return { name: `${owner.name}.${shown}`, callable, node: value, scope: namesOf(scope) }
    })
  }
  return undefined
}

export function hasGetter(object: object, name: string): boolean {
  for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name)
    if (found !== undefined) return found.get !== undefined
  }
  return false
}

/** The text of a function that a module of the opened build declares, itself or in a table. */
export function functionOf(value: unknown): Source | undefined {
  const callable = value as Callable
  const scope = typeof value === 'function' ? scopeOf(callable) : undefined
  if (scope === undefined) return undefined
  return once(callable, () => ({ name: callable.name, callable, node: nodeOf(callable), scope: namesOf(scope) }))
}

/** A function, an arrow function, or a method of a table. */
function nodeOf(callable: Callable): FunctionNode {
  try {
    return parsed(`(${callable})`) as FunctionNode
  } catch {
    return (onlyPropertyOf(parsed(`({${callable}})`)) as { readonly value: FunctionNode }).value
  }
}

/** The names of methods that take steps: by the rules of the house their first parameter is the CPU. */
export function steppedMethodsOf(object: object): string[] {
  const { prototype } = object.constructor as { readonly prototype: object }
  return Object.getOwnPropertyNames(prototype).filter((name) => {
    if (name === 'constructor' || name.startsWith('$')) return false
    const first = methodOf(object, name)?.node.params[0]
    return first?.type === 'Identifier' && first.name === 'cpu'
  })
}

/** Whether an object, or an object that it holds, changes in JavaScript after its construction: then its fields are not constants. */
export function keepsState(object: object, met = new Set<object>()): boolean {
  if (met.has(object) || ArrayBuffer.isView(object)) return false
  met.add(object)
  if (fieldsAssignedIn(object).size > 0) return true
  return Object.values(object).some((value) => typeof value === 'object' && value !== null && keepsState(value, met))
}

/** The fields of `this` that the classes of an object change, except in constructors; of a class, those that are static. */
export function fieldsAssignedIn(object: object): ReadonlySet<string> {
  const owner = typeof object === 'function' ? object : (object.constructor ?? Object)
  const known = assignedIn.get(owner)
  if (known !== undefined) return known
  const names = new Set<string>()
  assignedIn.set(owner, names)
  for (let each: object | null = owner; each !== null; each = Object.getPrototypeOf(each)) {
    for (const name of fieldsOf(each as Callable)) names.add(name)
  }
  return names
}

const assignedIn = new WeakMap<object, ReadonlySet<string>>()

/** The opened build says it of each class. */
const fieldsOf = (owner: Callable): readonly string[] =>
  Object.hasOwn(owner, '$assigns') ? (owner.$assigns ?? []) : []

/** Smaller functions are compiled into those that call them. Characters of their text. */
const SMALL = 400
/** Those up to here too, as a call takes some 20 instructions, unless they wait: they are seldom reached. */
const FAIRLY_SMALL = 800
const WAITS = /\.(untilEqual|untilClear|contentionBegin)\(/

/** How much of `room` a function takes that is compiled into the one that calls it, in characters; undefined: it is called. */
export function takesOf({ node, callable }: Source, room: number): number | undefined {
  const length = node.end - node.start
  if (length <= SMALL) return 0
  return length <= Math.min(FAIRLY_SMALL, room) && !WAITS.test(String(callable)) ? length : undefined
}

function parsed(text: string): AnyNode {
  const node = parseExpressionAt(text, 0, { ecmaVersion: 'latest', sourceType: 'module', preserveParens: false })
  return node as AnyNode
}

const onlyPropertyOf = (node: AnyNode): AnyNode =>
  (node as unknown as { readonly properties: readonly AnyNode[] }).properties[0]!
