/// `greenroom stress`: opens many sessions through a grid with a stock Playwright client, and measures each
/// phase.
///
/// The client is one node process that reads its instructions from standard input: the token is in no
/// command line and in no environment, and the process ends with this one.
@NullMarked
package dev.greenroom.cli.stress;

import org.jspecify.annotations.NullMarked;
