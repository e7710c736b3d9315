import { expect, it } from "vitest";
import { FrameHeight } from "./frame-height.ts";

function frame(before: number | null) {
  const heights: number[] = [];
  return { height: new FrameHeight(before, (px) => heights.push(px)), heights };
}

it("the first document is as high as it says, from the beginning", () => {
  const { height, heights } = frame(null);
  height.opened();
  height.told(4);
  height.told(60);
  height.told(30);
  height.ready();
  height.told(20);
  expect(heights).toEqual([4, 60, 30, 30, 20]);
});

it("one that begins anew does not shrink before it has drawn what it was given", () => {
  const { height, heights } = frame(200);
  height.opened();
  height.told(4);
  height.told(150);
  expect(heights).toEqual([200]);
  height.told(210);
  height.ready();
  expect(heights).toEqual([200, 210, 210]);
  height.opened();
  height.told(4);
  expect(heights).toEqual([200, 210, 210]);
  height.ready();
  expect(heights).toEqual([200, 210, 210, 4]);
});

it("one that is begun anew before it was drawn keeps what stood there before both", () => {
  const { height, heights } = frame(200);
  height.opened();
  height.told(4);
  height.opened();
  height.told(90);
  height.ready();
  expect(heights).toEqual([200, 90]);
});
