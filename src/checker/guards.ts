import { refuse, userCode } from './user-code.ts'

type Target = Record<PropertyKey, unknown>

/** Functions whose result differs from run to run, or that continue after a run: object, and their names. */
const FOREIGN: readonly (readonly [object: string, names: readonly string[]])[] = [
  ['Math', ['random']],
  ['Date', ['now']],
  ['performance', ['now', 'mark', 'measure', 'timeOrigin']],
  ['process', ['hrtime', 'uptime', 'cpuUsage', 'memoryUsage', 'resourceUsage']],
  ['crypto', ['randomUUID', 'getRandomValues']],
  ['Atomics', ['wait', 'waitAsync']],
  ['globalThis', ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']],
]

/** Collections that keep what they hold out of the checker's sight. */
const HIDING = [
  [WeakMap, 'set'],
  [WeakSet, 'add'],
] as const

const HINT =
  'An actor may depend only on the results of its instructions: pass other values as arguments, or read them from a word.'

const HIDING_HINT = 'Keep the value in a property of the object: the checker compares what actors hold.'

/** Explores with clocks, timers, chance and weak collections out of reach of actors, setups and oracles. */
export function withGuards<T>(explore: () => T): T {
  const undo = [
    ...FOREIGN.flatMap(([object, names]) => names.map((name) => guard(object, name))),
    ...HIDING.map(([{ name, prototype }, method]) =>
      guardCalls(prototype, method, () => askHiding(`${name}.${method}()`)),
    ),
    guardDate(),
  ]
  try {
    return explore()
  } finally {
    for (const restore of undo.reverse()) restore()
  }
}

function guard(object: string, name: string): () => void {
  const owner = (object === 'globalThis' ? globalThis : Reflect.get(globalThis, object)) as object | undefined
  return guardCalls(owner, name, () => ask(object === 'globalThis' ? `${name}()` : `${object}.${name}()`))
}

function guardCalls(of: object | undefined, name: string, askFirst: () => void): () => void {
  const owner = of as Target | undefined
  const original = owner?.[name]
  if (owner === undefined || typeof original !== 'function') return () => {}
  const guarded = new Proxy(original, {
    apply(call, self, args) {
      askFirst()
      return Reflect.apply(call as () => unknown, self, args)
    },
  })
  return replace(owner, name, guarded)
}

function guardDate(): () => void {
  const guarded = new Proxy(Date, {
    construct(call, args, target) {
      if (args.length === 0) ask('new Date()')
      return Reflect.construct(call, args, target) as object
    },
    apply(call, self, args) {
      ask('Date()')
      return Reflect.apply(call, self, args) as string
    },
  })
  return replace(globalThis as unknown as Target, 'Date', guarded)
}

function replace(owner: Target, name: string, value: unknown): () => void {
  const was = Object.getOwnPropertyDescriptor(owner, name)
  try {
    Object.defineProperty(owner, name, {
      value,
      configurable: true,
      writable: true,
      enumerable: was?.enumerable ?? false,
    })
  } catch {
    // The property is frozen by the host program: a non-deterministic result still shows when a schedule is run again.
    return () => {}
  }
  return () => {
    if (was === undefined) delete owner[name]
    else Object.defineProperty(owner, name, was)
  }
}

function ask(call: string): void {
  const caller = userCode()
  if (caller !== undefined) refuse(`${caller} calls ${call}, whose result differs from call to call`, HINT)
}

function askHiding(call: string): void {
  const caller = userCode()
  if (caller !== undefined) refuse(`${caller} calls ${call}, and the checker cannot see what it holds`, HIDING_HINT)
}
