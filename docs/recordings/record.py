#!/usr/bin/env python3
"""Records a command in a terminal as an SVG that plays what came out.

    docs/recordings/record.py OUT.svg SECONDS COMMAND...

Runs COMMAND in a terminal of 100 x 24, stops it with Ctrl-C after SECONDS (0: lets it end), and writes each state of the
screen as a frame. Knows what the tools of Greenroom write: lines, colours, and moving up to draw over them.
"""
import fcntl
import html
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

COLUMNS, ROWS, MAX_FRAMES, WIDTH, HEIGHT = 100, 24, 60, 8.4, 18
COLOURS = {"32": "#4ec97b", "33": "#e2b340", "31": "#f0625d", "2": "#8a8f98", "1": "#ffffff"}
TOKEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|(.)", re.S)


class Screen:
    def __init__(self):
        self.lines, self.row, self.column, self.ink = [[]], 0, 0, ""

    def feed(self, text):
        for number, command, char in TOKEN.findall(text):
            if command == "A":
                self.row = max(0, self.row - int(number or 1))
            elif command == "J":
                self.lines = self.lines[: self.row] + [self.lines[self.row][: self.column]]
            elif command == "K":
                self.lines[self.row] = self.lines[self.row][: self.column]
            elif command == "m":
                self.ink = "" if number in ("", "0") else number
            elif char == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append([])
            elif char == "\r":
                self.column = 0
            elif char and not command:
                self.put(char)

    def put(self, char):
        line = self.lines[self.row]
        line.extend([(" ", "")] * (self.column + 1 - len(line)))
        line[self.column] = (char, self.ink)
        self.column += 1

    def shown(self):
        return tuple(tuple(line) for line in self.lines[-ROWS:])


def record(seconds, command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color")
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    screen, frames, began, asked = Screen(), [], time.monotonic(), False
    while True:
        now = time.monotonic() - began
        if seconds and now > seconds and not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        if terminal in select.select([terminal], [], [], 0.05)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            screen.feed(data.decode("utf-8", "replace"))
            if not frames or frames[-1][1] != screen.shown():
                frames.append((now, screen.shown()))
    os.waitpid(pid, 0)
    return frames


def line_svg(line, y):
    spans, start = [], 0
    while start < len(line):
        end = start
        while end < len(line) and line[end][1] == line[start][1]:
            end += 1
        text = html.escape("".join(char for char, _ in line[start:end]))
        if text.strip():
            fill = COLOURS.get(line[start][1], "#d6d9de")
            spans.append(f'<tspan x="{12 + start * WIDTH:.1f}" fill="{fill}">{text}</tspan>')
        start = end
    return f'<text y="{y}" xml:space="preserve">{"".join(spans)}</text>' if spans else ""


def svg(title, frames):
    step = max(1, len(frames) // MAX_FRAMES)
    frames = [frame for n, frame in enumerate(frames) if n % step == 0 or n == len(frames) - 1]
    first = frames[0][0]
    height = max(len(shown) for _, shown in frames) * HEIGHT + 52
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH + 24:.0f} {height}"'
        ' font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14">',
        f"<title>{html.escape(title)}</title>",
        '<rect width="100%" height="100%" rx="8" fill="#16181d"/>',
        f'<text x="12" y="26" fill="#8a8f98">$ {html.escape(title)}</text>',
    ]
    for n, (at, shown) in enumerate(frames):
        last = n == len(frames) - 1
        end = "" if last else f' end="{frames[n + 1][0] - first:.2f}s"'
        body = "".join(line_svg(line, 48 + row * HEIGHT) for row, line in enumerate(shown))
        begin = f'begin="{at - first:.2f}s"{end}'
        parts.append(f'<g visibility="hidden"><set attributeName="visibility" to="visible" {begin}/>{body}</g>')
    return "\n".join(parts + ["</svg>", ""])


if __name__ == "__main__":
    out, limit, *rest = sys.argv[1:]
    title = os.environ.get("TITLE", " ".join(rest))
    recorded = record(float(limit), rest)
    with open(out, "w", encoding="utf-8") as file:
        file.write(svg(title, recorded))
