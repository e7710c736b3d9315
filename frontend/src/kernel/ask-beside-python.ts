/**
 * The kernel's side of `ask-beside.ts`, in Python, for whatever the page puts into a kernel: it hears questions and displays their answers.
 *
 * Which comms are there is asked by their name, and each comm compares it with its own: so a question comes in. It is only put down, as the
 * kernel goes through its comms meanwhile, and no cell may make one; it is answered when the answers are displayed.
 */
export interface Listening {
  /** What makes the name of comms a question to this part. */
  readonly prefix: string;
  /** Of the comm that listens. */
  readonly name: string;
  readonly mime: string;
  /** So many questions and answers are kept: pages may ask at once. */
  readonly most: number;
}

/**
 * Stands in a function's body that has imported `json` and has `get_ipython`.
 *
 * Gives it `Told(value)`, which displays a value or what a function says; `answers()`, to be displayed; `listen()`, to be called once. Takes from
 * it `answer(*words)` and `UNTOLD`, the answer where that raises.
 */
export function listening({ prefix, name, mime, most }: Listening): string {
  return `
    class Told:
        def __init__(self, value):
            self.value = value

        def __repr__(self):
            return ""

        def _repr_mimebundle_(self, include=None, exclude=None):
            return {"${mime}": self.value() if callable(self.value) else self.value}

    asked, told = {}, {}

    def forget(kept):
        for one in list(kept)[:-${most}]:
            kept.pop(one, None)

    class Ear(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            if isinstance(other, str) and other.startswith("${prefix}"):
                try:
                    number, *words = json.loads(other[len("${prefix}"):])
                    asked[str(number)] = words
                    forget(asked)
                except Exception:
                    pass
            return str.__eq__(self, other)

    class Listener:
        comm_id = target_name = Ear("${name}")

        def close(self, *words, **more):
            pass

    def answers():
        for number, words in list(asked.items()):
            asked.pop(number, None)
            try:
                told[number] = answer(*words)
            except Exception:
                told[number] = UNTOLD
        forget(told)
        return told

    def listen():
        try:
            get_ipython().kernel.comm_manager.comms["${name}"] = Listener()
        except Exception:
            pass
`;
}
