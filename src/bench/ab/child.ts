import { spawn } from 'node:child_process'

/** How programs are run beside this one. */
export type Builder = {
  readonly node: string
  readonly signal: AbortSignal
  /** The owner name of this process: see ownerOf(). */
  readonly owner: string
  /** Sends a signal to a group of processes; the process is known to the command line only. */
  readonly end: (group: number, signal: 'SIGTERM' | 'SIGKILL') => void
}

/** A child program that failed. */
export class ChildFailed extends Error {
  /** Null: it was ended by a signal. */
  readonly exitCode: number | null
  readonly said: string

  constructor(program: string, exitCode: number | null, said: string) {
    super(said.trim().split('\n')[0] || `${program} ended with ${exitCode ?? 'a signal'}`)
    this.name = 'ChildFailed'
    this.exitCode = exitCode
    this.said = said
  }
}

/** Time between the request to end and the kill. */
const GRACE_MS = 2500
const MOST_OUTPUT = 1 << 28

/**
 * Runs a program in its own process group: on a signal to this process the whole group is ended, and this waits for it.
 * `mayEnd` false: the program may finish even then.
 */
export async function runChild(
  program: string,
  args: readonly string[],
  { signal, end }: Pick<Builder, 'signal' | 'end'>,
  { cwd, mayEnd = true }: { readonly cwd?: string; readonly mayEnd?: boolean } = {},
): Promise<string> {
  if (mayEnd) signal.throwIfAborted()
  const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = []
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MOST_OUTPUT) chunks.push(chunk)
    })
    return () => Buffer.concat(chunks).toString()
  }) as [() => string, () => string]
  let killing: NodeJS.Timeout | undefined
  const tell = () => {
    if (child.pid === undefined) return
    const group = child.pid
    end(group, 'SIGTERM')
    killing ??= setTimeout(() => end(group, 'SIGKILL'), GRACE_MS)
  }
  if (mayEnd) signal.addEventListener('abort', tell, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    if (code === 0) return out()
    throw new ChildFailed(program, code, err() || out())
  } finally {
    clearTimeout(killing)
    signal.removeEventListener('abort', tell)
  }
}
