/// `greenroom stress`: many sessions through a grid, as clients have them, and how long they took.
///
/// A load comes in, outcomes go out. The client is Playwright's own, in one node process that is told what to do on its
/// standard input: the token is in no command line and in no environment, and the process ends with this one.
@NullMarked
package dev.greenroom.cli.stress;

import org.jspecify.annotations.NullMarked;
