/// The log of the process: SLF4J events from any thread become logfmt or JSON lines of bounded length, in a
/// bounded queue. No caller waits for the output stream, and no value can break a line.
@NullMarked
package dev.greenroom.ops.log;

import org.jspecify.annotations.NullMarked;
