/// The command line. Arguments and environment come in; a running command, or error sentences and an exit
/// code, go out. What a command does is passed in. Nothing here listens or connects.
@NullMarked
package dev.greenroom.cli;

import org.jspecify.annotations.NullMarked;
