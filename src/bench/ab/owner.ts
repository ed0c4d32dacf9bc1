import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import os from 'node:os'

/**
 * A process, by a name that no other process ever has: `PLACE-PID-START`. Place is this host and its view of processes, start the
 * time of the process after boot. So what a process left behind can be told from what one that runs still needs.
 */
export const ownerOf = (pid: number): string => `${place()}-${pid}-${startOf(pid) ?? 0}`

export const OWNER = '[0-9a-f]{8}-\\d+-\\d+'

/** Whether that process is known to be gone. */
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
