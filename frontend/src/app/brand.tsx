/** The sign of Runhere, drawn in the page: no request for a picture. */
export function Brand({ className }: { readonly className?: string | undefined }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#2b59c3" />
      <path d="M8 9.2v13.6c0 .8.9 1.3 1.6.8l9.6-6.8c.6-.4.6-1.2 0-1.6L9.6 8.4C8.9 7.9 8 8.4 8 9.2z" fill="#fff" />
      <rect x="20.5" y="21" width="6" height="2.8" rx="1.4" fill="#fff" />
    </svg>
  );
}
