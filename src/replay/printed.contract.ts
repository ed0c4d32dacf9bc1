/** An event of a recording, before it is printed. `ns` since the host started. */
export type Printed = {
  readonly task: string
  readonly pid: number
  readonly tgid: number
  readonly cpu: number
  readonly ns: number
  readonly event: string
  readonly text: string
}

/** A form in which a recording comes, and what it leaves out. */
export type Form = {
  readonly name: string
  readonly print: (events: readonly Printed[]) => string
  /** Names are cut to eight characters, or the task's process is not given. */
  readonly isNameCut?: boolean
}

const seconds = (ns: number, digits: number) => {
  const fraction = String(ns % 1e9)
    .padStart(9, '0')
    .slice(0, digits)
  return `${Math.floor(ns / 1e9)}.${fraction}`
}
const systemOf = (event: string) =>
  event.startsWith('contention') ? 'lock' : event === 'kvm_mmu_set_spte' ? 'kvmmmu' : 'kvm'
const cpuOf = (cpu: number) => `[${String(cpu).padStart(3, '0')}]`
const comm = (task: string) => task.padStart(16)
const lines = (print: (event: Printed) => string) => (events: readonly Printed[]) => `${events.map(print).join('\n')}\n`

const ftrace = (flags: string, digits = 6) =>
  lines(
    (it) =>
      `${comm(it.task)}-${String(it.pid).padEnd(7)} ${cpuOf(it.cpu)} ${flags}${seconds(it.ns, digits).padStart(12)}: ${it.event}: ${it.text}`,
  )
const traceCmd = (digits: number) =>
  lines(
    (it) =>
      `${comm(it.task)}-${String(it.pid).padEnd(5)} ${cpuOf(it.cpu)} ${seconds(it.ns, digits)}: ${`${it.event}:`.padEnd(21)} ${it.text}`,
  )
const perf = (ids: (it: Printed) => string, cpu: boolean, between = '', date = '') =>
  lines((it) => {
    const where = cpu ? `${cpuOf(it.cpu)} ` : ''
    return `${comm(it.task)} ${ids(it)} ${where}${date}${seconds(it.ns, 6).padStart(12)}: ${between}${`${systemOf(it.event)}:${it.event}`.padStart(24)}: ${it.text}`
  })
const pidTid = ({ pid, tgid }: Printed) => `${String(tgid).padStart(5)}/${String(pid).padEnd(5)}`
const tid = ({ pid }: Printed) => String(pid).padStart(5)
const PLAIN = ftrace('.....  ')
const REPORT = traceCmd(6)

const HTML = (events: readonly Printed[]) =>
  PLAIN(events).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(' ', '&nbsp;')

/** What a program or a person does with the lines of a recording. */
const each =
  (form: (events: readonly Printed[]) => string, change: (line: string, number: number) => string) =>
  (events: readonly Printed[]) =>
    form(events)
      .split('\n')
      .slice(0, -1)
      .map((line, index) => `${change(line, index + 1)}\n`)
      .join('')

const HEADER =
  '# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/9   #P:8\n#\n#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n'
const STACK = [
  '<stack trace>',
  ' => kvm_mmu_notifier_invalidate_range_start',
  ' => __mmu_notifier_invalidate_range_start',
]

/** Broken at the last space that fits, as mail clients do. */
function wrapped(line: string, width: number): string {
  const pieces: string[] = []
  let rest = line
  while (rest.length > width && rest.lastIndexOf(' ', width) > 60) {
    const at = rest.lastIndexOf(' ', width)
    pieces.push(rest.slice(0, at))
    rest = rest.slice(at + 1)
  }
  return [...pieces, rest].join('\n')
}

const quotedPrintable = (text: string) =>
  text
    .replaceAll('=', '=3D')
    .split('\n')
    .map((line) => line.match(/.{1,70}(?![\dA-F]{1,2}$)|.+/g)?.join('=\n') ?? '')
    .join('\n')

