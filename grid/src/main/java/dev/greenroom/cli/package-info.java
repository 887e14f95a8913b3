/// The command line. Arguments and environment come in; a command that runs, or sentences and an exit code, go out.
/// What a command does is handed in; nothing here listens, connects or waits.
@NullMarked
package dev.greenroom.cli;

import org.jspecify.annotations.NullMarked;
