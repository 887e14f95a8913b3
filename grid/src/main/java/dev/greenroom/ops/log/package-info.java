/// The log of the process. SLF4J events come in from any thread; logfmt or JSON lines go out, bounded in
/// length and number. No caller waits for the output stream, and no value can break a line.
@NullMarked
package dev.greenroom.ops.log;

import org.jspecify.annotations.NullMarked;