/** Lines of 45 bytes, six bits a character, zero as a backquote. */
function uuencoded(text: string): string {
  const bytes = Buffer.from(text)
  const digit = (bits: number) => String.fromCharCode((bits & 0x3f) === 0 ? 0x60 : (bits & 0x3f) + 0x20)
  const byte = (at: number) => bytes[at] ?? 0
  let lines = ''
  for (let from = 0; from < bytes.length; from += 45) {
    const end = Math.min(from + 45, bytes.length)
    lines += digit(end - from)
    for (let at = from; at < end; at += 3) {
      const group = (byte(at) << 16) | (byte(at + 1) << 8) | byte(at + 2)
      lines += [18, 12, 6, 0].map((shift) => digit(group >> shift)).join('')
    }
    lines += '\n'
  }
  return lines
}

const latency = (time: (it: Printed) => string) =>
  lines(
    (it) =>
      `${it.task.slice(0, 8).padStart(8)}-${String(it.pid).padEnd(7)} ${String(it.cpu).padStart(3)}d..1. ${time(it)}: ${it.event}: ${it.text}`,
  )
const us = (it: Printed) => `${Math.floor(it.ns / 1000)}us `

export const FORMS: readonly Form[] = [
  { name: 'ftrace with five flags', print: (events) => HEADER + PLAIN(events) },
  { name: 'ftrace with four flags', print: ftrace('d.h1 ') },
  { name: 'ftrace without flags or header', print: ftrace('') },
  { name: 'ftrace with need-resched and irq flags', print: ftrace('dNH2.  ') },
  { name: 'ftrace in nanoseconds', print: ftrace('.....  ', 9) },
  {
    name: 'ftrace with record-tgid',
    print: lines(
      (it) =>
        `${comm(it.task)}-${String(it.pid).padEnd(7)} (${String(it.tgid).padStart(7)}) ${cpuOf(it.cpu)} .....  ${seconds(it.ns, 6)}: ${it.event}: ${it.text}`,
    ),
  },
  { name: 'trace-cmd report', print: (events) => `cpus=8\nCPU 3 is empty\n${REPORT(events)}` },
  { name: 'trace-cmd report -t', print: traceCmd(9) },
  {
    name: 'trace-cmd report --ts-diff',
    print: lines(
      (it) => `${comm(it.task)}-${it.pid} ${cpuOf(it.cpu)} ${seconds(it.ns, 6)}: (+12) ${it.event}: ${it.text}`,
    ),
  },
  { name: 'trace-cmd report -l', print: latency((it) => seconds(it.ns, 6)), isNameCut: true },
  { name: 'the latency format', print: latency(us), isNameCut: true },
  {
    name: 'a dump of the buffer in the kernel log',
    print: (events) =>
      `[ 9.000001] Dumping ftrace buffer:\n[ 9.000002] ---------------------------------\n${each(latency(us), (line) => `[    9.100000] ${line}`)(events)}`,
    isNameCut: true,
  },
  {
    name: 'a function graph with absolute times',
    print: lines(
      (it) =>
        ` ${seconds(it.ns, 6)} |  ${String(it.cpu).padStart(2)}) ${comm(it.task)}-${it.pid} |               |  /* ${it.event}: ${it.text} */`,
    ),
  },
  { name: 'perf script', print: perf(tid, true) },
  { name: 'perf script with process and thread', print: perf(pidTid, true) },
  { name: 'perf script without CPUs', print: perf(pidTid, false) },
  { name: 'perf script with periods', print: perf(tid, true, '         1 ') },
  { name: 'perf script with dates', print: perf(tid, true, '', '2024-03-05 11:22:33.123456 ') },
  {
    name: 'perf script with callchains',
    print: each(
      perf(tid, true),
      (line) =>
        `${line.trimStart()}\n        ffffffffc0a01234 direct_page_fault+0x1d4 ([kvm])\n        ffffffff81c01234 [unknown] (/usr/bin/qemu-system-x86_64)\n`,
    ),
  },
  {
    name: 'perf script with dates alone',
    print: lines(
      (it) =>
        `${comm(it.task)} ${tid(it)} ${cpuOf(it.cpu)} ${new Date(Math.floor(it.ns / 1e9) * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${seconds(it.ns, 9).split('.')[1]}: kvm:${it.event}: ${it.text}`,
    ),
  },
  { name: 'quoted once', print: each(PLAIN, (line) => `> ${line}`) },
  { name: 'quoted three times', print: each(REPORT, (line) => `> > >${line}`) },
  { name: 'grep -n', print: each(PLAIN, (line, number) => `${number}:${line}`) },
  { name: 'grep -Hn', print: each(PLAIN, (line, number) => `logs/my-trace.txt:${number}:${line}`) },
  { name: 'grep -H', print: each(PLAIN, (line) => `trace.txt:${line}`) },
  { name: 'cat -n', print: each(PLAIN, (line, number) => `${String(number).padStart(6)}\t${line}`) },
  { name: 'syslog', print: each(PLAIN, (line) => `Mar  5 11:22:33 hv-17.example ftrace[812]: ${line}`) },
  {
    name: 'journalctl -o short-iso',
    print: each(PLAIN, (line) => `2024-03-05T11:22:33+0100 hv17 trace_pipe[99]: ${line}`),
  },
  { name: 'ts', print: each(PLAIN, (line) => `[2024-03-05 11:22:33.123] ${line}`) },
  {
    name: 'a web page',
    print: each(PLAIN, (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')),
  },
  {
    name: 'a web page with characters by number',
    print: each(PLAIN, (line) => line.replace(/[/|'=&<>]/g, (it) => `&#${it === '/' ? 'x2F' : it.charCodeAt(0)};`)),
  },
  {
    name: 'dashes and spaces of an editor',
    print: each(PLAIN, (line) => line.replace(' -- ', ' \u2013 ').replace(': ', ':\u202f').replace('gfn', '\u200bgfn')),
  },
  { name: 'lines that end in CR alone', print: (events) => PLAIN(events).replaceAll('\n', '\r') },
  {
    name: 'perf script with the source of each frame',
    print: each(
      perf(tid, true),
      (line) => `${line}\n        ffffffffc0a01234 direct_page_fault+0x1d4 ([kvm])\n  mmu.c:5721\n`,
    ),
  },
  {
    name: 'a web page without ends of lines',
    print: (events) =>
      `<html><body><pre>${HTML(events).replaceAll('\n', '<br/>')}${'<p></p>'.repeat(400)}</pre></body></html>`,
  },
  {
    name: 'a web page that marks what was searched for',
    print: each(PLAIN, (line) => line.replace(/(gfn|address|range) /g, '<b class="hit">$1</b> ')),
  },
  {
    name: 'trace-cmd report with the systems of events',
    print: lines(
      (it) =>
        `${comm(it.task)}-${it.pid} ${cpuOf(it.cpu)} ${seconds(it.ns, 6)}: ${systemOf(it.event)}:${it.event}: ${it.text}`,
    ),
  },
  {
    name: 'quoted-printable, quoted as it was sent',
    print: (events) => quotedPrintable(REPORT(events)).replace(/^(?=.)/gm, '> '),
  },
  {
    name: 'a report of a host and a guest with a longer name',
    print: each(
      REPORT,
      (line) =>
        `     host.dat: ${line}\n guest-one.dat:  CPU 0/KVM-9 [000] 1.5: kvm_page_fault: vcpu 0 rip 0x1 address 0x1000 error_code 0x2`,
    ),
  },
  { name: 'times with a decimal comma', print: each(PLAIN, (line) => line.replace(/(\d)\.(\d{6}: )/, '$1,$2')) },
  {
    name: 'base64 in a mail',
    print: (events) =>
      `MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n${Buffer.from(PLAIN(events)).toString('base64').replace(/.{76}/g, '$&\n')}\n`,
  },
  {
    name: 'uuencoded in a mail',
    print: (events) => `Here it is:\n\nbegin 644 trace.txt\n${uuencoded(HEADER + PLAIN(events))}\`\nend\n-- \nA.\n`,
  },
  {
    name: 'JSON with a line in each object',
    print: each(PLAIN, (line) => JSON.stringify({ PRIORITY: '6', MESSAGE: line })),
  },
  {
    name: 'JSON with a field for each part of an event',
    print: lines((it) =>
      JSON.stringify({
        ts: seconds(it.ns, 6),
        comm: it.task,
        tid: it.pid,
        cpu: it.cpu,
        event: it.event,
        args: it.text,
      }),
    ),
  },
  {
    name: 'lines that a shell broke with a backslash',
    print: (events) => PLAIN(events).replace(/^.{81,}$/gm, (line) => line.match(/.{1,80}/g)!.join('\\\n')),
  },
  { name: 'JSON with the recording in one string', print: (events) => JSON.stringify({ id: 7, body: PLAIN(events) }) },
  {
    name: 'a table with commas',
    print: (events) =>
      `"Time Stamp",Task,PID,CPU,Event,Info\n${lines((it) => `"${seconds(it.ns, 6)}",${it.task},${it.pid},${it.cpu},${systemOf(it.event)}/${it.event},"${it.text}"`)(events)}`,
  },
  {
    name: 'a table with tabs and without CPUs',
    print: (events) =>
      `ts\tcomm\ttid\tevent\targs\n${lines((it) => [seconds(it.ns, 9), it.task, it.pid, it.event, it.text].join('\t'))(events)}`,
  },
  {
    name: 'a table of Markdown',
    print: (events) =>
      `| task | tid | cpu | time | event | args |\n|---|---|---|:-:|---|---|\n${lines((it) => `| ${[it.task, it.pid, it.cpu, seconds(it.ns, 6), it.event, it.text.replaceAll('|', '\\|')].join(' | ')} |`)(events)}`,
  },
  {
    name: 'a table of a web page',
    print: (events) =>
      `<table>\n<tr><th>task</th><th>tid</th><th>cpu</th><th>time</th><th>event</th><th>info</th></tr>\n${lines((it) => `<tr>\n ${[it.task, it.pid, it.cpu, seconds(it.ns, 6), it.event, it.text].map((cell) => `<td class="c">${String(cell).replaceAll('<', '&lt;')}</td>`).join('\n ')}\n</tr>`)(events)}</table>\n`,
  },
  {
    name: 'lines in a list of JSON on one line',
    print: (events) => JSON.stringify(PLAIN(events).trimEnd().split('\n')),
  },
  {
    name: 'lines with their ends in a list of Python',
    print: (events) =>
      `lines = [${PLAIN(events)
        .replace(/(.*)\n/g, "'$1\\n', ")
        .slice(0, -2)}]\n`,
  },
  {
    name: 'a diff of a new file',
    print: (events) =>
      `diff --git a/t.txt b/t.txt\nnew file mode 100644\nindex 0000000..1234567\n--- /dev/null\n+++ b/t.txt\n@@ -0,0 +1,9 @@\n${each(PLAIN, (line) => `+${line}`)(events)}`,
  },
  {
    name: 'a diff of a deleted file of perf script',
    print: each(perf(tid, true), (line) => `-${line.trimStart()}`),
  },
  { name: 'spaces that do not break', print: each(PLAIN, (line) => line.replaceAll(' ', '\u00a0')) },
  {
    name: 'colours of a terminal',
    print: each(PLAIN, (line) => line.replace(/(kvm_\w+)/, '\u001b[01;31m\u001b[K$1\u001b[m\u001b[K')),
  },
  { name: 'lines that end in CR LF', print: each(PLAIN, (line) => `${line}\r`) },
  { name: 'lines broken at 72 columns', print: each(REPORT, (line) => wrapped(line, 72)) },
  { name: 'quoted lines broken at 76 columns', print: each(PLAIN, (line) => wrapped(line, 76).replace(/^/gm, '> ')) },
  { name: 'quoted-printable', print: (events) => quotedPrintable(REPORT(events)) },
  {
    name: 'stacks between events',
    print: each(PLAIN, (line, number) =>
      number % 3 === 0 ? `${line}\n${line.replace(/: kvm.*|: cont.*/, `: ${STACK.join('\n')}`)}` : line,
    ),
  },
  {
    name: 'a report of a host and a guest',
    print: each(
      REPORT,
      (line) => `trace.dat:  ${line}\ntrace-g.dat:  kvm-test-9 [000] 1.5: page_fault_user: address=0x1`,
    ),
  },
]
