import { ProgressBar } from "react-aria-components/ProgressBar";
import styles from "./progress.module.css";

/** Something is going on and nobody knows how long. `label` is for screen readers. */
export function Spinner({ label, size = 16 }: { readonly label?: string; readonly size?: number }) {
  const ring = <span className={styles.spinner} style={{ width: size, height: size }} aria-hidden />;
  if (!label) return ring;
  return (
    <ProgressBar aria-label={label} isIndeterminate>
      {ring}
    </ProgressBar>
  );
}

/** How far a known amount of work is; `value` in per cent. */
export function Progress({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <ProgressBar aria-label={label} value={value} className={styles.bar ?? ""}>
      {({ percentage }) => (
        <div className={styles.track}>
          <div className={styles.fill} style={{ width: `${percentage ?? 0}%` }} />
        </div>
      )}
    </ProgressBar>
  );
}
