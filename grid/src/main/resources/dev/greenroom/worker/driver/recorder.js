// The video recorder's command line. Playwright puts the client's names and numbers into it, so only what its versions
// write is accepted: pictures from stdin, numbers, and one output file.
'use strict';

const NUMBER = /^\d{1,9}(?:\.\d{1,9})?[kM]?$/;
const flags = new Set(['-y', '-an']);
const options = new Map([
  ['-loglevel', /^error$/], ['-f', /^(?:image2pipe|matroska)$/], ['-avioflags', /^direct$/], ['-i', /^(?:-|pipe:0)$/],
  ['-c:v', /^(?:mjpeg|vp8|libvpx-vp9)$/], ['-deadline', /^realtime$/], ['-metadata', /^creation_time=[\dTZ:.-]{1,40}$/],
  ['-vf', /^(?:scale=w='min\(iw,\d+\)':h='min\(ih,\d+\)':force_original_aspect_ratio=decrease:eval=frame,)?pad=[\d.]+:[\d.]+:0:0:gray(?:,crop=[\d.]+:[\d.]+:0:0)?$/],
  ...['-fpsprobesize', '-probesize', '-analyzeduration', '-r', '-qmin', '-qmax', '-crf', '-speed', '-b:v', '-threads',
    '-cpu-used', '-lag-in-frames', '-tile-columns', '-row-mt'].map(name => [name, NUMBER]),
]);

/** The output file in the arguments of a recording; undefined when they are not those of one. */
exports.outputOf = args => {
  for (let at = 0; at < args.length - 1; at++) {
    if (!flags.has(args[at]) && !options.get(args[at])?.test(args[++at]))
      return undefined;
  }
  const file = args.at(-1);
  return file?.endsWith('.webm') ? file : undefined;
};
