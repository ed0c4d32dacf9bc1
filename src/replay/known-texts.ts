import { LOCK_STAT } from './lock-stat.ts'
import { lockContentionHint, WAIT_TABLE } from './perf-lock.ts'

/** A text that people paste instead of a recording: what it is, and what faultline can do with it. */
export type KnownText = {
  readonly shape: RegExp
  readonly is: string
  readonly hint: string | ((head: string) => string)
}

const RECORD = 'Record the host while it happens: scripts/record-kvm-trace --help.'

export const KNOWN: readonly KnownText[] = [
  {
    shape:
      /soft lockup - CPU|hard LOCKUP|rcu: INFO: rcu\w* .*stall|blocked for more than \d+ seconds|self-detected stall/,
    is: 'a lockup report of a kernel log (dmesg): it has the stack of one moment, and no events',
    hint: `${RECORD} A dump of the ftrace buffer in the same log (ftrace_dump_on_oops) can be read.`,
  },
  {
    shape: /Analyze events for .*VM|VM-EXIT\s+Samples/,
    is: 'output of perf kvm stat: it has sums of exits, and no events',
    hint: `What perf recorded for it can be read: perf script -i perf.data.guest -F comm,pid,tid,cpu,time,event,trace | faultline trace -. ${RECORD}`,
  },
  {
    shape: WAIT_TABLE,
    is: 'output of perf lock contention: it has sums of waits for locks, and no events',
    hint: lockContentionHint,
  },
  {
    shape:
      /^Attaching \d+ probes?|^@\w*(?:\[.*\])?: (?:\d|$)|^\[\d+\] \w+ \(tid=\d+\) took \d+|^\[[\dKMG]+, [\dKMG]+\)\s+\d+ \|@*|^\w+=[\da-f]{8,} \w+=\d+ \w+=\d+ /m,
    is: "output of a bpftrace script: its words are the script's own",
    hint: `${RECORD} The tracepoints that the script attaches to give the same events with their times and tasks.`,
  },
  {
    shape: /^# event histogram|\bhitcount:\s+\d+/m,
    is: 'a histogram (hist trigger) of ftrace: it has counts, and no events',
    hint: `Read the events themselves: the file trace of the same tracefs. ${RECORD}`,
  },
  {
    shape: /^==> \S+ <==$|^(?:\S*\/)?(?:pf_\w+|remote_tlb_flush\w*|mmu_\w+|nx_lpage_splits|halt_\w+)[\s:=]+\d+$/m,
    is: "statistics of KVM's debugfs: they are counters, and no events",
    hint: `Two readings and the seconds between them give rates; waits and ranges they do not have. ${RECORD}`,
  },
  {
    shape: /^kvm statistics|^\s*Event\s+Total\s+%Total/m,
    is: 'output of kvm_stat: counters, and no events',
    hint: RECORD,
  },
  { shape: /Performance counter stats for/, is: 'output of perf stat: counters, and no events', hint: RECORD },
  {
    shape: /^# Overhead\s|^\s*Overhead\s+Command/m,
    is: 'output of perf report: a profile, and no events',
    hint: RECORD,
  },
  {
    shape: LOCK_STAT,
    is: 'lock_stat: sums of waits for locks, and no events',
    hint: `To derive costs from it: faultline contention FILE [--trace RECORDING]. ${RECORD}`,
  },
  { shape: /\bioctl\(\d+.*, KVM_\w+/, is: 'output of strace: system calls, and no events of KVM', hint: RECORD },
  {
    shape: /^\s*\d+\.\d+ (?:\([^)]*\): )?.*\/\d+ \w+:\w+\(/m,
    is: 'output of perf trace, which omits most fields of events',
    hint: 'Give the text of perf script: perf script -F comm,pid,tid,cpu,time,event,trace.',
  },
  {
    shape: /\b(?:kvm|lttng)\w*: \{ cpu_id = \d+ \}/,
    is: 'a trace of LTTng, or of perf data convert, as babeltrace prints it, whose events have fields of their own',
    hint: `If perf recorded it: perf script -F comm,pid,tid,cpu,time,event,trace | faultline trace -. ${RECORD}`,
  },
  {
    shape: /"linux-perf-json-version"|"traceEvents"\s*:|"ph"\s*:\s*"[BEX]"/,
    is: 'JSON of a trace (perf data convert, Chrome, Perfetto), which has no text of events',
    hint: 'Convert the original recording to text: perf script -F comm,pid,tid,cpu,time,event,trace, or trace-cmd report.',
  },
  {
    shape: /^\s*(?:n|u|m)?secs\s+: count\s+distribution|^Tracing \d+ functions? for |^FUNC\s+COUNT$/m,
    is: 'output of a tool of BCC or perf-tools (funclatency, funccount): sums, and no events',
    hint: RECORD,
  },
  {
    shape: /^commit overrun: \d+|^oldest event ts:|^dropped events: \d+/m,
    is: "statistics of ftrace's buffer (per_cpu/cpu0/stats), with the number of events but no events",
    hint: 'Give the file `trace` of the same tracefs.',
  },
  {
    shape: /\| Switches \||Task\s+\|\s+Runtime ms/,
    is: 'output of perf sched: sums of how long tasks ran and waited for a CPU, and no events',
    hint: RECORD,
  },
  {
    shape: /^\s*(?:vcpu\.\d+|block\.\d+|balloon)\.[\w.]+=/m,
    is: "output of virsh domstats: a VM's counters, and no events",
    hint: RECORD,
  },
  {
    shape: /^\s*%?time\s+(?:kvm_\w+\s*)+$/im,
    is: 'a log of kvm_stat: counters by time, and no events',
    hint: RECORD,
  },
  {
    shape: /\(LWP \d+\)|^#0\s+\S+ \(|^\[<(?:0|[\da-f]+)>\] \w+\+0x/m,
    is: 'stacks of threads (gdb, /proc/PID/stack) at one moment, and no events',
    hint: RECORD,
  },
  {
    shape: /^# tracer: function(?:_graph)?\s*$/m,
    is: 'a trace of functions: it has their names and times, and no events with addresses',
    hint: `Enable the events too: echo 1 > events/kvm/enable, events/kvmmmu/enable, events/lock/enable. ${RECORD}`,
  },
  {
    shape: /^top - \d\d:|^\s*PID USER\s+PR/m,
    is: 'output of top: how busy processes are, and no events',
    hint: RECORD,
  },
]

/** Lines that hold events of KVM, but not all that is needed. */
export const INCOMPLETE: readonly KnownText[] = [
  {
    shape: /^(?:\s*\d+\.\d+ \|)?\s*\d+\)\s+[|].*\/\* (?:kvm|contention)\w*:/m,
    is: 'a function graph without the task of each line, so the task of each event is unknown',
    hint: 'Set the option funcgraph-proc, and funcgraph-abstime for times.',
  },
  {
    shape: /^(?:\s*\[\d+\])?\s*\d+\.\d+:\s+(?:\d+\s+)?(?:\w+:)?(?:kvm|contention|fast_page)\w*:/m,
    is: 'a list of events without their tasks (no comm, no tid), so the task of each event is unknown',
    hint: 'Print the tasks too: perf script -F comm,pid,tid,cpu,time,event,trace; ftrace and trace-cmd report always do.',
  },
  {
    shape: /^.{1,20}\s\d+ (?:\[\d+\]\s+)?(?:\w+:)?(?:kvm|contention|fast_page)\w*:/m,
    is: 'a list of events without their times',
    hint: 'Print the times too: perf script -F comm,pid,tid,cpu,time,event,trace; ftrace and trace-cmd report always do.',
  },
  {
    shape: /^\s*(?:\w+:)?(?:kvm|contention|fast_page)\w*:\s/m,
    is: 'a list of events without their times and tasks',
    hint: 'Give the lines whole, as ftrace, trace-cmd report or perf script print them.',
  },
]

