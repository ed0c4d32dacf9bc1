/** A line of `perf script` with one id: a thread's, or a process's. */
const ONE_ID = /^\s*(\S.*?)\s+(\d+)\s+(?:\[\d+\]\s+)?(?:\S{4,6}\s+)?\d+\.\d+:\s/
/** A task that is renamed does not get its old name back, again and again. */
const TELLING_RETURNS = 3

/** The id that has several names in turns, as the process of several threads has; undefined if each id is a thread's. */
export function processIn(text: string): { readonly pid: string; readonly names: readonly string[] } | undefined {
  const ids = new Map<string, { readonly names: Set<string>; last: string; returns: number }>()
  for (const line of text.split('\n')) {
    const [, name, pid] = ONE_ID.exec(line) ?? []
    if (name === undefined || pid === undefined || pid === '0') continue
    const id = ids.get(pid)
    if (id === undefined) {
      ids.set(pid, { names: new Set([name]), last: name, returns: 0 })
      continue
    }
    if (name !== id.last && id.names.has(name)) id.returns += 1
    id.names.add(name)
    id.last = name
    if (id.returns >= TELLING_RETURNS) return { pid, names: [...id.names] }
  }
  return undefined
}
