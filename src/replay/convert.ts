import { spawn } from 'node:child_process'
import { ReplayError } from '../errors/faultline-error.ts'
import { shellWord } from '../errors/shell-word.ts'

/** A binary format, by its first bytes, and the program that makes text of it. */
type Tool = {
  readonly magic: string
  readonly is: string
  readonly program: string
  readonly args: readonly string[]
  readonly debian: string
  /** Its output is unusable if it fails. */
  readonly unpacks?: true
}

const TOOLS: readonly Tool[] = [
  {
    magic: '\x17\x08Dtracing',
    is: "trace-cmd's binary format",
    program: 'trace-cmd',
    args: ['report', '-t', '-i'],
    debian: 'trace-cmd',
  },
  {
    magic: 'PERFILE2',
    is: "perf's binary format",
    program: 'perf',
    args: ['script', '-f', '--ns', '-F', 'comm,pid,tid,cpu,time,event,trace', '-i'],
    debian: 'linux-perf',
  },
  ...(
    [
      ['\x28\xb5\x2f\xfd', 'zstd', 'zstd'],
      ['\xfd7zXZ\x00', 'xz', 'xz-utils'],
      ['BZh', 'bzip2', 'bzip2'],
      ['\x04"M\x18', 'lz4', 'lz4'],
      // The header of .lzma: its usual properties, and the two low bytes of a dictionary's size of at least 64 KiB.
      [']\x00\x00', 'lzma', 'xz-utils'],
      ['\x89LZO\x00', 'lzop', 'lzop'],
      ['LZIP', 'lzip', 'lzip'],
      // What `compress` made, a .Z.
      ['\x1f\x9d', 'gzip', 'gzip'],
    ] as const
  ).map(([magic, program, debian]): Tool => {
    return { magic, is: `compressed with ${program}`, program, args: ['-dc'], debian, unpacks: true }
  }),
]

/** The command that unpacks a text with this beginning; undefined if it is not packed, or by gzip. */
export function unpackingOf(head: Buffer): string | undefined {
  const tool = TOOLS.find(({ magic, unpacks }) => unpacks && head.toString('latin1', 0, magic.length) === magic)
  return tool === undefined ? undefined : [tool.program, ...tool.args].join(' ')
}

/** The output of a file's own tool, if the tool is installed; undefined if no tool belongs to the file. Throws ReplayError. */
export function converted(name: string, path: string, head: Buffer): AsyncIterable<Buffer> | undefined {
  const tool = TOOLS.find(({ magic }) => head.toString('latin1', 0, magic.length) === magic)
  return tool === undefined ? undefined : printed(name, path, tool)
}

async function* printed(name: string, path: string, tool: Tool): AsyncIterable<Buffer> {
  const { program, args } = tool
  const child = spawn(program, [...args, path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 1000) complaint += chunk.toString('utf8')
  })
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  // The error of a program that does not exist may come before the end is awaited.
  ended.catch(() => {})
  let bytes = 0
  try {
    for await (const chunk of child.stdout) {
      bytes += chunk.length
      yield chunk
    }
    const status = await ended
    if (status !== 0 && (bytes === 0 || tool.unpacks)) throw failed(name, tool, complaint.trim().split('\n')[0] ?? '')
  } catch (cause) {
    throw cause instanceof ReplayError ? cause : notInstalled(name, tool, cause)
  } finally {
    child.kill()
  }
}

const command = (name: string, { program, args }: Tool) => `${program} ${args.join(' ')} ${shellWord(name)}`

const notInstalled = (name: string, tool: Tool, cause: unknown) =>
  new ReplayError(
    `${name} is ${tool.is}, and ${tool.program}, which converts it to text, is not installed here`,
    `Install it (apt-get install ${tool.debian}), or convert the file where it was recorded: ${command(name, tool)} > ${shellWord(`${name}.txt`)}`,
    { cause },
  )

/** How xz, zstd, bzip2 and lz4 say that a file is cut. */
const CUT = /unexpected end|premature end|ends unexpectedly|truncated|unfinished/i

function failed(name: string, tool: Tool, complaint: string): ReplayError {
  if (tool.unpacks && CUT.test(complaint)) {
    return new ReplayError(
      `${name} is ${tool.is}, and ends too early`,
      `Copy it again, or read the part that is there: ${command(name, tool)} | faultline trace -`,
    )
  }
  return new ReplayError(
    `${name} is ${tool.is}, which ${tool.program} cannot convert to text: ${complaint === '' ? 'it gives no reason' : complaint}`,
    `Convert the file where it was recorded: ${command(name, tool)} > ${shellWord(`${name}.txt`)}`,
  )
}
