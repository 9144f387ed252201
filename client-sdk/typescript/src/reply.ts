// Where a call's outcome goes.

export interface Reply<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A promise and who settles it. */
export function pending<T>(): [Promise<T>, Reply<T>] {
  let reply!: Reply<T>;
  const promise = new Promise<T>((resolve, reject) => {
    reply = { resolve, reject };
  });
  return [promise, reply];
}
