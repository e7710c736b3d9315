import { expect, test, vi } from "vitest";
import { Value } from "../core/observable.ts";
import { emptyQueue, type QueueEvent, type QueueState, stepQueue } from "../core/runs.ts";
import type { Captured } from "./run-gate.ts";
import { type Approval, RunWishes } from "./run-wishes.ts";

interface Question {
  readonly cells: readonly string[];
  readonly how: Approval;
  readonly answer: (may: boolean) => void;
  readonly fail: (error: Error) => void;
}

/** A page without kernel, whose questions are answered by the test. */
function page({ hasKernel = async () => true }: { readonly hasKernel?: () => Promise<boolean> } = {}) {
  const queue = new Value<QueueState>(emptyQueue());
  const questions: Question[] = [];
  const troubles: unknown[] = [];
  let runs = 0;
  const dispatch = (event: QueueEvent): void => queue.set(stepQueue(queue.get(), event).state);
  const wishes = new RunWishes({
    queue,
    dispatch,
    hasKernel,
    approve: (captured, how) =>
      new Promise<readonly Captured[]>((give, fail) => {
        const cells = captured.map(({ cellId }) => cellId);
        questions.push({ cells, how, fail, answer: (may) => give(may ? captured : []) });
      }),
    enqueue: (approved) => dispatch({ type: "enqueue", runs: approved }),
    onTrouble: (error) => void troubles.push(error),
  });
  /** Cells and how they stand, in order. */
  const stand = () => queue.get().entries.map(({ cellId, phase }) => `${cellId} ${phase}`);
  return {
    wishes,
    questions,
    troubles,
    dispatch,
    press(...cells: string[]): void {
      const taken = cells.map((cellId) => {
        runs += 1;
        return { runId: `r${runs}`, cellId, source: `${cellId}()` };
      });
      wishes.take(taken, false);
    },
    /** Answers the next question, once it is asked: digests are worked out by a thread that nobody can wait for. */
    async answer(may: boolean): Promise<readonly string[]> {
      await vi.waitUntil(() => questions.length > 0);
      const question = questions.shift();
      question?.answer(may);
      return question?.cells ?? [];
    },
    async becomes(...expected: readonly string[]): Promise<void> {
      await vi.waitFor(() => expect(stand()).toEqual(expected));
    },
    queue: stand,
  };
}

test("a cell waits from the press on, until it is known that it may run", async () => {
  const { press, answer, becomes, queue, wishes } = page();
  press("a", "b");
  expect([queue(), wishes.isQuiet]).toEqual([["a wished", "b wished"], false]);
  expect(await answer(true)).toEqual(["a", "b"]);
  await becomes("a waiting", "b waiting");
  expect(wishes.isQuiet).toBe(true);
});

test("gestures are asked about one after the other; a second press runs the cell a second time, as it does in a queue", async () => {
  const { press, answer, becomes, queue, questions } = page();
  press("a");
  press("a");
  await vi.waitUntil(() => questions.length > 0);
  expect([questions.length, queue()]).toEqual([1, ["a wished", "a wished"]]);
  await answer(true);
  await becomes("a waiting", "a wished");
  await answer(true);
  await becomes("a waiting", "a waiting");
});

test("a no takes every press on the cell back, and is not asked for twice; other cells are asked about", async () => {
  const { press, answer, becomes } = page();
  press("a");
  press("a");
  press("b");
  await answer(false);
  await becomes("b wished");
  expect(await answer(true)).toEqual(["b"]);
  await becomes("b waiting");
});

test("what is taken back while it is asked about does not run, whatever the answer; what is left of the gesture does", async () => {
  const { press, answer, becomes, questions, dispatch } = page();
  press("a", "b");
  await vi.waitUntil(() => questions.length > 0);
  dispatch({ type: "cancel", cellId: "a" });
  const told = ["r1", "r2"].map((runId) => ({ runId, cellId: "", source: "" }));
  expect(questions[0]?.how.wanted(told).map(({ runId }) => runId)).toEqual(["r2"]);
  await answer(true);
  await becomes("b waiting");
});

test("a gesture that was taken back as a whole asks for nothing, neither a kernel nor a person", async () => {
  let kernels = 0;
  const { press, answer, becomes, questions, queue, dispatch } = page({
    hasKernel: async () => {
      kernels += 1;
      return true;
    },
  });
  press("a");
  press("b");
  await vi.waitUntil(() => questions.length > 0);
  dispatch({ type: "interrupt" });
  expect(queue()).toEqual([]);
  press("c");
  expect([await answer(true), await answer(true)]).toEqual([["a"], ["c"]]);
  await becomes("c waiting");
  expect(kernels).toBe(2);
});

test("without a kernel, or with an error, the cell is as it was, and the next press is heard", async () => {
  const kernels = [false, true, true];
  const { press, answer, becomes, queue, questions, troubles } = page({
    hasKernel: async () => kernels.shift() ?? true,
  });
  press("a");
  expect(queue()).toEqual(["a wished"]);
  await becomes();
  press("a");
  await vi.waitUntil(() => questions.length > 0);
  const refused = new Error("refused");
  questions.shift()?.fail(refused);
  await becomes();
  expect(troubles).toEqual([refused]);
  press("a");
  await answer(true);
  await becomes("a waiting");
});
