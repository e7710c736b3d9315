import { expect, test } from "vitest";
import { routeOf } from "./routes.ts";

const id = "0123456789abcdef0123456789abcdef";

test.each([
  ["/", { name: "home" }],
  ["/login", { name: "login" }],
  ["/connect/", { name: "connect" }],
  [`/n/${id}`, { name: "notebook", id }],
  [`/n/${id}/`, { name: "notebook", id }],
  ["/n/", { name: "unknown" }],
  ["/n/Untitled", { name: "unknown" }],
  [`/n/${id}/more`, { name: "unknown" }],
  ["/tree", { name: "unknown" }],
  ["/login/x", { name: "unknown" }],
])("%s", (path, route) => {
  expect(routeOf(path)).toEqual(route);
});
