import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import os from 'node:os'

/**
 * A unique name of a process: `PLACE-PID-START`. PLACE is this host and its PID namespace, START the start time of the
 * process after boot. It distinguishes leftovers of a dead process from files that a running one still needs.
 */
export const ownerOf = (pid: number): string => `${place()}-${pid}-${startOf(pid) ?? 0}`

export const OWNER = '[0-9a-f]{8}-\\d+-\\d+'

/** Whether that process is known to have ended. */
export function isGone(owner: string): boolean {
  const [where, pid, start] = owner.split('-')
  // Nothing is known of another host's processes; nor can any be seen where there is no /proc.
  if (where !== place() || startOf('self') === undefined) return false
  return startOf(pid!) !== start
}

function place(): string {
  return createHash('sha256').update(`${os.hostname()} ${namespace()}`).digest('hex').slice(0, 8)
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Field 22 of its status, if it runs; the name of the program, which may hold anything, ends with the last parenthesis. */
function startOf(pid: number | string): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    // It has ended, and its parent has not asked how.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
