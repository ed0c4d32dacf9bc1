import { fstatSync, writeSync } from 'node:fs'
import { writeFully } from './files/write-whole.ts'

type Stream = NodeJS.WriteStream & { readonly fd: number }

const STDERR = 2
/** A reader of messages that is this far behind does without the rest. */
const MOST_TRIES = 100
const PAUSE_MS = 2
const clock = new Int32Array(new SharedArrayBuffer(4))

/** Writes a message. Nothing that can happen to it is worth ending a run for. */
export function writeMessage(text: string): void {
  const bytes = Buffer.from(text)
  let at = 0
  for (let tries = 0; at < bytes.length && tries < MOST_TRIES; tries += 1) {
    try {
      at += writeSync(STDERR, bytes, at)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(clock, 0, 0, PAUSE_MS)
    }
  }
}

/** Standard output, whose trouble is remembered until the work is done. */
export class Output {
  readonly #stream: Stream
  readonly #isFile: boolean
  #hasReaderLeft = false
  #trouble: NodeJS.ErrnoException | undefined

  constructor(stream: Stream) {
    this.#stream = stream
    this.#isFile = isFile(stream)
    if (!this.#isFile) stream.on('error', (cause) => this.#noted(cause))
  }

  write(text: string): void {
    if (this.#trouble !== undefined || this.#hasReaderLeft) return
    if (!this.#isFile) this.#stream.write(text)
    else {
      try {
        writeFully(this.#stream.fd, text)
      } catch (cause) {
        this.#noted(cause as NodeJS.ErrnoException)
      }
    }
  }

  /** Until all of it has been taken, or cannot be. */
  async flush(): Promise<void> {
    if (this.#isFile || this.#trouble !== undefined || this.#hasReaderLeft) return
    await new Promise<void>((resolve) => {
      this.#stream.once('close', () => resolve())
      this.#stream.write('', () => resolve())
    })
  }

  /** The error that kept output from a reader that was still connected. */
  get trouble(): NodeJS.ErrnoException | undefined {
    return this.#trouble
  }

  #noted(cause: NodeJS.ErrnoException): void {
    if (cause.code === 'EPIPE' || cause.code === 'ECONNRESET') this.#hasReaderLeft = true
    else this.#trouble ??= cause
  }
}

/** A file or a device that is no terminal: Node takes a part of a write to it for the whole. */
function isFile({ fd, isTTY }: Stream): boolean {
  if (isTTY) return false
  try {
    const status = fstatSync(fd)
    return status.isFile() || status.isCharacterDevice()
  } catch {
    return false
  }
}
