import { type AnyNode, type Function as FunctionNode, type MemberExpression, parseExpressionAt } from 'acorn'
import { full } from 'acorn-walk'

/** Resolves the names of a module, and says which fields it assigns to, of any object: see toOpened(). */
export type Scope = (() => Readonly<Record<string, unknown>>) & {
  readonly changes?: readonly string[]
  /** Puts another function into the place of one that the module declares. */
  readonly replace?: Readonly<Record<string, (by: unknown) => void>>
}

/** A class or a function of the opened build. */
type Opened = { readonly $scope?: Scope }

export type Source = {
  readonly name: string
  readonly callable: unknown
  readonly node: FunctionNode
  /** The names of its module. */
  readonly scope: Readonly<Record<string, unknown>>
}

// biome-ignore lint/complexity/noBannedTypes: any function at all, whose text is read
type Callable = Function & Opened

/** The sources read so far, by function: the same source is the same object. */
const read = new WeakMap<Callable, Source>()

function once(callable: Callable, source: () => Source): Source {
  const found = read.get(callable) ?? source()
  read.set(callable, found)
  return found
}

/** The text of a method of the opened build, even if the object has another one in its place; or of a function that a table has. */
export function methodOf(object: object, name: string): Source | undefined {
  const own = functionOf(Object.getOwnPropertyDescriptor(object, name)?.value)
  if (own !== undefined) return own
  for (let holder = Object.getPrototypeOf(object); holder !== null; holder = Object.getPrototypeOf(holder)) {
    const method = Object.getOwnPropertyDescriptor(holder, name)?.value as Callable | undefined
    const owner = holder.constructor as Callable
    if (typeof method !== 'function' || owner.$scope === undefined) continue
    return once(method, () => {
      const { value } = onlyPropertyOf(parsed(`({${method}})`)) as { readonly value: FunctionNode }
      return { name: `${owner.name}.${name.replace('$', '#')}`, callable: method, node: value, scope: owner.$scope!() }
    })
  }
  return undefined
}

/** The text of a getter. */
export function getterOf(object: object, name: string): Source | undefined {
  for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const getter = Object.getOwnPropertyDescriptor(holder, name)?.get as Callable | undefined
    const owner = holder.constructor as Callable
    if (getter === undefined || owner.$scope === undefined) continue
    return once(getter, () => {
      const { value } = onlyPropertyOf(parsed(`({${getter}})`)) as { readonly value: FunctionNode }
      return { name: `${owner.name}.${name}`, callable: getter, node: value, scope: owner.$scope!() }
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
  if (typeof value !== 'function' || callable.$scope === undefined) return undefined
  return once(callable, () => {
    return { name: callable.name, callable, node: nodeOf(callable), scope: callable.$scope!() }
  })
}

/** A function, an arrow function, or a method of a table. */
function nodeOf(callable: Callable): FunctionNode {
  const text = `${callable}`
  if (/^(async\b|function\b|\(|\w+ *=>)/.test(text)) return parsed(`(${text})`) as FunctionNode
  return (onlyPropertyOf(parsed(`({${text}})`)) as { readonly value: FunctionNode }).value
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
  if (changesItself(object.constructor as Callable)) return true
  return Object.values(object).some((value) => typeof value === 'object' && value !== null && keepsState(value, met))
}

const assigned = new WeakMap<Callable, ReadonlySet<string>>()

/** What the class of an object assigns to, in its methods. */
function changesItself(owner: Callable | undefined): boolean {
  return owner !== undefined && fieldsOf(owner).size > 0
}

/** The fields of `this` that the classes of an object assign to, except in constructors. */
export function fieldsAssignedIn(object: object): ReadonlySet<string> {
  const known = assignedIn.get(object.constructor)
  if (known !== undefined) return known
  const names = new Set<string>()
  assignedIn.set(object.constructor, names)
  for (let holder = Object.getPrototypeOf(object); holder !== null; holder = Object.getPrototypeOf(holder)) {
    for (const name of fieldsOf(holder.constructor as Callable)) names.add(name)
  }
  return names
}

const assignedIn = new WeakMap<object, ReadonlySet<string>>()

function fieldsOf(owner: Callable): ReadonlySet<string> {
  if (owner.$scope === undefined) return NOTHING
  const known = assigned.get(owner) ?? new Set(methodsIn(owner).flatMap(fieldsIn))
  assigned.set(owner, known)
  return known
}

const NOTHING: ReadonlySet<string> = new Set()

function methodsIn(owner: Callable): AnyNode[] {
  const { body } = parsed(`(${owner})`) as unknown as { readonly body: { readonly body: readonly AnyNode[] } }
  return body.body.filter((member) => member.type === 'MethodDefinition' && member.kind !== 'constructor')
}

function fieldsIn(method: AnyNode): string[] {
  const found: string[] = []
  full(method, (node) => {
    const target =
      node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : undefined
    if (target?.type === 'MemberExpression') found.push(fieldOf(target))
  })
  return found
}

/** The name of a field, or of the array that an element is of. */
function fieldOf({ object, property, computed }: MemberExpression): string {
  if (computed) return object.type === 'MemberExpression' ? fieldOf(object) : '[]'
  return property.type === 'Identifier' ? property.name : ''
}

function parsed(text: string): AnyNode {
  const node = parseExpressionAt(text, 0, { ecmaVersion: 'latest', sourceType: 'module', preserveParens: false })
  return node as AnyNode
}

const onlyPropertyOf = (node: AnyNode): AnyNode =>
  (node as unknown as { readonly properties: readonly AnyNode[] }).properties[0]!
