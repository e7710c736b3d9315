/** Which pages of this browser live. */
export interface Pages {
  /** This page lives from now on, until it ends, or calls what is returned. */
  enter(name: string): () => void;
  isAlive(name: string): Promise<boolean>;
}

/** A page holds a Web Lock in its name for as long as it lives. Without locks (plain http) pages cannot know of each other: all count as gone. */
export function pagesByLock(locks: LockManager | undefined): Pages {
  const nameOf = (page: string) => `runhere-page:${page}`;
  return {
    enter(page) {
      let leave = () => {};
      const here = new Promise<void>((end) => {
        leave = end;
      });
      void locks?.request(nameOf(page), () => here);
      return leave;
    },
    async isAlive(page) {
      if (locks === undefined) return false;
      return await locks.request(nameOf(page), { ifAvailable: true, mode: "shared" }, (lock) => lock === null);
    },
  };
}