/** Text of which only the kind can be told, where nothing else is known: named before it is called no trace. */
export const LIKELY: readonly KnownText[] = [
  {
    shape: /^(?:[A-Za-z\d+/]{60,76}\r?\n){3}/m,
    is: 'base64, in which mail programs send attachments and some texts',
    hint: (head) =>
      /^Content-Transfer-Encoding:/im.test(head)
        ? "Save the attachment from the mail; or, of a mail of one part: sed '1,/^$/d' FILE | base64 -di | faultline trace -"
        : 'base64 -d FILE | faultline trace -',
  },
  {
    shape: /^begin [0-7]{3,4} \S.*\r?\nM/m,
    is: 'uuencoded, and its content is not the text of a recording',
    hint: 'If it is one that was compressed: uudecode -o /dev/stdout FILE | faultline trace -',
  },
  {
    shape: /^\s*\S.{0,15}\s(?:\[\d+\]\s+)?\d+\.\d+:\s+(?:\d+\s+)?\w+:\w+:\s/m,
    is: 'a list of events with the names of tasks but without thread ids, so the task of each event is unknown',
    hint: 'Print the ids too: perf script -F comm,pid,tid,cpu,time,event,trace.',
  },
  {
    shape: /^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[TC]\d+\])? /m,
    is: 'a kernel log (dmesg) without a dump of the ftrace buffer: messages, and no events',
    hint: `${RECORD} A kernel with ftrace_dump_on_oops, or SysRq-z, prints the buffer into its log, which can be read.`,
  },
  {
    shape: /^\s*(?:TIME|PID|COMM|TID)\s+(?:PID|COMM|TID|CPU|TIME)\b.*$/m,
    is: 'a table in an unknown format: it does not name the event of each line',
    hint: RECORD,
  },
]
