import { type Circle, type Dependency, EXCLUSIVE } from './graph.ts'

/** The properties of a lock class that a splat prints. */
export type LockClass = {
  /** The kernel's name: `&kvm->slots_lock`. */
  readonly name: string
  readonly kind: string
  /** Whether it was ever taken exclusively, and whether it was ever shared. */
  readonly isWritten: boolean
  readonly isRead: boolean
}

export type SplatNames = {
  readonly classOf: (lock: number) => LockClass
  /** The function at a site. */
  readonly siteOf: (site: number) => string
  /** The task that runs on a CPU. */
  readonly taskOf: (cpu: number) => string
  /** The running code: the release of a kernel; here the variant of a protocol. */
  readonly release: string
}

/** Column of CPU1 in the table. */
const CPU1 = ' '.repeat(31)

/** Wait types, outer and inner, as 5.12 numbers them: spinning locks are 2, sleeping ones 3, anything else 0. */
const WAIT_TYPE: Readonly<Record<string, string>> = {
  mutex: '{3:3}',
  rwsem: '{3:3}',
  qspinlock: '{2:2}',
  rwlock: '{2:2}',
}

/** A circle in the words of the kernel's `print_circular_bug()`, or of `print_deadlock_bug()` if a class waits for itself. */
export function splatOf(circle: Circle, names: SplatNames): string {
  const closing = circle[0]!
  const isRecursive = circle.length === 1
  return [
    ...header(isRecursive ? 'recursive locking' : 'circular locking dependency', isRecursive ? 44 : 54, names),
    `${names.taskOf(closing.cpu)}/${closing.cpu} is trying to acquire lock:`,
    lockLine(closing.to, closing.toSite, names),
    '',
    'but task is already holding lock:',
    lockLine(closing.from, closing.fromSite, names),
    '',
    ...(isRecursive ? [] : ['which lock already depends on the new lock.', '', ...chainLines(circle, names), '']),
    'other info that might help us debug this:',
    '',
    ...(isRecursive ? recursiveScenario(closing, names) : circularScenario(circle, names)),
    '',
    ' *** DEADLOCK ***',
  ].join('\n')
}

const header = (what: string, width: number, { release }: SplatNames): string[] => [
  '='.repeat(width),
  `WARNING: possible ${what} detected`,
  `${release} Not tainted`,
  '-'.repeat(width),
]

/** Without an address: our classes have none. */
function lockLine(lock: number, site: number, names: SplatNames): string {
  return `${classText(lock, names)}, at: ${names.siteOf(site)}`
}

function classText(lock: number, names: SplatNames): string {
  const { name, kind, isWritten, isRead } = names.classOf(lock)
  // `+`: taken with interrupts on, as all of ours are; the first and the third are for exclusive owners.
  const alone = isWritten ? '+' : '.'
  const shared = isRead ? '+' : '.'
  return `(${name}){${alone}${shared}${alone}${shared}}-${WAIT_TYPE[kind] ?? '{0:0}'}`
}

/** The existing chain, in reverse order: #0 is the lock that is wanted. */
function chainLines(circle: Circle, names: SplatNames): string[] {
  const [closing, ...rest] = circle
  const lines = [...rest.toReversed(), closing!].flatMap((edge, index, all) => {
    const number = all.length - 1 - index
    return [`-> #${number} ${classText(edge.to, names)}:`, `       ${names.siteOf(edge.toSite)}`, '']
  })
  return ['the existing dependency chain (in reverse order) is:', '', ...lines.slice(0, -1)]
}

function circularScenario(circle: Circle, names: SplatNames): string[] {
  const [closing, ...chain] = circle as [Dependency, ...Dependency[]]
  const nameOf = (lock: number) => names.classOf(lock).name
  const last = chain.at(-1)!
  const isLong = chain.length > 1
  const parent = last.from
  return [
    ...(isLong ? ['Chain exists of:', `  ${[closing.to, parent, closing.from].map(nameOf).join(' --> ')}`, ''] : []),
    ' Possible unsafe locking scenario:',
    '',
    '       CPU0                    CPU1',
    '       ----                    ----',
    `  ${verb(closing.fromMode)}(${nameOf(closing.from)});`,
    `${CPU1}${verb(last.fromMode)}(${nameOf(parent)});`,
    `${CPU1}${verb(last.toMode)}(${nameOf(closing.from)});`,
    `  ${verb(closing.toMode)}(${nameOf(closing.to)});`,
  ]
}

function recursiveScenario(closing: Dependency, names: SplatNames): string[] {
  const { name } = names.classOf(closing.from)
  return [
    ' Possible unsafe locking scenario:',
    '',
    '       CPU0',
    '       ----',
    `  ${verb(closing.fromMode)}(${name});`,
    `  ${verb(closing.toMode)}(${name});`,
  ]
}

const verb = (mode: number) => (mode === EXCLUSIVE ? 'lock' : 'rlock')
