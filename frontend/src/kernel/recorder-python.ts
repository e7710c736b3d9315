/**
 * What the page puts into a kernel of a plain server so that the kernel itself keeps the last of what it published (ADR 56): a server loses
 * what is on the wire when a page leaves, and what a cut cable swallows.
 *
 * It stands where every published message goes by, whichever thread or subshell made it, in the one thread that sends them: so it holds them
 * in the order in which they left, and needs no lock. It keeps the bytes that are sent anyway, by run, up to a limit, and lets go first of the
 * runs that said nothing for longest. What goes wrong in it is its own affair: the message is sent.
 *
 * One more name among the built-in ones displays what it was asked, as the variables' helper does (ADR 55); the person's own names stay as
 * they were.
 */
import { listening } from "./ask-beside-python.ts";

export const RECORD_MIME = "application/vnd.runhere.record+json";
export const RECORD = "__runhere_record__";
/** Before the JSON of a question, in the name of the comms that are asked for. */
export const RECORD_PREFIX = "runhere.record?";
/** A page that knows another one cannot read this one's answers. */
export const RECORD_VERSION = 1;
/** Where to begin, in a question: with the first message that is still there. An older recorder does not know it and tells nothing. */
export const WHAT_IS_LEFT = -1;
/** Bytes of all that is kept. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Bytes of one answer's messages; at least one message is in it. A line of 1 Mbit/s brings it in three seconds. */
const PIECE_BYTES = 256 * 1024;

const HEARS = listening({ prefix: RECORD_PREFIX, name: RECORD, mime: RECORD_MIME, most: 2 });

const CODE = `
def install():
    import builtins, collections, json

    VERSION, MOST, PIECE, RUNS = ${RECORD_VERSION}, ${MOST_BYTES}, ${PIECE_BYTES}, 500
    NAME, UNTOLD = "${RECORD}", {"is": "unknown", "version": VERSION}
    # What the objects around one small message weigh.
    OVERHEAD = 300
    DELIMITER = b"<IDS|MSG>"

    kernel = get_ipython().kernel
    thread = kernel.iopub_thread
    before = getattr(thread, "_runhere_recorder", None)
    if before is not None and before.version >= VERSION:
        before.show()
        return

    class Run:
        __slots__ = ("id", "messages", "bytes", "count")

        def __init__(self, id):
            self.id, self.messages, self.bytes, self.count = id, collections.deque(), 0, 0

${HEARS}
    class Recorder:
        version = VERSION

        def __init__(self, send):
            self.send = send
            self.runs = collections.OrderedDict()
            # By the bytes of a parent; None: of no run.
            self.parents = {}
            self.bytes = 0

        def really_send(self, msg, *args, **kwargs):
            try:
                self.keep(msg)
            except Exception:
                pass
            return self.send(msg, *args, **kwargs)

        def keep(self, msg):
            # topic, delimiter, signature, header, parent, metadata, content
            if len(msg) < 7 or msg[1] != DELIMITER:
                return
            parent = msg[4]
            try:
                run = self.parents[parent]
            except KeyError:
                run = self.meet(parent)
            if run is None:
                return
            header = bytes(msg[3])
            # A widget's state is not kept, only that there was a word of it.
            content = b"" if msg[0].startswith(b"comm") else bytes(msg[6])
            run.messages.append((run.count, header, content))
            run.count += 1
            size = len(header) + len(content) + OVERHEAD
            run.bytes += size
            self.bytes += size
            self.runs.move_to_end(run.id)
            if self.bytes > MOST or len(self.runs) > RUNS:
                self.shed(run)

        def meet(self, parent):
            if len(self.parents) > 2 * RUNS:
                self.parents.clear()
            told = json.loads(bytes(parent))
            run = None
            if told.get("msg_type") == "execute_request":
                run = self.runs.get(told["msg_id"])
                if run is None:
                    run = self.runs[told["msg_id"]] = Run(told["msg_id"])
            self.parents[bytes(parent)] = run
            return run

        def shed(self, run):
            while (self.bytes > MOST or len(self.runs) > RUNS) and len(self.runs) > 1:
                oldest = self.runs.popitem(last=False)[1]
                self.bytes -= oldest.bytes
                self.parents = {parent: one for parent, one in self.parents.items() if one is not oldest}
            while self.bytes > MOST and run.messages:
                n, header, content = run.messages.popleft()
                size = len(header) + len(content) + OVERHEAD
                run.bytes -= size
                self.bytes -= size

        def tell(self, id, after, start):
            run = self.runs.get(id)
            kept = [] if run is None else snapshot(run.messages)
            if not kept:
                return UNTOLD
            if after is not None:
                needle = ('"' + after + '"').encode()
                at = next((n for n, header, content in reversed(kept) if needle in header), None)
                if at is None:
                    return UNTOLD
                start = max(start, at + 1)
            first, header, content = kept[0]
            if start == ${WHAT_IS_LEFT}:
                start = first
            if start < first:
                return UNTOLD
            whole = first == 0 and json.loads(content).get("execution_state") == "busy"
            messages, size, rest = [], 0, None
            for n, header, content in kept[start - first:]:
                if messages and size + len(content) > PIECE:
                    rest = n
                    break
                size += len(content) + len(header)
                named = json.loads(header)
                messages.append([named["msg_id"], named["msg_type"], content.decode("utf8", "replace")])
            told = {"is": "messages", "version": VERSION, "whole": whole, "messages": messages, "rest": rest}
            if rest is None:
                told["end"] = ending(kept, whole)
            return told

        def show(self):
            # A name that somebody removed comes back.
            setattr(builtins, NAME, Told(answers))
            listen()

    def snapshot(messages):
        for attempt in range(100):
            try:
                return list(messages)
            except RuntimeError:
                # The sending thread came between.
                pass
        return []

    # How the run ended, in what it published; None: it has not.
    def ending(kept, whole):
        count, failed, idle = None, None, False
        for n, header, content in reversed(kept):
            if b'"status"' in header:
                idle = idle or json.loads(content).get("execution_state") == "idle"
            elif b'"error"' in header and failed is None:
                failed = json.loads(content).get("ename")
            elif b'"execute_input"' in header:
                count = json.loads(content).get("execution_count")
                break
        if not idle:
            return None
        return {"count": count, "failed": failed, "ran": count is not None or not whole}

    recorder = Recorder(thread._really_send if before is None else before.send)
    answer = recorder.tell
    thread._really_send = recorder.really_send
    thread._runhere_recorder = recorder
    recorder.show()


install()
`;

/** Leaves no name behind, and does nothing where the kernel is built otherwise. */
export const INSTALL_RECORDER = `
try:
    __import__("builtins").exec(${JSON.stringify(CODE)}, {"get_ipython": get_ipython})
except Exception:
    pass
`;
