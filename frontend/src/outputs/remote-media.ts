/** The page loads nothing from elsewhere: a remote picture, film or sound is a link to it. */
import { element } from "./rendered.ts";

const REMOTE = /^(https?:)?\/\//i;

/** Puts a link in the place of every medium of `fragment` that the page's policy would refuse to load. */
export function linkRemoteMedia(fragment: DocumentFragment): void {
  for (const medium of fragment.querySelectorAll<HTMLElement>("img, video, audio")) {
    const parts = [medium, ...medium.querySelectorAll("source, track")];
    const source = parts.map((part) => part.getAttribute("src") ?? "").find((address) => REMOTE.test(address));
    const isPosted = REMOTE.test(medium.getAttribute("poster") ?? "") || medium.hasAttribute("srcset");
    if (isPosted) for (const name of ["poster", "srcset"]) medium.removeAttribute(name);
    if (source !== undefined) medium.replaceWith(linkTo(medium, source));
  }
  for (const picture of fragment.querySelectorAll("picture > source")) picture.remove();
  for (const drawn of fragment.querySelectorAll("image, feImage"))
    for (const name of ["href", "xlink:href"])
      if (REMOTE.test(drawn.getAttribute(name) ?? "")) drawn.removeAttribute(name);
}

function linkTo(medium: HTMLElement, source: string): HTMLElement {
  const label = medium.getAttribute("alt") || source.replace(/^.*\//, "") || source;
  if (medium.closest("a")) return element("span", "remote-image", label);
  const link = element("a", "remote-image", label);
  link.href = source;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  link.title = source;
  return link;
}
