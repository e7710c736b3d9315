import styles from "./progress.module.css";

/** Something is going on and nobody knows how long. `label` is for screen readers. */
export function Spinner({ label, size = 16 }: { readonly label?: string; readonly size?: number }) {
  const ring = <span className={styles.spinner} style={{ width: size, height: size }} aria-hidden />;
  if (!label) return ring;
  return (
    <div role="progressbar" aria-label={label}>
      {ring}
    </div>
  );
}

/** How far a known amount of work is; `value` in per cent. */
export function Progress({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
      className={styles.bar}
    >
      <div className={styles.track}>
        <div className={styles.fill} style={{ width: `${value}%` }} />
      </div>
    </div>
  );
}
