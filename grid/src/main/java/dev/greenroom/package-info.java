/// The entry point. [dev.greenroom.Main] hands the command line to `cli`, and to `app` what the commands
/// start.
@NullMarked
package dev.greenroom;

import org.jspecify.annotations.NullMarked;
