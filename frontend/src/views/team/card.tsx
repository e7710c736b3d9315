import type { ReactNode } from "react";
import styles from "./team.module.css";

/** A card in the middle of an otherwise empty page: signing in, joining. */
export function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className={styles.screen} id="content">
      <title>{`${title} · Runhere`}</title>
      <div className={styles.card}>
        <h1 className={styles.title}>{title}</h1>
        {children}
      </div>
    </main>
  );
}
